import { FORGERS_ADDRESS } from './forgers-address.mjs';

const MOST_MILLISECONDS = 30_000;

/**
 * Lets each server answer so many new tokens, the same ones again, and some forgeries, one server after the other. Counted
 * in requests, not in seconds: else slow servers would be measured while they are still being compiled.
 */
export async function warmUp(servers, { ground, requests }) {
  const plan = async (name, options) => ({
    work: 'spendTokens',
    file: await ground.signTokens(name, { count: requests, ...options }),
    connections: 50,
    milliseconds: MOST_MILLISECONDS,
    from: 0,
    to: requests,
  });
  const good = await plan('warm', {});
  const forged = await plan('warm-forged', { isForged: true });
  for (const { process } of servers) {
    for (const work of [good, good, { ...forged, to: requests / 10, localAddress: FORGERS_ADDRESS }]) {
      await ground.load({ ...work, port: process.port });
    }
  }
}
