import { paint, say } from '../shop/paint.js';
import type { Result } from './make-call.js';

const TOLD_WIDTH = 54;

/** The heading of the table. */
export function printHeading(): void {
  say(paint('dim', `  ${'#'.padStart(2)}  ${'call'.padEnd(TOLD_WIDTH)}  expected  got  reason`));
}

/** One row of it; what is not as expected can't be overlooked. */
export function printRow(number: number, { call, status, reason, asked, isAsExpected }: Result): void {
  const { told, expected } = call;
  const start = `  ${String(number).padStart(2)}  ${told.padEnd(TOLD_WIDTH)}  ${String(expected.status).padStart(8)}`;
  const got = paint(isAsExpected ? 'green' : 'red', String(status));
  say(`${start}  ${got}  ${paint('yellow', reason ?? '-')}`);
  if (asked !== undefined) say(paint('dim', `      is told: ${asked}`));
  if (!isAsExpected) {
    const wanted = `expected ${expected.status} ${expected.reason ?? 'and no reason'}`;
    say(paint('red', `      NOT AS EXPECTED: ${wanted}, recorded ${reason ?? 'no reason'}`));
  }
}
