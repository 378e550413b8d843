import type { ChapterResult, Result } from './make-call.js';
import { paint, say } from './paint.js';

const TOLD_WIDTH = 54;

/** The table of all calls; what is not as expected can't be overlooked. */
export function printTable(chapters: readonly ChapterResult[]): void {
  let number = 0;
  say(paint('dim', `  ${'#'.padStart(2)}  ${'call'.padEnd(TOLD_WIDTH)}  expected  got  reason`));
  for (const { title, target, results } of chapters) {
    say();
    say(`  ${paint('bold', `${target.method} ${target.service}${target.path}`)}  ${paint('cyan', title)}`);
    for (const result of results) printRow(++number, result);
  }
}

function printRow(number: number, { call, status, record, isAsExpected }: Result): void {
  const { expected } = call;
  const start = `  ${String(number).padStart(2)}  ${call.told.padEnd(TOLD_WIDTH)}  ${String(expected.status).padStart(8)}`;
  const got = paint(isAsExpected ? 'green' : 'red', String(status));
  say(`${start}  ${got}  ${paint('yellow', record.reason ?? '-')}`.trimEnd());
  if (!isAsExpected) {
    const wanted = `expected ${expected.status} ${expected.reason ?? 'and no reason'}`;
    say(
      paint('red', `      NOT AS EXPECTED: ${wanted}, recorded ${record.statusCode} ${record.reason ?? 'no reason'}`),
    );
  }
}
