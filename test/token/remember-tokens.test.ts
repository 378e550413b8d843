import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AccessDenied, createGate, createTokenVerifier, type GateOptions, type Principal } from 'countersign';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import { createEvents } from '../../lib/events/create-events.js';
import { readTokenMemory, type TokenMemory } from '../../lib/token/remember-tokens.js';
import { createRevocations, listLives } from '../../lib/token/revoke-tokens.js';
import { type VerificationRules, verifyToken } from '../../lib/token/verify-token.js';
import { readTrustedIssuers } from '../../lib/trust/read-trusted-issuers.js';
import { json, startKeyServer } from '../support/key-server.js';
import { claimsOf, makeToken, signWith } from '../support/make-token.js';
import { optionRefused } from '../support/option-refused.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);

const START = 1_800_000_000;
const AUDIENCE = 'api://orders';

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A memory that counts what it remembered, and for how many tokens that were still refused. */
function countRecalls(memory: TokenMemory): { readonly memory: TokenMemory; readonly recalls: () => number } {
  let recalls = 0;
  return {
    recalls: () => recalls,
    memory: {
      ...memory,
      recall(token, now) {
        const recalled = memory.recall(token, now);
        if (recalled) recalls++;
        return recalled;
      },
    },
  };
}

type Verdict = Principal | string;

async function judge(token: string, rules: VerificationRules): Promise<Verdict> {
  try {
    return await verifyToken(token, rules);
  } catch (error) {
    if (error instanceof AccessDenied) return error.reason;
    throw error;
  }
}

const REMEMBERED = 100_000;

