import type { RecordBook } from './keep-records.js';
import type { ChapterResult } from './make-call.js';
import { paint, say } from './paint.js';
import { wrapLine } from './wrap-line.js';

const WIDTH = 94;

/** What a caller heard of a refusal, what the log knows of it, and how one call went through two services. */
export function printRecords(chapters: readonly ChapterResult[], records: RecordBook): void {
  const results = chapters.flatMap((chapter) => chapter.results);
  const forged = results.find(({ record }) => record.reason === 'signature_invalid');
  const misplaced = results.find(({ record }) => record.reason === 'audience_mismatch');
  const nested = results.find(({ status }) => status === 201);

  printTitle('What the forger of a signature hears');
  if (forged) {
    printLine(`HTTP ${forged.status}, WWW-Authenticate: ${forged.heard.challenge}`);
    printLine(forged.heard.body);
  }
  printTitle('The access record knows why, and repeats nothing that the forged token says');
  if (forged) printRecord(forged.line);
  printTitle('An authentic token in the wrong place: here the record names the caller');
  if (misplaced) printRecord(misplaced.line);
  printTitle('One call through Nest, Express and Nest again: one trace, and another token for each step');
  for (const { line } of records.readTrace(nested?.record.traceId ?? '')) printRecord(line);
}

function printTitle(title: string): void {
  say();
  say(`  ${paint('bold', title)}`);
}

function printRecord(line: string): void {
  printLine(line, (text) => text.replace(/"(decision|reason)":"[^"]*"/g, (member) => paint('yellow', member)));
}

function printLine(line: string, decorate = (text: string) => text): void {
  for (const [at, piece] of wrapLine(line, WIDTH).entries()) say(`  ${at > 0 ? '  ' : ''}${decorate(piece)}`);
}
