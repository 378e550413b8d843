import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { describeTally, openTally, runCases } from '../support/differential/run-cases.js';

// `npm run fuzz` runs this and nothing else does. FUZZ_RUNS: how many cases; FUZZ_SEED: which ones, to see some again.
const RUNS = Number(process.env['FUZZ_RUNS'] || 1_000_000);
const SEED = Number(process.env['FUZZ_SEED'] || randomInt(2 ** 31));
const BATCH = 5000;
const DAY_MILLISECONDS = 86_400_000;

const print = (text: string) => process.stdout.write(`${text}\n`);

it(
  'beside jose: no disagreement that no rule explains',
  async () => {
    expect(RUNS).toBeGreaterThan(0);
    const tally = openTally();
    const startedAt = performance.now();
    for (let seed = SEED; tally.cases < RUNS; seed = (seed + 1) | 0) {
      await runCases(Math.min(BATCH, RUNS - tally.cases), seed, tally);
      const perSecond = Math.round((1000 * tally.cases) / (performance.now() - startedAt));
      const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
      print(`seed ${seed}: ${tally.cases} of ${RUNS} cases, ${perSecond} each second, ${megabytes} MB`);
    }
    print(describeTally(tally));
  },
  DAY_MILLISECONDS,
);
