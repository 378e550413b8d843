import autocannon from 'autocannon';

/** What autocannon makes of the same work, so that anyone can see that our own load generator doesn't flatter. */
export async function runAutocannon({ port, milliseconds, tokens }) {
  let next = 0;
  const { statusCodeStats, duration } = await autocannon({
    url: `http://127.0.0.1:${port}/orders/42`,
    connections: tokens.length,
    duration: milliseconds / 1000,
    setupClient: (client) => client.setHeaders({ authorization: `Bearer ${tokens[next++]}` }),
  });
  const statuses = Object.entries(statusCodeStats).map(([status, { count }]) => [status, count]);
  return { statuses: Object.fromEntries(statuses), seconds: duration };
}
