import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type ReasonCode, refusals } from 'countersign';
import { explanations } from '../lib/cli/explanations.js';

const readme = readFileSync('README.md', 'utf8');

describe('README', () => {
  it('lists every reason code: what happened, as the command explains it, and how it is told', () => {
    const rows =
      readme
        .split('<!-- reasons -->')[1]
        ?.split('<!-- /reasons -->')[0]
        ?.match(/^\| `\w+`.*$/gm) ?? [];
    const told = rows.map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
    expect(told).toEqual(
      Object.entries(refusals).map(([code, row]) => [
        code,
        explanations[code as ReasonCode].cause,
        String(row.status),
        row.error ?? '–',
        row.severity,
      ]),
    );
  });

  it('names only reason codes that exist', () => {
    const named = readme.match(/"reason":"(\w+)"/g)?.map((text) => text.slice(10, -1)) ?? [];
    for (const code of named) expect(refusals).toHaveProperty(code satisfies string as ReasonCode);
  });
});
