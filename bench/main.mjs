// What Countersign costs, side by side with others: `npm run bench`, `-- --quick`, `-- --only verify,express`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { install } from './install.mjs';
import { describeMachine } from './measure/describe-machine.mjs';
import { writeResults } from './report/write-results.mjs';
import { writeTables } from './report/write-tables.mjs';

const ORDER = ['verify', 'express', 'nest', 'mint', 'scale', 'flood', 'start', 'pool'].filter((name) =>
  existsSync(new URL(`areas/${name}.mjs`, import.meta.url)),
);

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const chosen = chooseAreas(values.only);
process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

process.stderr.write('installing\n');
const tarball = install();
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const machine = describeMachine();

const measured = [];
for (const name of chosen) {
  process.stderr.write(`${name}\n`);
  try {
    measured.push(await measureArea(name));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

// What was measured in a hurry replaces no figure that was measured well.
writeResults(
  measured,
  values.quick
    ? { folder: 'bench/results/quick', order: ORDER }
    : { folder: 'bench/results', order: ORDER, readme: 'bench/README.md' },
);
process.stdout.write(`${writeTables(measured)}\n`);

function chooseAreas(only) {
  const names = only?.split(',') ?? ORDER;
  const unknown = names.filter((name) => !ORDER.includes(name));
  if (unknown.length > 0) throw new Error(`no such area: ${unknown.join(', ')}; there are ${ORDER.join(', ')}`);
  return ORDER.filter((name) => names.includes(name));
}

async function measureArea(name) {
  const startedAt = performance.now();
  const child = fork(new URL('measure-area.mjs', import.meta.url), { execArgv: [] });
  child.send({ name, quick: values.quick, tarball });
  const result = await Promise.race([
    once(child, 'message').then(([message]) => message),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${name} could not be measured (exit ${code})`);
    }),
  ]);
  const seconds = (performance.now() - startedAt) / 1000;
  return { ...result, version, machine, isQuick: values.quick, measuredAt: new Date().toISOString(), seconds };
}
