import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { median } from './measure-ratio.js';

/** So few that the garbage is not collected meanwhile. */
const CALLS = 20;
const WARM_UP_CALLS = 5000;

/** Bytes of heap that one call takes, before any of it is given back: the median over small batches. */
export async function measureAllocation(call: () => Promise<void>, batches = 31): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  for (let left = WARM_UP_CALLS; left > 0; left--) await call();
  const taken: number[] = [];
  for (let left = batches; left > 0; left--) {
    collect({ type: 'minor' });
    const before = process.memoryUsage().heapUsed;
    for (let calls = CALLS; calls > 0; calls--) await call();
    taken.push((process.memoryUsage().heapUsed - before) / CALLS);
  }
  return median(taken);
}
