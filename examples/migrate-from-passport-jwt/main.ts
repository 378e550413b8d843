import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestIssuer } from 'countersign/testing';
import { createAfter } from './after.js';
import { createBefore } from './before.js';

const issuer = await createTestIssuer({ audience: 'api://orders' });

const calls: readonly (readonly [string, string | undefined])[] = [
  ['no token', undefined],
  ['an honest token', await issuer.sign({ scope: 'orders:read' })],
  ['another permission', await issuer.sign({ scope: 'orders:list' })],
  ['another audience', await issuer.forge('wrong-audience', { scope: 'orders:read' })],
  ['another key', await issuer.forge('wrong-key', { scope: 'orders:read' })],
  ['expired', await issuer.forge('expired', { scope: 'orders:read' })],
  ['garbage', await issuer.forge('garbage')],
];

async function askAll(app: RequestListener): Promise<readonly number[]> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders/7`;
  const statuses: number[] = [];
  for (const [, token] of calls) {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    statuses.push((await fetch(url, { headers })).status);
  }
  server.closeAllConnections();
  server.close();
  return statuses;
}

const before = await askAll(createBefore(issuer));
const after = await askAll(createAfter(issuer));
console.log('what is shown            before  after');
for (const [at, [what]] of calls.entries()) console.log(`${what.padEnd(24)} ${before[at]}     ${after[at]}`);
