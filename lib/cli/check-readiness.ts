import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Command, Surroundings } from './command.js';
import { describeReadiness } from './describe-readiness.js';
import { escapeJson } from './escape-text.js';
import { parseArguments } from './parse-arguments.js';
import { readRecord } from './read-record.js';
import { type ReadinessReport, reportReadiness } from './report-readiness.js';
import { splitLines } from './split-lines.js';
import { CallTally } from './tally-calls.js';
import { UsageError } from './usage-error.js';

/** Many times an honest record. */
const MAX_LINE_BYTES = 65_536;

/** `countersign readiness`: what enforcing would have done to the calls of an access log. */
export const checkReadiness: Command = {
  usage: 'countersign readiness [--json] <access.log | ->',
  summary: 'says how many recorded calls would pass, route by route, and what has to change before enforcing',
  details: [
    'The log has one access record a line; other lines are passed over. With - it is read from standard input.',
    'Exit codes: 0, every call would pass; 1, some would be denied; 2, there is no record in it.',
  ],
  async run(args, surroundings) {
    const { values, positionals } = parseArguments(args, { options: { json: { type: 'boolean' } }, most: 1 });
    const [path] = positionals;
    if (path === undefined) throw new UsageError('needs an access log; - is standard input');
    const report = await countCalls(openLog(path, surroundings));
    if (report.calls === 0) throw new UsageError('found no access record in it');
    const lines = values.json ? [escapeJson(report)] : describeReadiness(report, surroundings.style);
    return { exitCode: report.ready ? 0 : 1, lines };
  },
};

function openLog(path: string, { input }: Pick<Surroundings, 'input'>): Readable {
  return path === '-' ? input : createReadStream(path);
}

async function countCalls(log: Readable): Promise<ReadinessReport> {
  const tally = new CallTally();
  const lines = { broken: 0, other: 0 };
  try {
    for await (const line of splitLines(log, MAX_LINE_BYTES)) {
      const call = line === null ? 'broken' : line.trim() === '' ? undefined : readRecord(line);
      if (typeof call === 'string') lines[call]++;
      else if (call) tally.add(call);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`can't read the log: ${code ?? message}`);
  }
  return reportReadiness(tally.sum(), lines);
}
