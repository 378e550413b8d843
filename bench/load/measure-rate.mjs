/** How many requests were answered in how many seconds, and the processor time that the server took; all must be let in. */
export async function measureRate(server, { ground, work }) {
  const { processor: before } = await server.process.ask({ ask: 'processor' });
  const { statuses, seconds } = await ground.load({ ...work, port: server.process.port });
  const { processor: after } = await server.process.ask({ ask: 'processor' });
  const { 200: count = 0, ...others } = statuses;
  if (Object.keys(others).length > 0) throw new Error(`${server.name} answered ${JSON.stringify(statuses)}`);
  return { count, seconds, processor: after - before };
}

/** Requests per second, and microseconds of processor time for each, over all slices. */
export function sumRates(slices) {
  const total = (what) => slices.reduce((sum, slice) => sum + slice[what], 0);
  return { rate: total('count') / total('seconds'), microseconds: total('processor') / total('count') };
}
