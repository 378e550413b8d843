import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AccessDenied,
  createTokenVerifier,
  type JWK,
  type TokenVerifierOptions,
  type TrustedIssuer,
} from 'countersign';
import { createTestClock, createTestIssuer, type TestIssuer } from 'countersign/testing';
import { optionRefused } from '../support/option-refused.js';
import { createRawIssuer } from '../support/raw-issuer.js';

const clock = createTestClock(1_800_000_000);
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
});

type Claims = Readonly<Record<string, unknown>>;

/** Judges a token of the test issuer with claims changed, as a verifier with these options would. */
async function judge(claims: Claims, options: Partial<TokenVerifierOptions> = {}): Promise<string> {
  const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust, now: clock.now, ...options });
  return verifier.verify(await issuer.sign(claims)).then(
    () => 'accepted',
    (error: AccessDenied) => error.reason,
  );
}

const now = clock.now();
const bound = { cnf: { jkt: 'x' } };

describe('a token is accepted, and its twin is not, by', () => {
  it.each<[string, Claims, Claims, string]>([
    ['its issuer', {}, { iss: 'https://issuer.test/' }, 'issuer_untrusted'],
    ['the case of its issuer', {}, { iss: 'https://ISSUER.test' }, 'issuer_untrusted'],
    ['the presence of its issuer', {}, { iss: undefined }, 'claim_missing'],
    ['the type of its issuer', {}, { iss: ['https://issuer.test'] }, 'claim_invalid'],
    ['its audience', { aud: 'api://orders' }, { aud: 'api://payments' }, 'audience_mismatch'],
    [
      'a list of audiences',
      { aud: ['api://payments', 'api://orders'] },
      { aud: ['api://payments'] },
      'audience_mismatch',
    ],
    ['a whole audience', {}, { aud: 'api://orders/7' }, 'audience_mismatch'],
    ['the beginning of an audience', {}, { aud: 'api://order' }, 'audience_mismatch'],
    ['the case of its audience', {}, { aud: 'API://orders' }, 'audience_mismatch'],
    ['the presence of an audience', {}, { aud: undefined }, 'claim_missing'],
    ['an audience in its list', { aud: ['api://orders'] }, { aud: [] }, 'claim_invalid'],
    ['the types in its list of audiences', { aud: ['api://orders'] }, { aud: ['api://orders', 7] }, 'claim_invalid'],
    ['the type of its audience', {}, { aud: { toString: 'api://orders' } }, 'claim_invalid'],
    ['the presence of its expiry', {}, { exp: undefined }, 'claim_missing'],
    ['the type of its expiry', {}, { exp: String(now + 300) }, 'claim_invalid'],
    ['the sign of its dates', { nbf: 0 }, { nbf: -1 }, 'claim_invalid'],
    ['fractions of its dates', { iat: now - 0.5, exp: now + 0.5 }, { exp: [now] }, 'claim_invalid'],
    ['an expiry within the tolerance', { exp: now - 4 }, { exp: now - 5 }, 'token_expired'],
    ['an nbf within the tolerance', { nbf: now + 5 }, { nbf: now + 6 }, 'token_not_yet_valid'],
    ['an iat within the tolerance', { iat: now + 5 }, { iat: now + 6, exp: now + 60 }, 'token_not_yet_valid'],
    ['the type of its nbf', { nbf: now }, { nbf: null }, 'claim_invalid'],
    ['the presence of its iat', {}, { iat: undefined }, 'claim_missing'],
    ['a service’s lifetime', { exp: now + 900 }, { exp: now + 901 }, 'token_lifetime_too_long'],
    [
      'a user’s lifetime',
      { sub: 'alice', exp: now + 3600 },
      { sub: 'alice', exp: now + 3601 },
      'token_lifetime_too_long',
    ],
    [
      'a lifetime from when it was issued',
      { iat: now - 600, exp: now + 300 },
      { iat: now - 601, exp: now + 300 },
      'token_lifetime_too_long',
    ],
    ['the presence of its subject', {}, { sub: undefined }, 'claim_missing'],
    ['a subject that says something', {}, { sub: '' }, 'claim_invalid'],
    ['the type of its subject', {}, { sub: { admin: true } }, 'claim_invalid'],
    ['the presence of its client', {}, { client_id: undefined }, 'claim_missing'],
    ['the type of its client', {}, { client_id: 7 }, 'claim_invalid'],
    ['the presence of its id', {}, { jti: undefined }, 'claim_missing'],
    ['the type of its id', {}, { jti: ['a'] }, 'claim_invalid'],
    ['the type of its scope', { scope: '' }, { scope: ['orders:read'] }, 'claim_invalid'],
    ['the type of its acr', { acr: 'mfa' }, { acr: 1 }, 'claim_invalid'],
    ['the types in its amr', { amr: ['pwd', 'otp'] }, { amr: ['pwd', 7] }, 'claim_invalid'],
    ['the type of its auth_time', { auth_time: now }, { auth_time: 'now' }, 'claim_invalid'],
    [
      'the type of its actor',
      { act: { sub: 'a', act: { sub: 'b' } } },
      { act: { sub: 'a', act: 'b' } },
      'claim_invalid',
    ],
    [
      'an actor with a subject',
      { act: { sub: 'a', iss: 'https://idp.example' } },
      { act: { iss: 'https://idp.example' } },
      'claim_invalid',
    ],
    ['the type of its actor’s issuer', { act: { sub: 'a' } }, { act: { sub: 'a', iss: 7 } }, 'claim_invalid'],
    ['the type of its confirmation', {}, { cnf: 'x' }, 'claim_invalid'],
    ['a confirmation that is there', {}, { cnf: null }, 'claim_invalid'],
    ['being bound to nothing', {}, bound, 'binding_missing'],
    ['being bound in no way unknown', {}, { cnf: { 'wpt+kid': 'x' } }, 'binding_missing'],
  ])('%s', async (_rule, honest, hostile, reason) => {
    expect([await judge(honest), await judge(hostile)]).toEqual(['accepted', reason]);
  });

  it('its type, with or without the prefix, in any case', async () => {
    const types = [
      ...['at+jwt', 'application/at+jwt', 'AT+JWT'],
      ...['dpop+jwt', 'logout+jwt', 'JWT', '', 'at+application/jwt'],
    ];
    const { generateKeyPairSync } = await import('node:crypto');
    const { signCompactJws } = await import('../../lib/jose/sign-compact-jws.js');
    const { signBytes } = await import('../../lib/jose/sign-bytes.js');
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const verifier = createTokenVerifier({
      audience: 'a',
      trust: [
        { issuer: 'i', keys: { jwks: { keys: [publicKey.export({ format: 'jwk' }) as Record<string, unknown>] } } },
      ],
      now: clock.now,
    });
    const claims = { iss: 'i', sub: 's', client_id: 's', aud: 'a', iat: now, exp: now + 60, jti: 'j' };
    const reasons = types.map(async (typ) => {
      const token = await signCompactJws({ alg: 'EdDSA', typ }, claims, (data) => signBytes('EdDSA', privateKey, data));
      return verifier.verify(token).then(
        () => 'accepted',
        (error: AccessDenied) => error.reason,
      );
    });
    expect(await Promise.all(reasons)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      ...Array(5).fill('token_type_refused'),
    ]);
  });

  it('wrapping nothing', async () => {
    const raw = createRawIssuer();
    const header = { cty: 'JWT' };
    expect([await raw.judge(raw.sign(raw.claims())), await raw.judge(raw.sign(raw.claims(), header))]).toEqual([
      'accepted',
      'token_type_refused',
    ]);
  });

  it('an expiry that comes', async () => {
    const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust, now: clock.now });
    await expect(verifier.verify(await issuer.sign())).resolves.toBeDefined();
    const token = await issuer.forge('infinite-expiry');
    await expect(verifier.verify(token)).rejects.toMatchObject({ reason: 'claim_invalid' });
  });
});

