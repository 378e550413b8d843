import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type ConfigurationError,
  createGate,
  type GateOptions,
  type Revocation,
  type RevocationOptions,
  type RevocationStore,
} from 'countersign';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import { keepRevocations } from '../../lib/token/revocation-store.js';
import { hasRedis, startRedis, stopRedis } from '../support/start-redis.js';

afterAll(stopRedis);

const START = 1_800_000_000;
const clock = createTestClock(START);
const audience = 'api://orders';
const idp = await createTestIssuer({ audience, now: clock.now });
const other = await createTestIssuer({ audience, issuer: 'https://other.test', now: clock.now });

function rig(revocation?: RevocationOptions, more: Partial<GateOptions> = {}) {
  const events: unknown[] = [];
  const gate = createGate({
    service: 'order-service',
    audience,
    trust: [idp.trust, other.trust],
    now: clock.now,
    accessLog: { destination: { write: () => {} } },
    ...(revocation && { revocation }),
    ...more,
  });
  gate.on('store_unreachable', ({ store, effect }) => events.push({ store, effect }));
  gate.on('tokens_revoked', (facts) => events.push(facts));
  async function judge(token: string): Promise<string> {
    const request = { source: {}, method: 'GET', target: '/', header: () => [`Bearer ${token}`] };
    const onlyAuthorization = {
      ...request,
      header: (name: string) => (name === 'authorization' ? request.header() : []),
    };
    const { decision } = await gate.enforce(onlyAuthorization, {});
    return decision.reason ?? decision.effect;
  }
  return { gate, events, judge };
}

/** A store that does as the test says. */
const storeThat = (revokedBefore: RevocationStore['revokedBefore']): RevocationOptions => ({
  store: { revokedBefore },
});

