/** Requests per second, and the processor time that each cost the server; all of them must be answered with 200. */
export async function measureRate(server, { ground, work }) {
  const { processor: before } = await server.process.ask({ ask: 'processor' });
  const { statuses, seconds } = await ground.load({ ...work, port: server.process.port });
  const { processor: after } = await server.process.ask({ ask: 'processor' });
  const { 200: count = 0, ...others } = statuses;
  if (Object.keys(others).length > 0) throw new Error(`${server.name} answered ${JSON.stringify(statuses)}`);
  return { count, rate: count / seconds, microseconds: (after - before) / count };
}