describe('the tolerance for clocks', () => {
  it('covers exp, nbf and iat alike, up to a minute', async () => {
    const options = { clockToleranceSeconds: 60 };
    expect(await judge({ exp: now - 59 }, options)).toBe('accepted');
    expect(await judge({ exp: now - 60 }, options)).toBe('token_expired');
    expect(await judge({ nbf: now + 60, iat: now + 60 }, options)).toBe('accepted');
    expect(await judge({ exp: now }, { clockToleranceSeconds: 0 })).toBe('token_expired');
    expect(await judge({ exp: now + 1 }, { clockToleranceSeconds: 0 })).toBe('accepted');
  });
});

describe('the same token', () => {
  it('gets the same verdict every time', async () => {
    const verifier = createTokenVerifier({
      audience: ['api://payments', 'api://orders'],
      trust: issuer.trust,
      now: clock.now,
    });
    const [good, bad] = [await issuer.sign(), await issuer.forge('expired')];
    for (let round = 0; round < 200; round++) {
      await expect(verifier.verify(good)).resolves.toBeDefined();
      await expect(verifier.verify(bad)).rejects.toMatchObject({ reason: 'token_expired' });
    }
  });
});

describe('an error', () => {
  it('tells the reason and nothing of the token', async () => {
    const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust, now: clock.now });
    const token = await issuer.forge('wrong-audience', { sub: 'secret-subject', client_id: 'secret-subject' });
    const error = await verifier.verify(token).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(AccessDenied);
    expect(`${(error as Error).stack}`).not.toMatch(/eyJ|secret-subject|somebody-else/);
  });

  it.each([undefined, null, 7, {}, [], ''])('is a refusal for %j in place of a token', async (token) => {
    const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust });
    await expect(verifier.verify(token as never)).rejects.toMatchObject({ reason: 'token_malformed' });
  });
});

