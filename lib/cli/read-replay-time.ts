import { UsageError } from './usage-error.js';

/** RFC 3339, with its time zone: a local time would mean another moment on each machine. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** The time of `--at` in seconds since the epoch. @throws {UsageError} */
export function readReplayTime(text: string): number {
  const seconds = /^\d{1,11}(?:\.\d+)?$/.test(text)
    ? Number(text)
    : ISO_TIME.test(text)
      ? Date.parse(text) / 1000
      : Number.NaN;
  if (Number.isFinite(seconds)) return seconds;
  throw new UsageError('--at must be seconds since the epoch or an ISO time with its zone, as 2026-11-22T03:10:58Z');
}
