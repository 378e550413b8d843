// Mutation testing, area by area: changes the code that judges tokens, a little at a time; some test must fail for each
// change. `npm run mutate -- keys grants` does only these areas.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { areas } from './mutation/areas.mjs';

const LEAST_SCORE = 90;
const NOTICED = ['Killed', 'Timeout'];
const GOT_THROUGH = ['Survived', 'NoCoverage'];
const wanted = process.argv.slice(2);
const chosen = wanted.length > 0 ? wanted : Object.keys(areas);

/** Every change of an area, and what became of it. */
function mutate(area) {
  const report = `.build/mutation/${area}.json`;
  rmSync(report, { force: true });
  const { status } = spawnSync('npx', ['--no', 'stryker', 'run', '.stryker.config.mjs'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, MUTATION_AREA: area },
  });
  if (status !== 0) throw new Error(`${area}: the run did not come to an end`);
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  return Object.entries(files).flatMap(([file, { mutants, source }]) =>
    mutants.map((mutant) => ({ ...mutant, file, line: source.split('\n')[mutant.location.start.line - 1].trim() })),
  );
}

const count = (mutants, states) => mutants.filter(({ status }) => states.includes(status)).length;
const scoreOf = (noticed, all) => (all === 0 ? 100 : (100 * noticed) / all).toFixed(1);
const total = { noticed: 0, all: 0 };
for (const area of chosen) {
  const mutants = mutate(area);
  const noticed = count(mutants, NOTICED);
  const all = noticed + count(mutants, GOT_THROUGH);
  total.noticed += noticed;
  total.all += all;
  console.log(`${area}: ${noticed} of ${all} changes noticed (${scoreOf(noticed, all)} %)`);
  for (const { status, file, location, line, replacement } of mutants) {
    if (GOT_THROUGH.includes(status)) console.log(`  ${file}:${location.start.line} ${line}  ->  ${replacement}`);
  }
}
const score = scoreOf(total.noticed, total.all);
console.log(`${total.noticed} of ${total.all} changes noticed (${score} %); at least ${LEAST_SCORE} % must be`);
process.exitCode = Number(score) >= LEAST_SCORE ? 0 : 1;
