import { paint, say } from '../shop/paint.js';
import type { Outcome, Result } from './make-call.js';

const TOLD_WIDTH = 55;

/** The heading of the table. */
export function printHeading(): void {
  say(paint('dim', `  ${'#'.padStart(2)}  ${'call'.padEnd(TOLD_WIDTH)}  expected  got  reason in the record`));
}

/** One row of it; what is not as expected can't be overlooked. */
export function printRow(number: number, { call, got, asked, isAsExpected }: Result): void {
  const { told, expected } = call;
  const start = `  ${String(number).padStart(2)}  ${told.padEnd(TOLD_WIDTH)}  ${String(expected.status).padStart(8)}`;
  say(`${start}  ${paint(isAsExpected ? 'green' : 'red', String(got.status))}  ${paint('yellow', tellReason(got))}`);
  if (asked !== undefined) say(paint('dim', `      is told: sign in anew, ${asked}`));
  if (!isAsExpected) say(paint('red', `      NOT AS EXPECTED: expected ${expected.status} ${tellReason(expected)}`));
}

function tellReason({ reason, wouldDeny }: Outcome): string {
  return wouldDeny ? `would deny: ${wouldDeny}` : (reason ?? '-');
}
