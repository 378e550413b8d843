import type { ReasonCode } from '../errors.js';
import { refusals } from '../http/refusals.js';

/** What the caller hears of a reason: the status, and the RFC's word where there is one. */
export function summarizeRefusal(code: ReasonCode): string {
  const { status, error } = refusals[code];
  return error === undefined ? String(status) : `${status} ${error}`;
}
