import { checkServer, signCheckTokens } from './check-server.mjs';
import { measureFlood, sumFloods } from './measure-flood.mjs';
import { openGround } from './open-ground.mjs';
import { planReturningCallers } from './plan-work.mjs';
import { takeTurns } from './take-turns.mjs';
import { warmUp } from './warm-up.mjs';

/** By server, what each round found: latencies of valid callers, and delays of the event loop, quiet and flooded. */
export async function compareFloods(contestants, { rates, effort, tell }) {
  const ground = await openGround();
  try {
    const tokens = await signCheckTokens(ground);
    for (const contestant of contestants) await checkServer(contestant, { ground, tokens });
    const servers = await ground.startServers(contestants);
    tell('flood: warming up');
    await warmUp(servers, { ground, requests: effort.warmUpRequests });
    const { file: callers, milliseconds } = (await planReturningCallers(ground, effort))();
    const count = Math.ceil((rates.forgeriesPerSecond * milliseconds) / 1000);
    // Forgeries of their own for each turn: so nobody can be quick because of one that it knows already.
    const forgeries = [];
    for (let turn = 0; turn < effort.rounds * effort.turns; turn++) {
      forgeries.push(await ground.signTokens(`forgeries-${turn}`, { count, isForged: true }));
    }
    const work = { work: 'flood', callers, milliseconds, ...rates };
    return await takeTurns(servers, {
      ...effort,
      run: (server, turn) =>
        measureFlood(server, { ground, work, forgeries: forgeries[turn], isFloodFirst: turn % 2 === 1 }),
      sum: sumFloods,
      tell: (text) => tell(`flood: ${text}`),
    });
  } finally {
    await ground.close();
  }
}