describe('several issuers', () => {
  it('keep their keys to themselves, even under one kid', async () => {
    const other = await createTestIssuer({ audience: 'api://orders', issuer: 'https://other.test', now: clock.now });
    const kid = issuer.jwks.keys[0]?.kid as string;
    const renamed = { keys: other.jwks.keys.map((key) => ({ ...key, kid })) };
    const verifier = createTokenVerifier({
      audience: 'api://orders',
      trust: [issuer.trust, { issuer: 'https://other.test', keys: { jwks: renamed } }],
      now: clock.now,
    });
    await expect(verifier.verify(await issuer.sign())).resolves.toMatchObject({ issuer: issuer.issuer });
    await expect(verifier.verify(await issuer.sign({ iss: 'https://other.test' }))).rejects.toMatchObject({
      reason: 'signature_invalid',
    });
    await expect(verifier.verify(await other.sign({ iss: issuer.issuer }))).rejects.toMatchObject({
      reason: 'key_unknown',
    });
  });

  it('have their own audience and their own algorithms', async () => {
    const trust: TrustedIssuer[] = [
      { issuer: issuer.issuer, keys: { jwks: issuer.jwks }, audience: ['api://special', 'api://also'] },
    ];
    expect(await judge({ aud: 'api://orders' }, { trust })).toBe('audience_mismatch');
    expect(await judge({ aud: 'api://also' }, { trust })).toBe('accepted');
    const keys = {
      jwks: {
        keys: [
          ...issuer.jwks.keys,
          (await import('node:crypto')).generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
        ],
      },
    };
    expect(await judge({}, { trust: [{ issuer: issuer.issuer, keys: keys as never, algorithms: ['EdDSA'] }] })).toBe(
      'algorithm_refused',
    );
  });
});

