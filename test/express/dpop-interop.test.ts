import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import { calculateThumbprint, generateKeyPair, generateProof, type JWSAlgorithm, type KeyPair } from 'dpop';
import express from 'express';
import { createProvider } from '../../examples/shop/create-provider.js';
import { captureLog } from '../support/capture-log.js';
import { PUBLIC_ORIGIN } from '../support/dpop-service.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

const servers: Server[] = [];
afterAll(stopServers);
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const audience = 'api://orders';
const path = '/orders/42';

/** What a client shows, with proofs that another library makes. */
async function show(keys: KeyPair, token: string, { method = 'GET', nonce }: { method?: string; nonce?: string } = {}) {
  const proof = await generateProof(keys, `${PUBLIC_ORIGIN}${path}`, method, nonce, token);
  return [['authorization', `DPoP ${token}`] as const, ['dpop', proof] as const];
}

describe('a client that makes its proofs by the package dpop', () => {
  const log = captureLog();
  const service = { service: 'order-service', audience, publicOrigin: PUBLIC_ORIGIN, proof: 'required' } as const;
  const accessLog = { destination: log.destination };

  async function rig(algorithm: JWSAlgorithm, dpop: object = {}) {
    const issuer = await createTestIssuer({ audience });
    const keys = await generateKeyPair(algorithm);
    const token = await issuer.sign({ cnf: { jkt: await calculateThumbprint(keys.publicKey) } });
    const gate = countersign({ ...service, trust: issuer.trust, dpop, accessLog });
    const base = await startServer(express().use(gate.verifyToken(), (_req, res) => void res.send('reached')));
    const send = async (options: Parameters<typeof show>[2] = {}) =>
      sendRequest(base, path, { method: options.method ?? 'GET', headers: await show(keys, token, options) });
    return { base, keys, token, send };
  }

  it.each<[JWSAlgorithm, number]>([
    ['ES256', 200],
    ['Ed25519', 200],
    ['PS256', 200],
    ['RS256', 401],
  ])('by %s: %i', async (algorithm, status) => {
    const { send } = await rig(algorithm);
    expect((await send()).status).toBe(status);
    expect((await log.next()).verdicts).toEqual({ authentic: true, bound: status === 200, intended: true });
  });

  it('by RS256 comes in where that is configured', async () => {
    const { send } = await rig('RS256', { algorithms: ['RS256'] });
    expect((await send({ method: 'POST' })).status).toBe(200);
  });

  it('gets its nonce, and comes in with it', async () => {
    const { send } = await rig('ES256', { nonce: true });
    const refused = await send();
    const [nonce = ''] = refused.lines('dpop-nonce');
    expect([refused.status, refused.lines('www-authenticate')[0]]).toEqual([
      401,
      expect.stringMatching(/^DPoP error="use_dpop_nonce"/),
    ]);
    expect((await send({ nonce })).status).toBe(200);
  });

  it('does not come in with the key of another', async () => {
    const { base, token } = await rig('ES256');
    const thief = await generateKeyPair('ES256');
    expect((await sendRequest(base, path, { headers: await show(thief, token) })).status).toBe(401);
  });
});

describe('a real OpenID provider that binds its tokens', () => {
  const log = captureLog();
  let issuer: string;
  let base: string;
  let keys: KeyPair;
  let askProvider: (tokenType: 'DPoP' | 'Bearer') => Promise<string>;

  beforeAll(async () => {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const { provider, secrets } = createProvider(issuer, jwk as Record<string, unknown>);
    server.on('request', provider.callback());
    keys = await generateKeyPair('ES256');
    askProvider = async (tokenType) => {
      const proof = await generateProof(keys, `${issuer}/token`, 'POST');
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`web-shop:${secrets['web-shop']}`).toString('base64')}`,
          ...(tokenType === 'DPoP' && { dpop: proof }),
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'orders:read' }),
      });
      const answer = (await response.json()) as { readonly access_token: string; readonly token_type: string };
      expect([response.status, answer.token_type]).toEqual([200, tokenType]);
      return answer.access_token;
    };
    const gate = countersign({
      service: 'order-service',
      audience,
      trust: [{ issuer }],
      publicOrigin: PUBLIC_ORIGIN,
      accessLog: { destination: log.destination },
    });
    const app = express();
    app.get('/orders/:id', gate.requirePermission('orders:read'), (req, res) => void res.json(req.principal));
    base = await startServer(app);
  });

  it('is believed where its client proves to hold the key', async () => {
    const token = await askProvider('DPoP');
    const headers = await show(keys, token);
    const answer = await sendRequest(base, path, { headers });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      expect.objectContaining({
        subject: 'web-shop',
        confirmation: { jkt: await calculateThumbprint(keys.publicKey) },
      }),
    ]);
    expect(await log.next()).toMatchObject({ decision: 'permit', verdicts: { bound: true } });
    expect((await sendRequest(base, path, { headers })).status).toBe(401);
    expect(await log.next()).toMatchObject({ reason: 'token_replayed' });
    expect((await sendRequest(base, path, { headers: await show(keys, token) })).status).toBe(200);
  });

  it('is not believed of a token that was stolen', async () => {
    const token = await askProvider('DPoP');
    const thief = await generateKeyPair('ES256');
    for (const headers of [[bearer(token)], [['authorization', `DPoP ${token}`] as const], await show(thief, token)]) {
      expect((await sendRequest(base, path, { headers })).status).toBe(401);
    }
  });

  it('is believed of a token that it did not bind, as Bearer alone', async () => {
    const token = await askProvider('Bearer');
    expect((await sendRequest(base, path, { headers: [bearer(token)] })).status).toBe(200);
    expect((await sendRequest(base, path, { headers: await show(keys, token) })).status).toBe(401);
  });
});
