import { checkServer, signCheckTokens } from './check-server.mjs';
import { measureFlood } from './measure-flood.mjs';
import { openGround } from './open-ground.mjs';
import { planReturningCallers } from './plan-work.mjs';
import { takeTurns } from './take-turns.mjs';
import { warmUp } from './warm-up.mjs';

/** By server, what each round found: latencies of valid callers, and delays of the event loop, quiet and flooded. */
export async function compareFloods(contestants, { rates, rounds, milliseconds, warmUpRequests, tell }) {
  const ground = await openGround();
  try {
    const tokens = await signCheckTokens(ground);
    for (const contestant of contestants) await checkServer(contestant, { ground, tokens });
    const servers = await ground.startServers(contestants);
    tell('flood: warming up');
    await warmUp(servers, { ground, requests: warmUpRequests });
    const { file: callers } = (await planReturningCallers(ground, { milliseconds }))();
    const count = Math.ceil((rates.forgeriesPerSecond * milliseconds) / 1000);
    // Forgeries of their own for each round: so nobody can be quick because of one that it knows already.
    const forgeries = [];
    for (let round = 0; round < rounds; round++) {
      forgeries.push(await ground.signTokens(`forgeries-${round}`, { count, isForged: true }));
    }
    const work = { work: 'flood', callers, milliseconds, ...rates };
    return await takeTurns(servers, {
      rounds,
      run: (server, round) =>
        measureFlood(server, { ground, work, forgeries: forgeries[round], isFloodFirst: round % 2 === 1 }),
      tell: (text) => tell(`flood: ${text}`),
    });
  } finally {
    await ground.close();
  }
}
