import { drawRequestId } from '../draw-id.js';

const WELL_FORMED = /^[A-Za-z0-9._-]{8,128}$/;

/** The id that the caller sent along in `x-request-id`, when it is one and well formed; a new one otherwise. */
export function readRequestId(values: readonly string[]): string {
  const [sent, second] = values;
  return sent !== undefined && second === undefined && WELL_FORMED.test(sent) ? sent : drawRequestId();
}
