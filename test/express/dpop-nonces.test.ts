import { afterAll, describe, expect, it } from '@jest/globals';
import type { DpopOptions, GateOptions } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express, { type NextFunction, type Request, type Response } from 'express';
import { ALGS, type Call, createCaller, type DpopService, startDpopService } from '../support/dpop-service.js';
import { type Answer, bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const START = 1_800_000_000; // a slot of nonces begins here
const SECRET = 'a secret that replicas share, of more than 32 bytes';
const USE_NONCE = [`DPoP error="use_dpop_nonce", ${ALGS}`];

async function rig(nonce: DpopOptions['nonce'] = true, options: Partial<GateOptions> = {}) {
  const caller = await createCaller(createTestClock(START));
  const service = await startDpopService(caller, { dpop: { nonce: nonce as true }, ...options });
  const withNonce = (value: unknown, call: Call = {}, { base }: Pick<DpopService, 'base'> = service) =>
    caller.call(base, { ...call, proof: { ...call.proof, claims: { ...call.proof?.claims, nonce: value } } });
  const askNonce = async ({ base }: Pick<DpopService, 'base'> = service) => nonceOf(await caller.call(base));
  return { caller, service, withNonce, askNonce };
}

function nonceOf(answer: Answer): string {
  const [nonce, second] = answer.lines('dpop-nonce');
  expect(second).toBeUndefined();
  expect(nonce).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{20,}$/); // RFC 9449 section 8.1: NQCHAR
  return nonce as string;
}

