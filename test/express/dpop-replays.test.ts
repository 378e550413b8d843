import { afterAll, describe, expect, it } from '@jest/globals';
import type { AccessRecord, GateOptions, ReplayStore } from 'countersign';
import { createTestClock } from 'countersign/testing';
import { type Call, createCaller, dpop, judgeCall, startDpopService } from '../support/dpop-service.js';
import { createProofKey } from '../support/proof-key.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { hasRedis, startRedis, stopRedis } from '../support/start-redis.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);
afterAll(stopRedis);

const caller = await createCaller();

async function rig(replayStore?: ReplayStore, options: Partial<GateOptions> = {}) {
  const service = await startDpopService(caller, { ...(replayStore && { dpop: { replayStore } }), ...options });
  const events: unknown[] = [];
  service.gate.on('store_unreachable', ({ store, effect }) => events.push({ store, effect }));
  const show = (headers: Awaited<ReturnType<typeof caller.show>>) =>
    sendRequest(service.base, '/orders/42', { headers });
  return { ...service, events, show };
}

describe('a proof that is shown again', () => {
  it('is refused, and the record says why', async () => {
    const { show, next, reached } = await rig();
    const headers = await caller.show();
    expect((await show(headers)).status).toBe(200);
    expect(await next()).toMatchObject({ decision: 'permit', verdicts: { bound: true } });
    const answer = await show(headers);
    expect(answer.status).toBe(401);
    expect(answer.lines('www-authenticate')).toEqual([
      expect.stringMatching(/^DPoP error="invalid_dpop_proof", algs="/),
    ]);
    expect(await next()).toMatchObject({ reason: 'token_replayed', verdicts: { authentic: true, bound: false } });
    expect(reached).toEqual(['order']);
  });

  it('is refused at every other route too, and by every other method', async () => {
    const { base, show } = await rig();
    const headers = await caller.show();
    await show(headers);
    for (const [method, path] of [
      ['GET', '/orders/43'],
      ['POST', '/orders/42'],
      ['GET', '/strict/42'],
    ] as const) {
      expect((await sendRequest(base, path, { method, headers })).status).toBe(401);
    }
  });

  it('is used once, however many guards its request passes', async () => {
    const { base } = await rig();
    expect((await caller.call(base, { path: '/twice/42' })).status).toBe(200);
  });

  it('is used up by a request that is denied for another reason', async () => {
    const { base, next } = await rig();
    const path = '/paid/42';
    const headers = await caller.show({ path });
    for (const expected of ['permission_missing', 'token_replayed']) {
      await sendRequest(base, path, { headers });
      expect((await next()).reason).toBe(expected);
    }
  });

  it('a hundred times at once passes once', async () => {
    const { show, reached } = await rig();
    const headers = await caller.show();
    const answers = await Promise.all(Array.from({ length: 100 }, () => show(headers)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(99);
    expect(reached).toHaveLength(1);
  });

  it('a hundred times at once passes once, where the store takes its time', async () => {
    const used = new Set<string>();
    const { show, reached } = await rig({
      async claim(key) {
        const isFirst = !used.has(key);
        used.add(key);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        return isFirst;
      },
    });
    const headers = await caller.show();
    const answers = await Promise.all(Array.from({ length: 100 }, () => show(headers)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(reached).toHaveLength(1);
  });
});

describe('a store of used proofs', () => {
  it('is asked for a name that says nothing of the proof, and until when', async () => {
    const asked: [string, number][] = [];
    const { show } = await rig({ claim: (key, expiresAt) => asked.push([key, expiresAt]) > 0 });
    expect((await show(await caller.show({ proof: { claims: { jti: 'x'.repeat(512) } } }))).status).toBe(200);
    expect((await show(await caller.show({ proof: { claims: { jti: 'short' } } }))).status).toBe(200);
    const now = caller.clock.now();
    expect(asked.map(([key]) => key.replace(/^[A-Za-z0-9_-]{43}$/, 'a hash'))).toEqual(['a hash', 'a hash']);
    expect(asked.map(([, expiresAt]) => expiresAt)).toEqual([now + 70, now + 70]);
    expect(new Set(asked.map(([key]) => key)).size).toBe(2);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('the store is down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the store is down'))],
    ['never answers', () => new Promise(() => {})],
    [
      'rejects after its time',
      () =>
        new Promise((_, reject) => {
          setTimeout(() => reject(new Error('late')), 350);
        }),
    ],
    ['answers nothing', () => undefined],
    ['answers null', async () => null],
    ['answers a number', () => 1],
    ['answers in text', async () => 'OK'],
    ['answers with an object', () => ({ claimed: true })],
  ])('that %s lets nobody in', async (_what, claim) => {
    const { show, next, events, gate, reached } = await rig({ claim: claim as ReplayStore['claim'] });
    const answer = await show(await caller.show());
    expect([answer.status, answer.headers['retry-after'], answer.lines('www-authenticate')]).toEqual([503, '5', []]);
    expect(await next()).toMatchObject({ reason: 'store_unavailable', verdicts: { authentic: true, bound: false } });
    expect([events, reached]).toEqual([[{ store: 'proof', effect: 'deny' }], []]);
    const { body } = await gate.documents.metrics()();
    expect(body).toContain('countersign_store_failures_total{store="proof",effect="deny"} 1');
  });

  it('that is down lets everybody in who shows no proof', async () => {
    const { show, events } = await rig({ claim: () => Promise.reject(new Error('down')) });
    expect((await show([bearer(await caller.issuer.sign({ scope: 'orders:read' }))])).status).toBe(200);
    expect(events).toEqual([]);
  });

  const thief = createProofKey();
  it.each<[string, Call | (() => ReturnType<typeof caller.show>)]>([
    ['is of another type', { proof: { header: { typ: 'JWT' } } }],
    ['is of an algorithm that is not accepted', { proof: { header: { alg: 'RS256' } } }],
    ['has no key', { proof: { header: { jwk: undefined } } }],
    ['has the private key', { proof: { header: { jwk: caller.key.privateKey.export({ format: 'jwk' }) } } }],
    ['has another signature', { proof: { sign: () => new Uint8Array(64) } }],
    ['has no id', { proof: { claims: { jti: undefined } } }],
    ['has an id that is too long', { proof: { claims: { jti: 'x'.repeat(600) } } }],
    ['is for another method', { proof: { claims: { htm: 'PUT' } } }],
    ['is for another URI', { url: 'https://orders.example/other' }],
    ['is for another token', { proof: { claims: { ath: 'x' } } }],
    ['is too old', { proof: { claims: { iat: caller.clock.now() - 100 } } }],
    ['is of the future', { proof: { claims: { iat: caller.clock.now() + 100 } } }],
    ['is garbage', async () => dpop(await caller.token(), 'garbage')],
    ['is twice there', async () => [...(await caller.show()), ['dpop', 'x']]],
    [
      'is of another key than the token',
      async () => {
        const token = await caller.token();
        return dpop(token, thief.prove({ token, url: 'https://orders.example/orders/42', now: caller.clock.now() }));
      },
    ],
    ['comes with an expired token', async () => showToken(await caller.issuer.forge('expired', caller.key.bound))],
    ['comes with a forged token', async () => showToken(await caller.issuer.forge('wrong-key', caller.key.bound))],
    ['comes with a token for somebody else', async () => showToken(await caller.token({ aud: 'api://other' }))],
    [
      'comes with a token that is bound to a certificate besides',
      async () => showToken(await caller.token({ cnf: { ...caller.key.bound.cnf, 'x5t#S256': 'x' } })),
    ],
    ['comes with an unbound token', async () => showToken(await caller.issuer.sign())],
    [
      'comes with a token as Bearer',
      async () => {
        const [[, token] = [], ...proof] = await caller.show();
        return [bearer(`${token}`.slice(5)), ...proof];
      },
    ],
  ])('is not asked for a proof that %s', async (_what, request) => {
    let asked = 0;
    const { show, gate } = await rig({ claim: () => ++asked > 0 });
    const headers = typeof request === 'function' ? await request() : await caller.show(request);
    expect([400, 401]).toContain((await show(headers)).status);
    expect(asked).toBe(0);
    expect(await judgeCall(gate, await caller.show())).toBe('permit');
    expect(asked).toBe(1);
  });

  it('is not asked for a proof without its nonce', async () => {
    let asked = 0;
    const { show } = await rig(undefined, { dpop: { nonce: true, replayStore: { claim: () => ++asked > 0 } } });
    expect((await show(await caller.show())).status).toBe(401);
    expect(asked).toBe(0);
  });

  function showToken(token: string) {
    const url = 'https://orders.example/orders/42';
    return dpop(token, caller.key.prove({ token, url, now: caller.clock.now() }));
  }
});

(hasRedis() ? describe : describe.skip)('a Redis that replicas share', () => {
  // Redis counts by its own clock.
  const now = () => Date.now() / 1000;

  async function open(nonce = false) {
    const redis = await startRedis();
    const present = await createCaller({ ...createTestClock(), now });
    const asked: [string, number][] = [];
    const replayStore: ReplayStore = {
      async claim(key, expiresAt) {
        asked.push([key, expiresAt]);
        const expiration = { type: 'EXAT', value: expiresAt } as const;
        return (await redis.client.set(`proof:${key}`, '1', { condition: 'NX', expiration })) === 'OK';
      },
    };
    const dpopOptions = { replayStore, ...(nonce && { nonce: { secret: 'x'.repeat(32) } }) };
    const start = () => startDpopService(present, { dpop: dpopOptions });
    return { redis, present, asked, replicas: [await start(), await start()] as const };
  }

  it('lets one proof pass once, whichever replica sees it first, and however many at once', async () => {
    const { present, replicas, redis, asked } = await open();
    const headers = await present.show();
    const bases = Array.from({ length: 100 }, (_, at) => replicas[at % 2 === 0 ? 0 : 1].base);
    const answers = await Promise.all(bases.map((base) => sendRequest(base, '/orders/42', { headers })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(99);
    const records: AccessRecord[] = [];
    for (const { next } of replicas) for (let at = 0; at < 50; at++) records.push(await next());
    expect(records.filter(({ reason }) => reason === 'token_replayed')).toHaveLength(99);
    expect(new Set(asked.map(([key]) => key)).size).toBe(1);
    const seconds = await redis.client.ttl(`proof:${asked[0]?.[0]}`);
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThanOrEqual(71);
    expect((await present.call(replicas[0].base)).status).toBe(200);
  });

  it('does so with nonces too, whose time is no whole second', async () => {
    const { present, replicas } = await open(true);
    const [nonce] = (await present.call(replicas[0].base)).lines('dpop-nonce');
    const headers = await present.show({ proof: { claims: { nonce } } });
    const statuses = [];
    for (const { base } of replicas) statuses.push((await sendRequest(base, '/orders/42', { headers })).status);
    expect(statuses).toEqual([200, 401]);
  });

  it('lets nobody in with a proof while it is down', async () => {
    const { present, replicas, redis } = await open();
    await redis.stop();
    expect((await present.call(replicas[0].base)).status).toBe(503);
    expect(await replicas[0].next()).toMatchObject({ reason: 'store_unavailable' });
  });
});
