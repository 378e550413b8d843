import { checkServer, signCheckTokens } from './check-server.mjs';
import { measureRate, sumRates } from './measure-rate.mjs';
import { openGround } from './open-ground.mjs';
import { planNewTokens, planReturningCallers } from './plan-work.mjs';
import { takeTurns } from './take-turns.mjs';
import { warmUp } from './warm-up.mjs';

const plans = { returning: planReturningCallers, fresh: planNewTokens };

/** For callers that come back (`returning`) and for new tokens (`fresh`): by server, the rates of each round. */
export async function compareRates(contestants, { cases, effort, tell }) {
  const ground = await openGround();
  try {
    tell('checking that each server does its work');
    const tokens = await signCheckTokens(ground);
    await Promise.all(contestants.map((contestant) => checkServer(contestant, { ground, tokens })));
    const servers = await ground.startServers(contestants);
    tell('warming up');
    await warmUp(servers, { ground, requests: effort.warmUpRequests });
    const found = {};
    for (const what of cases) {
      const plan = await plans[what](ground, effort);
      found[what] = await takeTurns(servers, {
        ...effort,
        run: (server, turn) => measureRate(server, { ground, work: plan(turn) }),
        sum: sumRates,
        tell: (text) => tell(`${what}: ${text}`),
      });
    }
    const plan = await planReturningCallers(ground, { sliceMilliseconds: 2 * effort.sliceMilliseconds });
    const work = { ...plan(), work: 'autocannon' };
    const slice = await measureRate(
      servers.find(({ isBare }) => isBare),
      { ground, work },
    );
    return { ...found, autocannon: sumRates([slice]), isPinned: ground.isPinned };
  } finally {
    await ground.close();
  }
}