describe('a remembered token', () => {
  it(`is judged as a fresh one, ${REMEMBERED} times, while time passes, keys come and go, grants end and tokens are revoked`, async () => {
    const random = createRandom(7);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
    const clock = createTestClock(START);
    const { now } = clock;
    const events = createEvents();
    const [first, second] = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
    const signers: readonly { readonly kid: string; readonly key: KeyObject; readonly jwk: object }[] = [
      first,
      second,
    ].map((pair, at) => {
      const kid = `key-${at}`;
      const { privateKey: key, publicKey } = pair as NonNullable<typeof pair>;
      return { kid, key, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
    });
    const publish = (keys: readonly { readonly jwk: object }[]) =>
      json({ keys: keys.map(({ jwk }) => jwk) }, { 'cache-control': 'max-age=600' });
    const server = await startKeyServer();
    server.answer = publish(signers);
    const timed = Array.from({ length: 60 }, (_, at) => ({
      permission: `orders:${at}`,
      until: new Date((START + 200 * (at + 1)) * 1000),
    }));
    const issuer = 'https://idp.test';
    const trust = readTrustedIssuers(
      [
        {
          issuer,
          keys: { jwksUri: `${server.base}/keys` },
          permissions: { claims: [], grants: { a: timed, b: ['x'] } },
        },
      ],
      { audience: new Set([AUDIENCE]), now, events },
    );
    const { issuers } = trust;
    const keys = issuers.get(issuer)?.keys;
    const context = { lives: listLives(trust), clockToleranceSeconds: 5, now, events };
    const revocations = createRevocations({}, context);
    const rules: VerificationRules = { issuers, clockToleranceSeconds: 5, now, binding: { events }, revocations };
    const { memory, recalls } = countRecalls(readTokenMemory({ tokenMemory: { maxTokens: 40 } }) as TokenMemory);

    function mint(): string {
      const { kid, key } = pick(signers);
      const sub = pick(['a', 'b', 'user']);
      const claims = claimsOf(issuer, Math.floor(now()), {
        sub,
        client_id: sub === 'user' ? 'web' : sub,
        jti: `id-${Math.floor(random() * 1e9)}`,
        exp: Math.floor(now()) + Math.floor(random() * 400),
        ...(random() < 0.1 && { nbf: Math.floor(now()) + 20 }),
        ...(random() < 0.05 && { iat: Math.floor(now()) + 30 }),
        ...(random() < 0.05 && { aud: 'api://else' }),
      });
      return makeToken({ alg: 'RS256', typ: 'at+jwt', kid }, claims, signWith('RS256', key));
    }

    /** Only between two fetches, so that both verdicts are by the same keys. */
    async function changeKeys(published: readonly { readonly jwk: object }[]): Promise<void> {
      for (const answer of [server.answer, publish(published)]) {
        server.answer = answer;
        clock.advance(700);
        await keys?.warm();
      }
    }

    function flipOneBit(token: string): string {
      const at = Math.floor(random() * token.length);
      const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << Math.floor(random() * 7)));
      return token.slice(0, at) + flipped + token.slice(at + 1);
    }

    const pool = Array.from({ length: 30 }, mint);
    const verdicts = new Map<string, number>();
    let shown = 0;
    while (recalls() < REMEMBERED) {
      const chance = random();
      if (chance < 0.02) clock.advance(random() * 4);
      else if (chance < 0.0201) await changeKeys(pick([signers, signers, signers.slice(0, 1), signers.slice(1)]));
      else if (chance < 0.0203) await revocations.revoke({ subject: pick(['a', 'b']), before: Math.floor(now()) });
      else if (chance < 0.0205) clock.advance(-random() * 10);
      const at = Math.floor(random() * pool.length);
      const token = pool[at] as string;
      const asShown = random() < 0.03 ? flipOneBit(token) : Buffer.from(token).toString('latin1');
      const remembered = await judge(asShown, { ...rules, memory });
      const fresh = await judge(asShown, rules);
      if (!isDeepStrictEqual(remembered, fresh)) expect(remembered).toEqual(fresh);
      const verdict = typeof fresh === 'string' ? fresh : 'accepted';
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      if (verdict !== 'accepted' && random() < 0.5) pool[at] = mint(); // a refused one is shown again, but not for ever
      shown++;
    }
    const kinds = ['accepted', 'token_expired', 'token_not_yet_valid', 'token_revoked', 'key_unknown'];
    expect([...verdicts.keys()]).toEqual(
      expect.arrayContaining([...kinds, 'audience_mismatch', 'signature_invalid', 'token_malformed']),
    );
    expect(shown).toBeGreaterThan(REMEMBERED);
  }, 120_000);

  const clock = createTestClock(START);
  const options = { audience: AUDIENCE, now: clock.now };

  /** A verifier of which a test sees whether it remembered. */
  async function rig(tokenMemory: unknown = {}) {
    const idp = await createTestIssuer(options);
    const { issuers } = readTrustedIssuers(idp.trust, { audience: new Set([AUDIENCE]), now: clock.now });
    const { memory, recalls } = countRecalls(readTokenMemory({ tokenMemory }) as TokenMemory);
    const binding = { events: createEvents() };
    const rules: VerificationRules = { issuers, clockToleranceSeconds: 5, now: clock.now, binding, memory };
    async function show(token: string): Promise<string> {
      const before = recalls();
      const verdict = await judge(token, rules);
      return `${typeof verdict === 'string' ? verdict : 'accepted'}, ${recalls() > before ? 'remembered' : 'fresh'}`;
    }
    return { idp, show, rules, memory };
  }

  it('is remembered for a minute, whoever shows it how often', async () => {
    const { idp, show } = await rig();
    const token = await idp.sign();
    expect(await show(token)).toBe('accepted, fresh');
    for (let second = 0; second < 59; second++) {
      clock.advance(1);
      expect(await show(token)).toBe('accepted, remembered');
    }
    clock.advance(1);
    expect(await show(token)).toBe('accepted, fresh');
    expect(await show(token)).toBe('accepted, remembered');
  });

  it('is remembered for as long as the options say', async () => {
    const { idp, show } = await rig({ maxAgeSeconds: 5 });
    const token = await idp.sign();
    await show(token);
    clock.advance(4.9);
    expect(await show(token)).toBe('accepted, remembered');
    clock.advance(0.2);
    expect(await show(token)).toBe('accepted, fresh');
  });

  it('is not remembered past its end, though it is accepted within the tolerance of clocks', async () => {
    const { idp, show } = await rig();
    const token = await idp.sign({ exp: Math.floor(clock.now()) + 10 });
    await show(token);
    clock.advance(9.5);
    expect(await show(token)).toBe('accepted, remembered');
    clock.advance(1);
    expect(await show(token)).toBe('accepted, fresh');
    clock.advance(5);
    expect(await show(token)).toBe('token_expired, fresh');
  });

  it('is not remembered under a clock that was set back', async () => {
    const { idp, show } = await rig();
    const token = await idp.sign();
    await show(token);
    clock.advance(-1);
    expect(await show(token)).toBe('accepted, fresh');
  });

  it('is remembered only as it was accepted: a refused one is judged from its first letter on', async () => {
    const { idp, show } = await rig();
    const bound = await idp.sign({ cnf: { jkt: 'a'.repeat(43) } });
    const [early, elsewhere] = [await idp.sign({ nbf: START + 3600 }), await idp.sign({ aud: 'api://else' })];
    for (const [token, reason] of [
      [bound, 'binding_missing'],
      [early, 'token_not_yet_valid'],
      [elsewhere, 'audience_mismatch'],
    ] as const) {
      expect([await show(token), await show(token)]).toEqual([`${reason}, fresh`, `${reason}, fresh`]);
    }
  });

  it('shares nothing with one that differs in a letter, whichever it is', async () => {
    const { idp, show } = await rig();
    const token = await idp.sign();
    await show(token);
    for (let at = 0; at < token.length; at++) {
      const other = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(await show(other)).toMatch(/^(?!accepted).*, fresh$/);
    }
    expect(await show(`${token} `)).toBe('token_malformed, fresh');
    expect(await show(token)).toBe('accepted, remembered');
  });

  it('says what nobody can change', async () => {
    const { idp, rules } = await rig();
    const token = await idp.sign({ scope: 'orders:read', nested: { list: ['a'] } });
    await verifyToken(token, rules);
    const principal = await verifyToken(token, rules);
    const claims = principal.claims as { nested: { list: string[] } };
    for (const change of [
      () => Object.assign(principal, { subject: 'admin' }),
      () => Object.assign(principal.token, { expiresAt: 1e12 }),
      () => claims.nested.list.push('b'),
      () => (principal.permissions as Set<string>).add('orders:write'),
      () => Set.prototype.add.call(principal.permissions, 'orders:write'),
    ]) {
      expect(change).toThrow(TypeError);
    }
    expect(await verifyToken(token, rules)).toBe(principal);
  });

  it('makes room for others: the memory is bounded, and those shown last stay', async () => {
    const { idp, show, memory } = await rig({ maxTokens: 10 });
    const often = await idp.sign();
    const once: string[] = [];
    for (let at = 0; at < 30; at++) {
      once.push(await idp.sign());
      await show(once.at(-1) as string);
      await show(often);
    }
    expect(await show(often)).toBe('accepted, remembered');
    const isRemembered = (token: string) => memory.recall(token, clock.now()) !== undefined;
    expect(once.slice(-4).every(isRemembered)).toBe(true);
    expect(once.slice(0, 20).some(isRemembered)).toBe(false);
  });

  it('ends with whatever is revoked, and can be forgotten', async () => {
    const { idp, show, memory } = await rig();
    const token = await idp.sign();
    await show(token);
    memory.forgetAll();
    expect(await show(token)).toBe('accepted, fresh');
  });

  it('is no text from outside that is none', async () => {
    const { rules } = await rig();
    for (const value of [undefined, null, 1, {}, ['a.b.c']]) {
      expect(await judge(value as string, rules)).toBe('token_malformed');
    }
  });

  it('is refused by a gate as soon as it is revoked, and asked for its permissions each time', async () => {
    const idp = await createTestIssuer(options);
    const until = new Date((clock.now() + 20) * 1000);
    const permissions = { grants: { 'test-service': ['orders:list', { permission: 'orders:read', until }] } };
    const trust = idp.trust.map((entry) => ({ ...entry, permissions }));
    const accessLog = { destination: { write() {} } };
    const settings: GateOptions = { service: 'order-service', trust, accessLog, ...options };
    const token = await idp.sign({ jti: 'token-1', scope: 'orders:read orders:list' });
    for (const gate of [createGate(settings), createGate({ ...settings, tokenMemory: false })]) {
      const ask = async (permission: string) => {
        const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
        const request = { source: {}, method: 'GET', target: '/', header };
        const { decision } = await gate.enforce(request, { permissions: permission });
        return decision.reason ?? decision.effect;
      };
      expect([await ask('orders:read'), await ask('orders:write')]).toEqual(['permit', 'permission_missing']);
      clock.advance(30);
      expect([await ask('orders:read'), await ask('orders:list')]).toEqual(['permission_missing', 'permit']);
      await gate.revoke({ tokenId: 'token-1' });
      expect(await ask('orders:list')).toBe('token_revoked');
      clock.advance(-30);
    }
  });
});

describe('the option tokenMemory', () => {
  const verify = (tokenMemory: unknown) => () =>
    createTokenVerifier({
      audience: AUDIENCE,
      trust: [{ issuer: 'https://idp.test' }],
      tokenMemory: tokenMemory as false,
    });

  it.each([
    ['true', true, 'tokenMemory'],
    ['undefined', undefined, 'tokenMemory'],
    ['an unknown member', { size: 1 }, 'tokenMemory.size'],
    ['no room', { maxTokens: 0 }, 'tokenMemory.maxTokens'],
    ['too long an age', { maxAgeSeconds: 3600 }, 'tokenMemory.maxAgeSeconds'],
    ['text', { maxAgeSeconds: '60' }, 'tokenMemory.maxAgeSeconds'],
  ])('is refused at start: %s', (_what, value, problem) => {
    expect(optionRefused(verify(value))).toBe(problem);
  });

  it.each([false, {}, { maxTokens: 2, maxAgeSeconds: 1 }])('may be %j', (value) => {
    expect(verify(value)).not.toThrow();
  });
});