describe('a revocation', () => {
  it('of one token ends that token at once, and no other', async () => {
    const { gate, judge } = rig();
    const [first, second] = [await idp.sign({ jti: 'first' }), await idp.sign({ jti: 'second' })];
    expect([await judge(first), await judge(second)]).toEqual(['permit', 'permit']);
    await gate.revoke({ tokenId: 'first' });
    expect([await judge(first), await judge(second)]).toEqual(['token_revoked', 'permit']);
    expect(await judge(await idp.sign({ jti: 'first', scope: 'another' }))).toBe('token_revoked');
  });

  it('of one token holds against every other spelling of its signature', async () => {
    const { gate, judge } = rig();
    const token = await idp.sign({ jti: 'malleable' });
    const [header, payload, signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const mirrored = (order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
    const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(mirrored, 'hex')]).toString('base64url');
    expect(await judge(`${header}.${payload}.${twin}`)).toBe('permit');
    await gate.revoke({ tokenId: 'malleable' });
    expect(await judge(`${header}.${payload}.${twin}`)).toBe('token_revoked');
  });

  it('of a subject ends what was issued to it before a time, and nothing later', async () => {
    const { gate, judge } = rig();
    await gate.revoke({ subject: 'test-service', before: START });
    expect(await judge(await idp.sign({ iat: START - 1 }))).toBe('token_revoked');
    expect(await judge(await idp.sign({ iat: START }))).toBe('permit');
    expect(await judge(await idp.sign({ sub: 'x', client_id: 'x', iat: START - 1 }))).toBe('permit');
  });

  it('of a key ends all that it signs, whenever', async () => {
    const { gate, judge } = rig();
    await gate.revoke({ keyId: idp.jwks.keys[0]?.kid as string });
    expect(await judge(await idp.sign())).toBe('token_revoked');
    expect(await judge(await other.sign())).toBe('permit');
    clock.advance(30 * 86_400);
    expect(await judge(await idp.sign())).toBe('token_revoked');
    clock.advance(-30 * 86_400);
  });

  it('of an issuer ends what it issued before a time', async () => {
    const { gate, judge } = rig();
    await gate.revoke({ issuer: idp.issuer, before: START });
    expect(await judge(await idp.sign({ iat: START - 1 }))).toBe('token_revoked');
    expect(await judge(await idp.sign({ iat: START }))).toBe('permit');
    expect(await judge(await other.sign({ iat: START - 1 }))).toBe('permit');
  });

  it('is of every issuer, where it names none, and of one where it does', async () => {
    const { gate, judge } = rig();
    const tokens = await Promise.all([idp.sign({ jti: 'one' }), other.sign({ jti: 'one' })]);
    await gate.revoke({ tokenId: 'one', issuer: idp.issuer });
    expect(await Promise.all(tokens.map(judge))).toEqual(['token_revoked', 'permit']);
    await gate.revoke({ tokenId: 'one' });
    expect(await Promise.all(tokens.map(judge))).toEqual(['token_revoked', 'token_revoked']);
  });

  it('made later for a later time counts; one for an earlier time takes nothing back', async () => {
    const { gate, judge } = rig();
    await gate.revoke({ subject: 'test-service', before: START });
    await gate.revoke({ subject: 'test-service', before: START - 100 });
    expect(await judge(await idp.sign({ iat: START - 1 }))).toBe('token_revoked');
  });

  it('is told, and counted', async () => {
    const { gate, events } = rig();
    await gate.revoke({ tokenId: 'told' });
    await gate.revoke({ issuer: idp.issuer, before: START });
    expect(events).toEqual([{ by: 'tokenId' }, { by: 'issuer', issuer: idp.issuer }]);
    const { body } = await gate.documents.metrics()();
    expect(body).toContain('countersign_revocations_total{by="tokenId"} 1');
  });

  it.each<[string, unknown, string, RegExp]>([
    ['nothing', {}, 'revoke', /must say what/],
    ['no object', 'first', 'revoke', /must be an object/],
    ['two things', { tokenId: 'a', keyId: 'b' }, 'revoke', /exactly one/],
    ['a misspelt thing', { token: 'a' }, 'revoke.token', /is not an option/],
    ['an empty id', { tokenId: '' }, 'revoke.tokenId', /empty string/],
    ['a subject without a time', { subject: 'a' }, 'revoke.before', /found undefined/],
    ['milliseconds', { subject: 'a', before: START * 1000 }, 'revoke.before', /seconds since the epoch/],
    ['a negative time', { issuer: 'https://issuer.test', before: -1 }, 'revoke.before', /from 0/],
    ['a time that is still to come', { subject: 'a', before: START + 61 }, 'revoke.before', /seconds since the epoch/],
    ['a token with a time', { tokenId: 'a', before: 1 }, 'revoke.before', /has no meaning/],
    ['a stranger', { issuer: 'https://stranger.test', before: 1 }, 'revoke.issuer', /not trusted here/],
  ])('can’t be made of %s', async (_what, revocation, option, message) => {
    const problem = await rig()
      .gate.revoke(revocation as Revocation)
      .then(
        () => undefined,
        (error: ConfigurationError) => error,
      );
    expect(problem?.option).toBe(option);
    expect(problem?.message).toMatch(message);
  });

  it('may be of a minute ahead, for clocks that differ', async () => {
    await expect(rig().gate.revoke({ subject: 'a', before: START + 60 })).resolves.toBeUndefined();
  });
});

