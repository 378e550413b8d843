import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { countersign } from 'countersign/express';
import express from 'express';
import { createProvider } from '../../examples/shop/create-provider.js';
import { requestProviderToken } from '../../examples/shop/request-provider-token.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

type Jwk = Record<string, unknown>;

const makeKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as Jwk;
let provider: Server | undefined;

/** (Re)starts the provider with these keys, at the place where it was. */
async function restart(port: number, ...keys: Jwk[]) {
  await stopProvider();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { provider: idp, secrets } = createProvider(issuer, ...keys);
  server.on('request', idp.callback());
  provider = server;
  const request = { client: 'web-shop', secret: secrets['web-shop'], resource: 'api://orders', scope: 'orders:read' };
  return { issuer, port: Number(new URL(issuer).port), ask: () => requestProviderToken(issuer, request as never) };
}

async function stopProvider(): Promise<void> {
  provider?.closeAllConnections();
  await new Promise((resolve) => (provider ? provider.close(resolve) : resolve(undefined)));
  provider = undefined;
}

afterAll(async () => {
  await stopProvider();
  await stopServers();
});

describe('a real OpenID provider', () => {
  it('that rotates its keys and restarts while its clients call fails no valid call', async () => {
    const [first, second, third] = [makeKey(), makeKey(), makeKey()] as [Jwk, Jwk, Jwk];
    let ahead = 0;
    let idp = await restart(0, first);
    const gate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: [{ issuer: idp.issuer }],
      accessLog: { destination: { write() {} } },
      now: () => Date.now() / 1000 + ahead,
    });
    const app = express();
    app.get('/orders', gate.requirePermission('orders:read'), (_req, res) => void res.end('orders'));
    const base = await startServer(app);

    const statuses: number[] = [];
    let token = await idp.ask();
    let isOver = false;
    async function traffic(): Promise<void> {
      while (!isOver) statuses.push((await sendRequest(base, '/orders', { headers: [bearer(token)] })).status);
    }
    const callers = [traffic(), traffic(), traffic()];
    const pass = async (calls: number) => {
      const until = statuses.length + calls;
      while (statuses.length < until) await new Promise((resolve) => setTimeout(resolve, 5));
    };

    await pass(20);
    for (const keys of [[first, second], [second, first], [second, third], [third, second], [third]]) {
      await stopProvider(); // a while without any provider: its tokens go on
      await pass(20);
      idp = await restart(idp.port, ...keys);
      await pass(10);
      token = await idp.ask(); // from now on with the key that is the first one
      await pass(20);
      ahead += 31; // rotations follow each other within minutes, and that is fast
    }
    isOver = true;
    await Promise.all(callers);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(statuses.length).toBeGreaterThan(200);
  }, 60_000);
});
