import { checkServer, signCheckTokens } from './check-server.mjs';
import { measureRate } from './measure-rate.mjs';
import { openGround } from './open-ground.mjs';
import { planNewTokens, planReturningCallers } from './plan-work.mjs';
import { takeTurns } from './take-turns.mjs';
import { warmUp } from './warm-up.mjs';

const AUTOCANNON_MILLISECONDS = 2000;

const plans = { returning: planReturningCallers, fresh: planNewTokens };

/** For callers that come back (`returning`) and for new tokens (`fresh`): by server, the rates of each round. */
export async function compareRates(contestants, { cases, rounds, milliseconds, warmUpRequests, tell }) {
  const ground = await openGround();
  try {
    tell('checking that each server does its work');
    const tokens = await signCheckTokens(ground);
    await Promise.all(contestants.map((contestant) => checkServer(contestant, { ground, tokens })));
    const servers = await ground.startServers(contestants);
    tell('warming up');
    await warmUp(servers, { ground, requests: warmUpRequests });
    const found = {};
    for (const what of cases) {
      const plan = await plans[what](ground, { rounds, milliseconds });
      found[what] = await takeTurns(servers, {
        rounds,
        run: (server, round) => measureRate(server, { ground, work: plan(round) }),
        tell: (text) => tell(`${what}: ${text}`),
      });
    }
    const returnCallers = await planReturningCallers(ground, { milliseconds: AUTOCANNON_MILLISECONDS });
    const work = { ...returnCallers(), work: 'autocannon' };
    const autocannon = await measureRate(
      servers.find(({ isBare }) => isBare),
      { ground, work },
    );
    return { ...found, autocannon, isPinned: ground.isPinned };
  } finally {
    await ground.close();
  }
}