describe('a nonce', () => {
  it('is asked for, once, and the proof that has it passes', async () => {
    const { caller, service, withNonce } = await rig();
    const refused = await caller.call(service.base);
    expect([refused.status, refused.lines('www-authenticate')]).toEqual([401, USE_NONCE]);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(await service.next()).toMatchObject({ reason: 'proof_nonce_required', verdicts: { bound: false } });
    expect((await withNonce(nonceOf(refused))).status).toBe(200);
    expect(await service.next()).toMatchObject({ decision: 'permit', verdicts: { bound: true } });
  });

  it('comes fresh with every permitted response, which nobody stores', async () => {
    const { caller, askNonce, withNonce } = await rig();
    const first = await askNonce();
    const permitted = await withNonce(first);
    expect([permitted.status, nonceOf(permitted), permitted.headers['cache-control']]).toEqual([
      200,
      first,
      'no-store',
    ]);
    caller.clock.advance(60);
    const next = nonceOf(await withNonce(first));
    expect(next).not.toBe(first);
    expect((await withNonce(next)).status).toBe(200);
  });

  it('may be used again while it is fresh, by proofs that are used once', async () => {
    const { askNonce, withNonce, service } = await rig();
    const nonce = await askNonce();
    expect([(await withNonce(nonce)).status, (await withNonce(nonce)).status]).toEqual([200, 200]);
    const claims = { jti: 'one and the same', nonce };
    const again = () => withNonce(nonce, { proof: { claims } });
    expect([(await again()).status, (await again()).status]).toEqual([200, 401]);
    for (let at = 0; at < 4; at++) await service.next();
    expect((await service.next()).reason).toBe('token_replayed');
  });

  it('is fresh for three slots of a minute, then it is asked for anew', async () => {
    const { caller, askNonce, withNonce } = await rig();
    const nonce = await askNonce();
    const statuses = [];
    for (const seconds of [0, 59, 1, 60, 59, 1, 3600]) {
      caller.clock.advance(seconds);
      statuses.push((await withNonce(nonce)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 401, 401]);
    expect(await askNonce()).not.toBe(nonce);
  });

  it('that is fresh tells the time of the proof, whatever its clock says', async () => {
    const { caller, askNonce, withNonce } = await rig();
    const nonce = await askNonce();
    for (const iat of [0, START - 86_400, START + 86_400]) {
      expect((await withNonce(nonce, { proof: { claims: { iat } } })).status).toBe(200);
    }
    expect((await withNonce(nonce, { proof: { claims: { iat: undefined } } })).status).toBe(401);
    caller.clock.advance(240);
    expect((await withNonce(nonce, { proof: { claims: { iat: caller.clock.now() } } })).status).toBe(401);
  });

  it('keeps a proof from being used again for as long as it is fresh', async () => {
    const { caller, service, askNonce } = await rig();
    const nonce = await askNonce();
    await service.next();
    const headers = await caller.show({ proof: { claims: { nonce } } });
    const reasons = [];
    for (const seconds of [0, 119, 60, 1]) {
      caller.clock.advance(seconds);
      await sendRequest(service.base, '/orders/42', { headers });
      reasons.push((await service.next()).reason);
    }
    expect(reasons).toEqual([undefined, 'token_replayed', 'token_replayed', 'proof_nonce_required']);
  });

  it.each<[string, (nonce: string) => unknown, string]>([
    ['of nobody', () => 'garbage', 'proof_nonce_required'],
    ['cut short', (nonce) => nonce.slice(0, -1), 'proof_nonce_required'],
    ['with something behind it', (nonce) => `${nonce}x`, 'proof_nonce_required'],
    ['in other letters', (nonce) => nonce.toLowerCase(), 'proof_nonce_required'],
    ['with padding', (nonce) => `${nonce}=`, 'proof_nonce_required'],
    ['that is not ASCII', (nonce) => `${nonce.slice(0, -1)}é`, 'proof_nonce_required'],
    ['that is empty', () => '', 'proof_invalid'],
    ['in a list', (nonce) => [nonce], 'proof_invalid'],
  ])('%s is none', async (_what, spoil, reason) => {
    const { service, withNonce, askNonce } = await rig();
    const nonce = await askNonce();
    await service.next();
    expect((await withNonce(spoil(nonce))).status).toBe(401);
    expect((await service.next()).reason).toBe(reason);
  });

  it('of a replica with the same secret is as good as one’s own; of any other service it is none', async () => {
    const { caller, service, withNonce, askNonce } = await rig({ secret: SECRET });
    const start = (nonce: DpopOptions['nonce']) => startDpopService(caller, { dpop: { nonce: nonce as true } });
    const replica = await start({ secret: Buffer.from(SECRET) });
    const strangers = [await start({ secret: `${SECRET}!` }), await start(true), await start(true)];
    const nonce = await askNonce();
    expect(await askNonce(replica)).toBe(nonce);
    expect((await withNonce(await askNonce(replica), {}, service)).status).toBe(200);
    expect((await withNonce(nonce, {}, replica)).status).toBe(200);
    for (const stranger of strangers) {
      expect((await withNonce(nonce, {}, stranger)).lines('www-authenticate')).toEqual(USE_NONCE);
      expect((await withNonce(await askNonce(stranger))).lines('www-authenticate')).toEqual(USE_NONCE);
    }
  });

  it('has a secret that nobody changes afterwards', async () => {
    const secret = Buffer.from(SECRET);
    const { askNonce, caller, withNonce } = await rig({ secret });
    secret.fill(0);
    caller.clock.advance(60);
    const zeros = await startDpopService(caller, { dpop: { nonce: { secret } } });
    const kept = await startDpopService(caller, { dpop: { nonce: { secret: SECRET } } });
    expect((await withNonce(await askNonce(), {}, zeros)).status).toBe(401);
    expect((await withNonce(await askNonce(), {}, kept)).status).toBe(200);
  });

  it.each<[string, Call]>([
    ['for another method', { proof: { claims: { htm: 'PUT' } } }],
    ['for another URI', { url: 'https://orders.example/other' }],
    ['for another token', { proof: { claims: { ath: 'x' } } }],
    ['of another signature', { proof: { sign: () => new Uint8Array(64) } }],
  ])('is told to nobody whose proof is %s', async (_what, call) => {
    const { caller, service } = await rig();
    const answer = await caller.call(service.base, call);
    expect(answer.lines('www-authenticate')).toEqual([`DPoP error="invalid_dpop_proof", ${ALGS}`]);
    expect(answer.lines('dpop-nonce')).toEqual([]);
  });

  it('is told on no other response: without DPoP, on public routes, where nonces are not used', async () => {
    const { caller, service } = await rig();
    const unbound = [bearer(await caller.issuer.sign({ scope: 'orders:read' }))];
    const plain = await startDpopService(caller, { dpop: { nonce: false } });
    for (const [answer, status] of [
      [await sendRequest(service.base, '/orders/42', { headers: unbound }), 200],
      [await sendRequest(service.base, '/orders/42'), 401],
      [await sendRequest(service.base, '/health', { headers: await caller.show() }), 200],
      [await caller.call(plain.base), 200],
    ] as const) {
      expect([answer.status, answer.lines('dpop-nonce')]).toEqual([status, []]);
      if (status === 200) expect(answer.headers['cache-control']).toBeUndefined();
    }
  });

  it('leaves to a handler how its response is stored', async () => {
    const { caller, service, askNonce } = await rig();
    const app = express();
    app.get('/orders/:id', service.gate.verifyToken(), (_req, res) => {
      res.setHeader('cache-control', 'private, no-store, max-age=0');
      res.send('reached');
    });
    const base = await startServer(app);
    const answer = await caller.call(base, { proof: { claims: { nonce: await askNonce() } } });
    expect([answer.status, answer.lines('cache-control')]).toEqual([200, ['private, no-store, max-age=0']]);
    nonceOf(answer);
  });
});

describe('scripts of another origin', () => {
  const ORIGIN = [['origin', 'https://shop.example']] as const;
  const EXPOSED = 'access-control-expose-headers';

  it.each<[string, string | string[] | undefined, string[]]>([
    ['of ours alone', undefined, ['WWW-Authenticate, DPoP-Nonce']],
    ['beside those of a CORS layer', 'X-Total', ['X-Total, WWW-Authenticate, DPoP-Nonce']],
    ['beside those of several', ['X-Total', 'X-Page'], ['X-Total,X-Page, WWW-Authenticate, DPoP-Nonce']],
    ['once, where a CORS layer knows of them', 'dpop-nonce,  www-authenticate', ['dpop-nonce,  www-authenticate']],
    ['once, where it knows of one', 'DPoP-Nonce, X-Total', ['DPoP-Nonce, X-Total, WWW-Authenticate']],
  ])('may read headers %s', async (_what, before, lines) => {
    const caller = await createCaller(createTestClock(START));
    const prepare = (app: { use(handler: (req: Request, res: Response, next: NextFunction) => void): unknown }) =>
      void app.use((_req, res, next) => {
        if (before !== undefined) res.setHeader(EXPOSED, before);
        next();
      });
    const service = await startDpopService(caller, { dpop: { nonce: true } }, { prepare });
    for (const path of ['/orders/42', '/twice/42']) {
      const refused = await caller.call(service.base, { path, headers: ORIGIN });
      expect([refused.status, refused.lines(EXPOSED)]).toEqual([401, lines]);
      const claims = { nonce: nonceOf(refused) };
      const permitted = await caller.call(service.base, { path, headers: ORIGIN, proof: { claims } });
      expect([permitted.status, permitted.lines(EXPOSED), permitted.lines('dpop-nonce')]).toEqual([
        200,
        lines,
        [claims.nonce],
      ]);
    }
    const challenged = await sendRequest(service.base, '/orders/42', { headers: ORIGIN });
    expect([challenged.status, challenged.lines(EXPOSED)]).toEqual([401, lines]);
  });

  it('are told nothing where there are none, or no DPoP', async () => {
    const { caller, service, askNonce } = await rig();
    const permitted = await caller.call(service.base, { proof: { claims: { nonce: await askNonce() } } });
    expect([permitted.status, permitted.lines(EXPOSED)]).toEqual([200, []]);
    expect((await sendRequest(service.base, '/orders/42')).lines(EXPOSED)).toEqual([]);
    const issuer = await createTestIssuer({ audience: 'a' });
    const quiet = { destination: { write() {} } };
    const gate = countersign({ service: 's', audience: 'a', trust: issuer.trust, accessLog: quiet });
    const base = await startServer(express().use(gate.verifyToken()));
    expect((await sendRequest(base, '/', { headers: ORIGIN })).lines(EXPOSED)).toEqual([]);
  });
});
