import { measureRate, sumRates } from './measure-rate.mjs';
import { openGround } from './open-ground.mjs';
import { planReturningCallers } from './plan-work.mjs';
import { takeTurns } from './take-turns.mjs';
import { warmUp } from './warm-up.mjs';

/** By server and number of processes, the rates of each round for callers that come back. */
export async function compareProcesses(contestants, { effort, tell }) {
  const ground = await openGround();
  try {
    const servers = await ground.startServers(contestants, { isSpread: true });
    tell('processes: warming up');
    await warmUp(servers, { ground, requests: effort.warmUpRequests });
    const plan = await planReturningCallers(ground, effort);
    return await takeTurns(servers, {
      ...effort,
      run: (server) => measureRate(server, { ground, work: plan() }),
      sum: sumRates,
      tell: (text) => tell(`processes: ${text}`),
    });
  } finally {
    await ground.close();
  }
}