describe('permissions', () => {
  const permissionsOf = async (claims: Claims, entry: object) => {
    const verifier = createTokenVerifier({
      audience: 'api://orders',
      trust: [{ issuer: issuer.issuer, keys: { jwks: issuer.jwks }, ...entry } as TrustedIssuer],
      now: clock.now,
    });
    return [...(await verifier.verify(await issuer.sign(claims))).permissions].sort();
  };
  const scope = 'a b  c';

  it('of an authorization server come from its scope', async () => {
    expect(await permissionsOf({ scope }, {})).toEqual(['a', 'b', 'c']);
    expect(await permissionsOf({}, {})).toEqual([]);
  });

  it('are limited by grants, where there are any', async () => {
    const permissions = { grants: { 'test-service': ['b', 'd'], 'user:alice': ['c'] } };
    expect(await permissionsOf({ scope }, { permissions })).toEqual(['b']);
    expect(await permissionsOf({ scope, sub: 'alice' }, { permissions })).toEqual(['c']);
    expect(await permissionsOf({ scope, sub: 'bob' }, { permissions })).toEqual([]);
    expect(await permissionsOf({ scope, sub: 'user:alice', client_id: 'x' }, { permissions })).toEqual([]);
    expect(await permissionsOf({ scope, sub: 'user:alice', client_id: 'user:alice' }, { permissions })).toEqual([]);
    expect(await permissionsOf({ scope, sub: 'constructor', client_id: 'constructor' }, { permissions })).toEqual([]);
  });

  it('don’t let a user take a service’s grants, or the other way round', async () => {
    const permissions = { grants: { alice: ['a'], 'user:robot': ['a'] } };
    expect(await permissionsOf({ scope, sub: 'alice' }, { permissions })).toEqual([]);
    expect(await permissionsOf({ scope, sub: 'robot', client_id: 'robot' }, { permissions })).toEqual([]);
  });

  it('are the grants alone, where no claim counts', async () => {
    const permissions = { claims: [], grants: { 'test-service': ['d'] } };
    expect(await permissionsOf({ scope }, { permissions })).toEqual(['d']);
  });

  it('come from the claims that the entry names', async () => {
    const permissions = { claims: ['permissions', 'https://example.com/roles'] };
    expect(
      await permissionsOf({ scope, permissions: ['x', 'y'], 'https://example.com/roles': 'z' }, { permissions }),
    ).toEqual(['x', 'y', 'z']);
    await expect(permissionsOf({ permissions: ['x', 7] }, { permissions })).rejects.toMatchObject({
      reason: 'claim_invalid',
    });
    await expect(permissionsOf({ permissions: { x: true } }, { permissions })).rejects.toMatchObject({
      reason: 'claim_invalid',
    });
  });

  it('can’t be added to, by anyone, in any way', async () => {
    const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust, now: clock.now });
    const { permissions } = await verifier.verify(await issuer.sign({ scope: 'a' }));
    expect(() => Set.prototype.add.call(permissions, 'b')).toThrow(TypeError);
    expect(() => Object.assign(permissions, { has: () => true })).toThrow(TypeError);
    expect(Object.getPrototypeOf(permissions)).toBeFrozen();
    expect([permissions.has('b'), permissions.has('a'), permissions.size, [...permissions]]).toEqual([
      false,
      true,
      1,
      ['a'],
    ]);
    expect(JSON.stringify({ permissions })).toBe('{"permissions":["a"]}');
  });
});

