import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type ReasonCode, refusals } from 'countersign';

const readme = readFileSync('README.md', 'utf8');

describe('README', () => {
  it('lists every reason code, and how it is told', () => {
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
    expect(told.map(([code, , status, error, severity]) => [code, status, error, severity])).toEqual(
      Object.entries(refusals).map(([code, row]) => [code, String(row.status), row.error ?? '–', row.severity]),
    );
    for (const [code, cause] of told) expect(`${code}: ${cause}`).toMatch(/: \S.{10,}/);
  });

  it('names only reason codes that exist', () => {
    const named = readme.match(/"reason":"(\w+)"/g)?.map((text) => text.slice(10, -1)) ?? [];
    for (const code of named) expect(refusals).toHaveProperty(code satisfies string as ReasonCode);
  });
});
