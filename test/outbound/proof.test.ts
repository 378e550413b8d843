import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AccessRecord,
  type ConfigurationError,
  createGate,
  createKeyRing,
  type Fetch,
  type GateOptions,
} from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock } from 'countersign/testing';
import express from 'express';
import { Provider } from 'oidc-provider';
import { attachProof } from '../../lib/outbound/attach-token.js';
import { createProver } from '../../lib/outbound/prove-possession.js';
import { reuseToken } from '../../lib/outbound/reuse-token.js';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const clock = createTestClock();
const keyRing = createKeyRing();
const quiet = { destination: { write() {} } };
const caller = createGate({
  service: 'order-service',
  audience: 'api://orders',
  trust: [{ issuer: 'https://idp.example' }],
  signing: { issuer: 'https://orders.internal', keyRing },
  accessLog: quiet,
  now: clock.now,
});

interface Seen {
  readonly authorization: string;
  readonly proof: string;
}

let seen: Seen[];
let log: ReturnType<typeof captureLog>;
beforeEach(() => {
  seen = [];
  log = captureLog();
});

/** A callee that knows the caller's keys, and where it is for its callers. */
async function startCallee(more: Partial<GateOptions> = {}): Promise<string> {
  let handle: ReturnType<typeof express> | undefined;
  const base = await startServer((req, res) => {
    seen.push({ authorization: req.headers.authorization ?? '', proof: String(req.headers['dpop'] ?? '') });
    handle?.(req, res);
  });
  const gate = countersign({
    service: 'payment-service',
    audience: 'api://payments',
    trust: [
      {
        service: 'order-service',
        issuer: 'https://orders.internal',
        grants: ['payments:read'],
        keys: { jwks: keyRing.jwks() as never },
      },
    ],
    publicOrigin: base,
    accessLog: { destination: log.destination },
    now: clock.now,
    ...more,
  });
  handle = express();
  handle.all('/payments/:id', gate.requirePermission('payments:read'), (req, res) => {
    req.resume().on('end', () => void res.end('paid'));
  });
  return base;
}

const makeClient = (...origins: string[]): Fetch =>
  caller.client({ audience: 'api://payments', origins, proof: 'dpop' });
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());