describe('a service that signs its own tokens', () => {
  const entry = (more = {}) => ({
    trust: [
      { service: 'test-service', issuer: issuer.issuer, grants: ['a', 'b'], keys: { jwks: issuer.jwks }, ...more },
    ] as TrustedIssuer[],
  });
  const permissionsOf = async (claims: Claims) => {
    const verifier = createTokenVerifier({ audience: 'api://orders', now: clock.now, ...entry() });
    return [...(await verifier.verify(await issuer.sign(claims))).permissions];
  };

  it.each<[string, Claims]>([
    ['another subject', { sub: 'other-service', client_id: 'other-service' }],
    ['a user', { sub: 'alice' }],
    ['another client', { client_id: 'other-service' }],
    ['a way of authentication', { acr: 'mfa' }],
    ['methods of authentication', { amr: ['mfa'] }],
    ['a time of authentication', { auth_time: now }],
    ['somebody that it acts for', { act: { sub: 'alice' } }],
  ])('may not claim %s', async (_what, claims) => {
    expect([await judge({}, entry()), await judge(claims, entry())]).toEqual(['accepted', 'claim_invalid']);
  });

  it('is known as a service, whose tokens live for 15 minutes at most', async () => {
    const verifier = createTokenVerifier({ audience: 'api://orders', now: clock.now, ...entry() });
    expect((await verifier.verify(await issuer.sign())).kind).toBe('service');
    expect(await judge({ exp: now + 900 }, entry())).toBe('accepted');
    expect(await judge({ exp: now + 901 }, entry())).toBe('token_lifetime_too_long');
  });

  it('may do what it is granted, narrowed by its scope and never widened', async () => {
    expect(await permissionsOf({})).toEqual(['a', 'b']);
    expect(await permissionsOf({ scope: 'b c' })).toEqual(['b']);
    expect(await permissionsOf({ scope: '' })).toEqual([]);
  });
});

describe('the principal', () => {
  it('holds what was verified, deeply frozen', async () => {
    const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust, now: clock.now });
    const claims = {
      sub: 'alice',
      scope: 'a',
      acr: 'mfa',
      amr: ['otp'],
      auth_time: now - 10,
      act: { sub: 'gateway', iss: 'https://idp.test', act: { sub: 'web' } },
      nested: { list: [{}] },
    };
    const principal = await verifier.verify(await issuer.sign({ ...claims, jti: 'id-1' }));
    expect(principal).toMatchObject({
      issuer: 'https://issuer.test',
      subject: 'alice',
      kind: 'user',
      clientId: 'test-service',
      authentication: { contextClass: 'mfa', methods: ['otp'], time: now - 10 },
      token: { id: 'id-1', expiresAt: now + 300, issuedAt: now, keyId: issuer.jwks.keys[0]?.kid, algorithm: 'ES256' },
      claims: { iss: 'https://issuer.test', ...claims },
    });
    expect(principal.actor).toStrictEqual({
      subject: 'gateway',
      issuer: 'https://idp.test',
      actor: { subject: 'web' },
    });
    for (const part of [
      principal,
      principal.actor,
      principal.authentication,
      principal.token,
      principal.claims,
      (principal.claims['nested'] as { list: unknown[] }).list[0],
    ]) {
      expect(part).toBeFrozen();
    }
  });
});

describe('the principal of a token that says no more than it must', () => {
  it('has no member for what it doesn’t say', async () => {
    const raw = createRawIssuer();
    const keys = { jwks: { keys: [raw.publicKey.export({ format: 'jwk' }) as JWK] } };
    const verifier = raw.openVerifier({ trust: [{ issuer: 'https://issuer.test', keys }] });
    const principal = await verifier.verify(raw.sign(raw.claims(), { kid: undefined }));
    expect(principal.authentication).toStrictEqual({});
    expect(principal.token).toStrictEqual({
      id: 'id-1',
      expiresAt: raw.clock.now() + 300,
      issuedAt: raw.clock.now(),
      algorithm: 'ES256',
    });
    expect(Object.keys(principal)).not.toContain('actor');
  });
});

