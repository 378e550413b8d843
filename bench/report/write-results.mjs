import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart } from './draw-chart.mjs';
import { writeTables } from './write-tables.mjs';

const BEGIN = '<!-- results -->';
const END = '<!-- /results -->';

/**
 * Writes results.json and chart.svg into the folder; areas that were not measured now stay as they were. Where a
 * README is named, the tables stand in it too, between its markers.
 */
export function writeResults(measured, { folder, order, readme }) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'results.json');
  const earlier = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).areas : [];
  const areas = order.flatMap((name) => [...measured, ...earlier].find((area) => area.name === name) ?? []);
  const tables = writeTables(areas);
  writeFileSync(path, `${JSON.stringify({ areas }, null, 2)}\n`);
  writeFileSync(join(folder, 'chart.svg'), drawChart(areas.flatMap(({ bars }) => bars ?? [])));
  if (readme) insertTables(readme, tables);
}

function insertTables(path, tables) {
  const text = readFileSync(path, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${path} has lost its markers ${BEGIN} and ${END}`);
  writeFileSync(path, `${before}${BEGIN}\n\n${tables}\n\n${END}${after}`);
}
