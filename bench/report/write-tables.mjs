const TOO_NOISY = 'the machine was too noisy to tell';
const MOST_NOISE = 0.15;

/** Everything that was measured, in Markdown. */
export function writeTables(areas) {
  const targets = areas.flatMap((area) =>
    area.targets.map((target) => ({ ...target, verdict: readVerdict(target, area) })),
  );
  const sections = areas.map((area) => [`### ${area.title}`, describeRun(area), ...area.tables.map(writeTable)]);
  return [
    '### Targets',
    writeRows(
      ['what', 'target', 'measured', ''],
      targets.map(({ what, target, measured, verdict }) => [what, target, measured, verdict]),
    ),
    ...sections.flat(),
  ].join('\n\n');
}

/** Met, missed, or nothing that can be said: where rounds differ by more than what parts the figure from its limit. */
export function readVerdict({ isMet, noise, margin = 0 }, area) {
  const doubt = noise ?? area.noise;
  if (doubt > MOST_NOISE && doubt > margin) return TOO_NOISY;
  return isMet ? 'met' : '**missed**';
}

function describeRun({ measuredAt, machine, seconds, version }) {
  return `countersign ${version} on ${machine}; ${measuredAt.slice(0, 10)}, ${Math.round(seconds)} s.`;
}

function writeTable({ title, columns, rows, note }) {
  return [`**${title}**`, writeRows(columns, rows), ...(note ? [note] : [])].join('\n\n');
}

function writeRows(columns, rows) {
  const cells = [columns, ...rows].map((row) => row.map((cell) => String(cell).replaceAll('|', '\\|')));
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((row) => row[at].length)));
  const lines = cells.map((row) =>
    writeLine(row.map((cell, at) => (at ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))),
  );
  const rule = writeLine(widths.map((width, at) => (at ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))));
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

const writeLine = (cells) => `| ${cells.join(' | ')} |`;