describe('the memory of revocations', () => {
  it('forgets a token when it would have expired, and not before', () => {
    const time = createTestClock(1000);
    const store = keepRevocations(time.now, 2);
    store.revokedBefore(['a'], { before: 5, endsAt: 1010 });
    time.advance(10);
    expect(store.revokedBefore(['a', 'b'])).toEqual([5, undefined]);
    time.advance(1);
    expect(store.revokedBefore(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('keeps what has no end, and the later of two ends', () => {
    const time = createTestClock(1000);
    const store = keepRevocations(time.now);
    store.revokedBefore(['later'], { before: 5, endsAt: 1010 });
    store.revokedBefore(['later'], { before: 4, endsAt: 1020 });
    store.revokedBefore(['later'], { before: 6, endsAt: 1015 });
    store.revokedBefore(['endless'], { before: 5, endsAt: 1010 });
    store.revokedBefore(['endless'], { before: 5 });
    store.revokedBefore(['endless'], { before: 5, endsAt: 1010 });
    time.advance(20);
    expect(store.revokedBefore(['later', 'endless'])).toEqual([6, 5]);
    time.advance(1);
    expect(store.revokedBefore(['later', 'endless'])).toEqual([undefined, 5]);
  });

  it('refuses more than it can hold, rather than forgetting; what has ended makes room', () => {
    const time = createTestClock(1000);
    const store = keepRevocations(time.now, 2);
    store.revokedBefore(['a', 'b'], { before: 5, endsAt: 1010 });
    expect(() => store.revokedBefore(['c'], { before: 5, endsAt: 1010 })).toThrow('there are 2 revocations already');
    expect(store.revokedBefore(['a', 'b', 'c'])).toEqual([5, 5, undefined]);
    time.advance(11);
    store.revokedBefore(['c', 'd'], { before: 5, endsAt: 1030 });
    expect(store.revokedBefore(['c', 'd'])).toEqual([5, 5]);
  });

  it('has room left for what revokes more than one token, and for what it knows already', () => {
    const store = keepRevocations(() => 1000, 10);
    const tokens = Array.from({ length: 10 }, (_, at) => `["tokenId","i","${at}"]`);
    store.revokedBefore(tokens, { before: 5, endsAt: 2000 });
    expect(() => store.revokedBefore(['["tokenId","i","10"]'], { before: 5, endsAt: 2000 })).toThrow('already');
    expect(store.revokedBefore(['["tokenId","i","0"]'], { before: 6, endsAt: 2000 })).toEqual([6]);
    expect(store.revokedBefore(['["issuer","i",""]'], { before: 7, endsAt: 2000 })).toEqual([7]);
    expect(() => store.revokedBefore(['["subject","i","s"]'], { before: 7, endsAt: 2000 })).toThrow('already');
  });

  it('of a gate outlives the longest life that a token may have, clocks that differ included', async () => {
    const { gate, judge } = rig(undefined, {
      trust: [{ ...idp.trust[0], maxLifetimeSeconds: { service: 7200 } } as never],
    });
    const token = await idp.sign({ jti: 'long', exp: START + 7200 });
    await gate.revoke({ tokenId: 'long' });
    clock.advance(7204);
    expect(await judge(token)).toBe('token_revoked');
    clock.advance(-7204);
  });
});

describe('a store that can’t be reached', () => {
  const broken: [string, RevocationStore['revokedBefore']][] = [
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('down');
      },
    ],
    ['never answers', () => new Promise(() => {})],
    ['answers too little', () => []],
    ['answers something else', () => 'no' as never],
    ['answers text for times', (names) => names.map(() => '5') as never],
    ['answers what is no number', (names) => names.map(() => Number.NaN)],
    ['answers one of several wrongly', (names) => names.map((_, at) => (at === 0 ? null : '5')) as never],
  ];

  it.each(broken)('because it %s denies, and tells', async (_how, revokedBefore) => {
    const { judge, events } = rig(storeThat(revokedBefore));
    expect(await judge(await idp.sign())).toBe('store_unavailable');
    expect(events).toEqual([{ store: 'revocation', effect: 'deny' }]);
  });

  it('answers 503, not 401', async () => {
    const { gate } = rig(storeThat(() => []));
    const token = await idp.sign();
    const { refusal } = await gate.enforce(
      {
        source: {},
        method: 'GET',
        target: '/',
        header: (name) => (name === 'authorization' ? [`Bearer ${token}`] : []),
      },
      {},
    );
    expect([refusal?.status, refusal?.headers['retry-after'], refusal?.headers['www-authenticate']]).toEqual([
      503,
      '5',
      undefined,
    ]);
  });

  it('lets pass where the operator said so, and tells each time', async () => {
    const { gate, judge, events } = rig({ ...storeThat(() => []), dangerouslyFailOpen: true });
    expect(await judge(await idp.sign())).toBe('permit');
    expect(events).toEqual([{ store: 'revocation', effect: 'permit' }]);
    const { body } = await gate.documents.metrics()();
    expect(body).toContain('countersign_store_failures_total{store="revocation",effect="permit"} 1');
  });

  it('makes a revocation fail, loudly', async () => {
    const { gate } = rig({
      ...storeThat(async () => {
        throw new Error('down');
      }),
      dangerouslyFailOpen: true,
    });
    await expect(gate.revoke({ tokenId: 'a' })).rejects.toThrow('down');
  });

  it('that fails for one of two issuers has taken the other, and says so', async () => {
    const kept: string[] = [];
    const { gate } = rig(
      storeThat((names) => {
        if (names[0]?.includes(idp.issuer)) throw new Error('down for one');
        kept.push(...names);
        return names.map(() => 1);
      }),
    );
    const problem = await gate.revoke({ tokenId: 'a' }).catch((error: unknown) => error);
    expect(problem).toMatchObject({ name: 'Error', message: 'down for one' });
    expect(kept).toEqual([`["tokenId","${other.issuer}","a"]`]);
  });

  it('that fails for all issuers says what was wrong with each', async () => {
    const { gate } = rig(
      storeThat((names) => {
        throw new Error(`down for ${names[0]}`);
      }),
    );
    const problem = await gate.revoke({ tokenId: 'a' }).catch((error: AggregateError) => error);
    expect(problem).toMatchObject({ name: 'AggregateError', errors: [expect.any(Error), expect.any(Error)] });
    expect((problem as Error).message).toContain('and for other issuers');
  });

  it('is not asked about a token that is refused anyway', async () => {
    const asked: (readonly string[])[] = [];
    const { judge } = rig(
      storeThat((names) => {
        asked.push(names);
        return names.map(() => null);
      }),
    );
    expect(await judge(await idp.forge('expired'))).toBe('token_expired');
    expect(asked).toEqual([]);
    expect(await judge(await idp.sign({ jti: 'j' }))).toBe('permit');
    const kid = idp.jwks.keys[0]?.kid;
    expect(asked).toEqual([
      [
        `["issuer","${idp.issuer}",""]`,
        `["subject","${idp.issuer}","test-service"]`,
        `["tokenId","${idp.issuer}","j"]`,
        `["keyId","${idp.issuer}","${kid}"]`,
      ],
    ]);
  });
});

/** What README shows. The later time wins in one step, so that two replicas can't undo each other. */
const KEEP = `
for _, name in ipairs(KEYS) do
  local kept = tonumber(redis.call('GET', name) or '0')
  local left = redis.call('PTTL', name)
  redis.call('SET', name, string.format('%.3f', math.max(kept, tonumber(ARGV[1]))))
  local ends = tonumber(ARGV[2])
  if ends and left ~= -1 then
    redis.call('PEXPIRE', name, math.max(left, ends * 1000 - tonumber(ARGV[3])))
  end
end`;

(hasRedis() ? describe : describe.skip)('a store that replicas share', () => {
  it('revokes for all of them at once, and denies when it goes down', async () => {
    const { client, stop } = await startRedis();
    const store: RevocationStore = {
      async revokedBefore(names, entry) {
        if (entry) {
          const times = [String(entry.before), String(entry.endsAt ?? ''), String(clock.now() * 1000)];
          await client.eval(KEEP, { keys: [...names], arguments: times });
        }
        return (await client.mGet([...names])).map((time) => (time === null ? null : Number(time)));
      },
    };
    const [one, two] = [rig({ store }), rig({ store })];
    const token = await idp.sign({ jti: 'shared' });
    expect(await two.judge(token)).toBe('permit');
    await one.gate.revoke({ tokenId: 'shared' });
    await one.gate.revoke({ subject: 'somebody', before: START });
    await one.gate.revoke({ subject: 'somebody', before: START - 5 });
    expect(await two.judge(token)).toBe('token_revoked');
    expect(await two.judge(await idp.sign({ sub: 'somebody', iat: START - 1 }))).toBe('token_revoked');
    expect(await two.judge(await idp.sign())).toBe('permit');
    const left = await client.pTTL(JSON.stringify(['tokenId', idp.issuer, 'shared']));
    expect(left).toBeGreaterThan(3_600_000 - 10_000);
    await stop();
    expect(await two.judge(token)).toBe('store_unavailable');
    await expect(one.gate.revoke({ tokenId: 'other' })).rejects.toThrow();
  });
});
