import { FORGERS_ADDRESS } from './forgers-address.mjs';
import { sendAtRandom } from './send-at-random.mjs';

/** Valid callers, and forgers beside them where there are forgeries: how both were answered, and how soon the valid ones. */
export async function floodServer({ port, milliseconds, callers, callersPerSecond, forgeries, forgeriesPerSecond }) {
  const load = { port, milliseconds };
  const [valid, forged] = await Promise.all([
    sendAtRandom({ ...load, perSecond: callersPerSecond, nextToken: takeInTurn(callers) }),
    forgeries &&
      sendAtRandom({
        ...load,
        localAddress: FORGERS_ADDRESS,
        perSecond: forgeriesPerSecond,
        nextToken: takeInTurn(forgeries),
      }),
  ]);
  return { ...valid, forgedStatuses: forged?.statuses };
}

function takeInTurn(tokens) {
  let next = 0;
  return () => tokens[next++ % tokens.length];
}