describe('a client with proofs', () => {
  it('binds its tokens to its key, and proves with every request that it holds it', async () => {
    const base = await startCallee({ proof: 'required' });
    const payments = makeClient(base);
    for (const [path, method] of [
      ['/payments/7?x=1#y', 'GET'],
      ['/payments/8', 'POST'],
    ] as const) {
      expect((await payments(base + path, { method })).status).toBe(200);
      expect((await log.next()).verdicts).toEqual({ authentic: true, bound: true, intended: true });
    }
    const [first, second] = seen as [Seen, Seen];
    expect(first.authorization).toMatch(/^DPoP /);
    expect(second.authorization).toBe(first.authorization); // the token is reused, a proof never
    expect(claimsOf(first.proof)).toMatchObject({ htm: 'GET', htu: `${base}/payments/7` });
    expect(claimsOf(second.proof)).toMatchObject({ htm: 'POST', htu: `${base}/payments/8` });
    expect(claimsOf(first.proof).jti).not.toBe(claimsOf(second.proof).jti);
  });

  it('has tokens that are worthless to a thief, as a bearer and with a proof of their own', async () => {
    const base = await startCallee();
    await makeClient(base)(`${base}/payments/7`);
    await log.next();
    const token = seen[0]?.authorization.replace('DPoP ', '') as string;
    const own = await createProver(clock.now).prove({ method: 'GET', url: `${base}/payments/7` }, token);
    const theft = async (...headers: (readonly [string, string])[]) => {
      const { status } = await sendRequest(base, '/payments/7', { headers });
      return [status, (await log.next()).reason];
    };
    expect(await theft(bearer(token))).toEqual([401, 'binding_missing']);
    expect(await theft(['authorization', `DPoP ${token}`], ['dpop', own])).toEqual([401, 'binding_mismatch']);
    expect(await theft(['authorization', `DPoP ${token}`], ['dpop', seen[0]?.proof as string])).toEqual([
      401,
      'token_replayed',
    ]);
  });

  it('brings the nonce that it is asked for, learns the next one, and keeps those of two places apart', async () => {
    const [one, two] = [await startCallee({ dpop: { nonce: true } }), await startCallee({ dpop: { nonce: true } })];
    const payments = makeClient(one, two);
    for (const base of [one, two]) expect((await payments(`${base}/payments/7`)).status).toBe(200);
    expect(seen).toHaveLength(4); // one refusal each
    for (const base of [one, two]) expect((await payments(`${base}/payments/7`)).status).toBe(200);
    expect(seen).toHaveLength(6);
    clock.advance(60); // the answer to this call brings the nonce of the next minute
    await payments(`${one}/payments/7`);
    clock.advance(120);
    await payments(`${one}/payments/7`);
    expect(seen).toHaveLength(8);
    const reasons: (AccessRecord['reason'] | undefined)[] = [];
    for (const _ of seen) reasons.push((await log.next()).reason);
    expect(reasons.filter((reason) => reason !== undefined)).toEqual(['proof_nonce_required', 'proof_nonce_required']);
  });

  it('tries once with a nonce, and not again', async () => {
    const tries: string[] = [];
    const base = await startServer((req, res) => {
      tries.push(claimsOf(String(req.headers['dpop'])).nonce);
      res.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': `nonce-${tries.length}` });
      res.end();
    });
    expect((await makeClient(base)(`${base}/payments/7`)).status).toBe(401);
    expect(tries).toEqual([undefined, 'nonce-1']);
  });

  it('drops a refused token once, beside a nonce', async () => {
    const tries: string[] = [];
    const base = await startServer((req, res) => {
      tries.push(String(req.headers.authorization));
      const error = ['use_dpop_nonce', 'invalid_token', 'invalid_token'][tries.length - 1];
      res.writeHead(401, { 'www-authenticate': `DPoP error="${error}"`, 'dpop-nonce': 'n' }).end();
    });
    expect((await makeClient(base)(`${base}/payments/7`)).status).toBe(401);
    expect([tries.length, new Set(tries).size]).toEqual([3, 2]);
  });

  it('doesn’t send a body twice that it can read once', async () => {
    const base = await startCallee({ dpop: { nonce: true } });
    const body = new ReadableStream({ start: (controller) => controller.close() });
    const answer = await makeClient(base)(`${base}/payments/7`, {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit);
    expect([answer.status, seen.length]).toEqual([401, 1]);
  });

  it('refuses a request with a proof of its own', async () => {
    const base = await startCallee();
    await expect(makeClient(base)(`${base}/payments/7`, { headers: { dpop: 'x' } })).rejects.toThrow('leave it out');
  });

  it.each([
    ['bearer', /found "bearer"/],
    [undefined, /found undefined/],
    [true, /found true/],
  ])('knows no proof %s', (proof, message) => {
    const problem = () => caller.client({ audience: 'a', origins: ['https://a.example'], proof: proof as never });
    expect(problem).toThrow(message);
    expect(problem).toThrow(expect.objectContaining({ option: 'client.proof' } satisfies Partial<ConfigurationError>));
  });
});

/** As much of a provider as is used here; its declarations in this repository know less of it. */
interface FullProvider {
  callback(): RequestListener;
  readonly Client: { find(id: string): Promise<object> };
  readonly Grant: new (facts: object) => { addOIDCScope(scope: string): void; save(): Promise<string> };
  readonly AccessToken: new (
    facts: object,
  ) => { setThumbprint(name: 'jkt', value: string): void; save(): Promise<string> };
}

const makeProvider = (issuer: string, options: object) =>
  new (Provider as unknown as new (issuer: string, options: object) => FullProvider)(issuer, options);

describe('the resource check of a real OpenID provider', () => {
  it('accepts our proofs, and no token without one', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = makeProvider(issuer, {
      clients: [{ client_id: 'web', client_secret: 's'.repeat(32), redirect_uris: [`${issuer}/back`] }],
      features: { dPoP: { enabled: true }, devInteractions: { enabled: false } },
      findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: async () => ({ sub }) }),
    });
    server.on('request', provider.callback());
    const prover = createProver(() => Date.now() / 1000);
    const client = await provider.Client.find('web');
    const grant = new provider.Grant({ accountId: 'alice', clientId: 'web' });
    grant.addOIDCScope('openid');
    const grantId = await grant.save();
    const token = new provider.AccessToken({
      accountId: 'alice',
      client,
      grantId,
      scope: 'openid',
      gty: 'authorization_code',
    });
    token.setThumbprint('jkt', prover.thumbprint);
    const value = await token.save();

    const attachment = attachProof(
      reuseToken(
        async () => value,
        300,
        () => Date.now() / 1000,
      ),
      prover,
    );
    const request = new Request(`${issuer}/me?x=1`);
    await attachment.attach(request);
    const answer = await fetch(request);
    expect([answer.status, await answer.json()]).toEqual([200, { sub: 'alice' }]);
    const theft = await fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${value}` } });
    expect(theft.status).toBe(401);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
