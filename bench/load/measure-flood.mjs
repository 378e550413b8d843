import { median, quantile } from '../measure/median.mjs';

/** How valid callers fare without forgers (`quiet`) and beside them (`flooded`), one after the other, in either order. */
export async function measureFlood(server, { ground, work, forgeries, isFloodFirst }) {
  const slices = [
    ['quiet', work],
    ['flooded', { ...work, forgeries }],
  ];
  const found = {};
  for (const [what, each] of isFloodFirst ? slices.toReversed() : slices) {
    found[what] = await measureLatency(server, { ground, work: each });
  }
  return found;
}

async function measureLatency({ name, isBare, process }, { ground, work }) {
  await process.ask({ ask: 'loop' }); // from here on
  const { statuses, forgedStatuses = {}, latencies } = await ground.load({ ...work, port: process.port });
  const { loop } = await process.ask({ ask: 'loop' });
  if (Object.keys(statuses).join() !== '200')
    throw new Error(`${name} answered valid callers ${JSON.stringify(statuses)}`);
  if (!isBare && '200' in forgedStatuses) throw new Error(`${name} let forgers in`);
  return { latencies, loop };
}

/** Latencies of all slices, and what the event loop did in most of them. */
export function sumFloods(slices) {
  const sum = (what) => {
    const latencies = slices.flatMap((slice) => slice[what].latencies);
    return {
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      delay: median(slices.map((slice) => slice[what].loop.p99)),
      busy: median(slices.map((slice) => slice[what].loop.utilization)),
    };
  };
  return { quiet: sum('quiet'), flooded: sum('flooded') };
}
