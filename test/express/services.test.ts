import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKeyRing } from 'countersign';
import { countersign } from 'countersign/express';
import express from 'express';
import { createProvider } from '../../examples/shop/create-provider.js';
import { requestProviderToken } from '../../examples/shop/request-provider-token.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const quiet = { destination: { write() {} } };

describe('two services that trust nobody else', () => {
  const keyRing = createKeyRing();
  let orders: string;
  let payments: string;
  let call: (path: string) => Promise<Response>;
  const servers: Server[] = [];

  beforeAll(async () => {
    // Each must know where the other is before it can trust it, so places come first.
    const places = await Promise.all([openPlace(servers), openPlace(servers)]);
    [orders, payments] = places as [string, string];
    const orderGate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: [{ service: 'payment-service', issuer: payments, grants: ['orders:read'] }],
      signing: { issuer: orders, keyRing },
      accessLog: quiet,
    });
    const paymentGate = countersign({
      service: 'payment-service',
      audience: 'api://payments',
      trust: [{ service: 'order-service', issuer: orders, grants: ['payments:read'] }],
      signing: { issuer: payments },
      accessLog: quiet,
    });
    const orderApp = express();
    orderApp.get('/.well-known/jwks.json', orderGate.jwks());
    orderApp.get('/.well-known/oauth-authorization-server', orderGate.metadata());
    const paymentApp = express();
    paymentApp.get(
      '/payments/:id',
      paymentGate.verifyServiceToken(),
      paymentGate.requirePermission('payments:read'),
      (req, res) => void res.json({ id: req.params['id'], caller: req.principal?.subject }),
    );
    paymentApp.get('/admin', paymentGate.requirePermission('payments:admin'), (_req, res) => void res.send('reached'));
    orderGate.assertCovered(orderApp);
    paymentGate.assertCovered(paymentApp);
    servers[0]?.on('request', orderApp);
    servers[1]?.on('request', paymentApp);
    const client = orderGate.client({
      audience: 'api://payments',
      origins: [payments],
      permissions: ['payments:read', 'payments:admin'],
    });
    call = (path) => client(payments + path);
  });
  afterAll(() => closePlaces(servers));

  it('publish their keys, cacheable, and where they are', async () => {
    const jwks = await sendRequest(orders, '/.well-known/jwks.json');
    expect([jwks.status, jwks.headers['content-type'], jwks.headers['cache-control']]).toEqual([
      200,
      'application/jwk-set+json',
      'public, max-age=300',
    ]);
    expect(JSON.parse(jwks.body)).toEqual(keyRing.jwks());
    expect(jwks.body).not.toContain('"d"');
    const metadata = await sendRequest(orders, '/.well-known/oauth-authorization-server');
    expect(metadata.headers['cache-control']).toBe('public, max-age=300');
    expect(JSON.parse(metadata.body)).toEqual({
      issuer: orders,
      jwks_uri: `${orders}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [],
    });
  });

  it('find each other by discovery, and let in whom they granted', async () => {
    const response = await call('/payments/7');
    expect([response.status, await response.json()]).toEqual([200, { id: '7', caller: 'order-service' }]);
  });

  it('don’t believe a permission that a token claims and nobody granted', async () => {
    expect((await call('/admin')).status).toBe(403);
  });

  it('go on with the next key when the active one is rotated', async () => {
    await call('/payments/1');
    keyRing.rotate();
    keyRing.rotate(); // twice: a key that the other one has not seen yet
    expect((await call('/payments/2')).status).toBe(200);
  });
});

describe('a real OpenID provider', () => {
  const servers: Server[] = [];
  afterAll(() => closePlaces(servers));
  let issuer: string;
  let base: string;
  let askProvider: (audience: string, scope: string) => Promise<string>;

  beforeAll(async () => {
    issuer = await openPlace(servers);
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const { provider, secrets } = createProvider(issuer, jwk as Record<string, unknown>);
    servers[0]?.on('request', provider.callback());
    askProvider = (audience, scope) =>
      requestProviderToken(issuer, { client: 'web-shop', secret: secrets['web-shop'], resource: audience, scope });
    const gate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: [{ issuer }],
      accessLog: quiet,
    });
    const app = express();
    app.get(
      '/orders',
      gate.verifyServiceToken(),
      gate.requirePermission('orders:read'),
      (req, res) => void res.json({ caller: req.principal?.subject, clientId: req.principal?.clientId }),
    );
    base = await startServer(app);
  });

  it('is found by discovery, and its access tokens are accepted for what they say', async () => {
    const ask = async (scope: string) =>
      sendRequest(base, '/orders', { headers: [bearer(await askProvider('api://orders', scope))] });
    const allowed = await ask('orders:read');
    expect([allowed.status, allowed.body]).toEqual([200, '{"caller":"web-shop","clientId":"web-shop"}']);
    expect((await ask('orders:pay')).status).toBe(403);
  });
});

async function openPlace(servers: Server[]): Promise<string> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closePlaces(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
