import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { countRequests } from './count-requests.mjs';

// Enough lines for a destination that waits until it has 4 KiB, too.
const CALLS = 100;
const PATIENCE_MILLISECONDS = 2000;

/** Tokens to check servers with: one that comes in, one with another key's signature, one that may read metrics. */
export async function signCheckTokens(ground) {
  const sign = async (name, options) => readFileSync(await ground.signTokens(name, { count: 1, ...options }), 'latin1');
  return {
    good: await sign('good', {}),
    forged: await sign('forged', { isForged: true }),
    metrics: await sign('metrics', { scope: 'metrics:read' }),
  };
}

/**
 * Makes sure that the server does its work, in a process of its own: it answers a good token, refuses a forged one and
 * none, writes a line for each request and counts it. A bare one only answers.
 */
export async function checkServer(contestant, { ground, tokens }) {
  const { name, isBare } = contestant;
  const log = ground.inFolder(`${name}.log`);
  const server = await ground.startServer(contestant, { log, isSpread: true });
  const expect = async (status, token) => {
    const found = await fetch(`http://127.0.0.1:${server.port}/orders/42`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    await found.text();
    if (found.status !== status) throw new Error(`${name} answered with ${found.status} instead of ${status}`);
  };
  await expect(200, tokens.good);
  if (!isBare) {
    await expect(401, tokens.forged);
    await expect(401, undefined);
    for (let call = 0; call < CALLS; call++) await expect(200, tokens.good);
    await expectLines(name, log);
    const counted = await countRequests(server.port, tokens.metrics);
    if (counted !== CALLS + 1) throw new Error(`${name} counted ${counted} permitted requests of ${CALLS + 1}`);
  }
  await server.end();
}

async function expectLines(name, log) {
  const until = Date.now() + PATIENCE_MILLISECONDS;
  while (Date.now() < until) {
    const lines = readFileSync(log, 'latin1').match(/^\{.*"\/orders\/42".*\}$/gm) ?? [];
    if (lines.length >= CALLS / 2) return; // what is left may wait until it fills 4 KiB
    await pause(20);
  }
  throw new Error(`${name} wrote no lines`);
}
