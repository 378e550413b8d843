// Where a server's time goes: `node bench/profile.mjs express-countersign [returning | fresh] [batch]`. The profile itself,
// for a browser's tools, stays in .build/profiles.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openGround } from './load/open-ground.mjs';
import { planNewTokens, planReturningCallers } from './load/plan-work.mjs';
import { sumProfile } from './load/sum-profile.mjs';
import { warmUp } from './load/warm-up.mjs';

const SAMPLE_MICROSECONDS = 200;
const SKIPPED_SHARE = 0.5; // start and warm-up
const effort = { rounds: 1, turns: 1, sliceMilliseconds: 6000 };

const [file = 'express-countersign', ...words] = process.argv.slice(2);
const folder = fileURLToPath(new URL('../.build/profiles', import.meta.url));
mkdirSync(folder, { recursive: true });

const name = `${[file, ...words].join('-')}.cpuprofile`;
const ground = await openGround();
const profiling = ['--cpu-prof', `--cpu-prof-interval=${SAMPLE_MICROSECONDS}`, `--cpu-prof-dir=${folder}`];
const contestant = { file, isBatched: words.includes('batch') };
const server = await ground.startServer(contestant, { flags: [...profiling, `--cpu-prof-name=${name}`] });
await warmUp([{ process: server }], { ground, requests: 2000 });
const plan = await (words.includes('fresh') ? planNewTokens : planReturningCallers)(ground, effort);
const { statuses, seconds } = await ground.load({ ...plan(0), port: server.port });
await ground.close();

console.log(`${JSON.stringify(statuses)} in ${seconds.toFixed(1)} s`);
const { functions, packages } = sumProfile(JSON.parse(readFileSync(join(folder, name), 'utf8')), {
  skipShare: SKIPPED_SHARE,
});
for (const { name, share } of functions.slice(0, 40)) console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
console.log('by package');
for (const { name, share } of packages.slice(0, 25)) console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