describe('a verifier that is configured wrongly does not come up, with', () => {
  const open = (change: object) => optionRefused(() => createTokenVerifier({ ...good, ...change } as never));
  const good = { audience: 'a', trust: [{ issuer: 'https://idp.example' }] };
  const folder = mkdtempSync(join(tmpdir(), 'countersign-verifier-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('what its honest twin has not', () => {
    const dpop = { maxAgeSeconds: 60, replayStore: { claim: () => true } };
    expect(open({ clockToleranceSeconds: 60, keyDirectory: folder, now: clock.now, dpop })).toBe('accepted');
  });

  it.each<[string, object, string]>([
    ['a misspelt option', { audiance: 'a' }, 'options.audiance'],
    ['no audience', { audience: undefined }, 'audience'],
    ['nobody to trust', { trust: [] }, 'trust'],
    ['a tolerance beyond a minute', { clockToleranceSeconds: 61 }, 'clockToleranceSeconds'],
    ['no directory of keys', { keyDirectory: '' }, 'keyDirectory'],
    ['a clock that stands', { now: 1_800_000_000 }, 'now'],
    ['proofs switched on', { dpop: true }, 'dpop'],
    ['an age of proofs that is none', { dpop: { maxAgeSeconds: '60' } }, 'dpop.maxAgeSeconds'],
    ['a replay store that is none', { dpop: { replayStore: () => true } }, 'dpop.replayStore'],
    ['a misspelt option of proofs', { dpop: { algs: ['ES256'] } }, 'dpop.algs'],
  ])('%s', (_what, change, option) => {
    expect(open(change)).toBe(option);
  });
});

describe('a profile of one’s own', () => {
  const profile = {
    name: 'realm',
    types: ['JWT', null],
    requiredClaims: ['azp'],
    forbiddenClaims: ['nonce'],
    claims: { subject: 'sub', clientId: 'azp', permissions: [['realm_access', 'roles']] },
    maxLifetimeSeconds: { service: 60, user: 120, unknown: 30 },
    kindOf: (claims: Claims) => (claims['email'] ? ('user' as const) : ('unknown' as const)),
  };
  const options = (change = {}): Partial<TokenVerifierOptions> => ({
    trust: [
      { issuer: issuer.issuer, profile: { ...profile, ...change }, keys: { jwks: issuer.jwks } } as TrustedIssuer,
    ],
  });
  const forge = async (kind: 'no-type' | 'wrong-type', claims: Claims) => {
    const verifier = createTokenVerifier({
      audience: 'api://orders',
      now: clock.now,
      ...options(),
    } as TokenVerifierOptions);
    return verifier.verify(await issuer.forge(kind, { client_id: undefined, exp: now + 30, azp: 'web', ...claims }));
  };

  it('says which types, where things are, and what kind of caller it is', async () => {
    const principal = await forge('wrong-type', { realm_access: { roles: ['x'] } });
    expect([principal.kind, principal.clientId, [...principal.permissions]]).toEqual(['unknown', 'web', ['x']]);
    expect((await forge('no-type', { email: 'a@b', exp: now + 120 })).kind).toBe('user');
    expect([...(await forge('no-type', { realm_access: 'none' })).permissions]).toEqual([]);
  });

  it.each<[string, Claims, string]>([
    ['a forbidden claim', { nonce: 'n' }, 'claim_invalid'],
    ['a missing claim', { azp: undefined }, 'claim_missing'],
    ['a lifetime beyond the kind’s', { exp: now + 31 }, 'token_lifetime_too_long'],
    ['roles of a wrong type', { realm_access: { roles: 7 } }, 'claim_invalid'],
  ])('refuses %s', async (_what, claims, reason) => {
    await expect(forge('no-type', claims)).rejects.toMatchObject({ reason });
  });

  it('refuses the type that is not its own', async () => {
    expect(await judge({ azp: 'web', exp: now + 30 }, options())).toBe('token_type_refused');
  });

  it('is not believed when it makes up a kind, or throws', async () => {
    const verifyWith = async (kindOf: () => unknown) => {
      const verifier = createTokenVerifier({
        audience: 'api://orders',
        now: clock.now,
        ...options({ types: ['at+jwt'], kindOf }),
      } as TokenVerifierOptions);
      return verifier.verify(await issuer.sign({ azp: 'web', exp: now + 30 }));
    };
    await expect(verifyWith(() => 'admin')).rejects.toThrow(/no kind of caller/);
    await expect(
      verifyWith(() => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
  });
});
