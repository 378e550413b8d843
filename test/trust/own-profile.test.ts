import { describe, expect, it } from '@jest/globals';
import { AccessDenied, type Claims } from 'countersign';
import { createProvider, itRefuses, NOW } from '../support/provider.js';
import { createSigner } from '../support/sign-token.js';

const issuer = 'https://idp.example';
const signer = createSigner();
const profile = {
  name: 'our-idp',
  types: ['JWT'],
  requiredClaims: [],
  claims: { subject: 'sub', permissions: ['scope'] },
  maxLifetimeSeconds: { service: 300, user: 600, unknown: 60 },
  kindOf: ({ kind }: Claims) => kind,
};
const openWith = (change: object, entry: object = {}) =>
  createProvider({ issuer, profile: { ...profile, ...change }, ...entry }, signer);
const token = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: { iss: issuer, sub: 's', aud: 'api://orders', iat: NOW, exp: NOW + 60, kind: 'service' },
};

describe('a profile’s requiredAnyOf', () => {
  const either = { ...token, claims: { ...token.claims, scp: 'a', x: 0 } };
  itRefuses(openWith({ requiredAnyOf: [['scp', 'roles'], ['x']] }), [
    ['asks for one of the claims', either, { claims: { scp: undefined } }, 'claim_missing'],
    ['asks for one of each list', either, { claims: { x: undefined } }, 'claim_missing'],
    ['takes no empty text for one', either, { claims: { scp: '' } }, 'claim_missing'],
    ['takes no empty list for one', either, { claims: { scp: [] } }, 'claim_missing'],
  ]);

  it('is content with any one of them', async () => {
    const provider = openWith({ requiredAnyOf: [['scp', 'roles']] });
    expect(await provider.judge(either, { claims: { scp: undefined, roles: ['r'] } })).toBe('accepted');
    expect(await provider.judge(either, { claims: { scp: '', roles: ['r'] } })).toBe('accepted');
    expect(await provider.judge(token)).toBe('claim_missing');
  });
});

describe('a profile’s requiredValues', () => {
  const right = { ...token, claims: { ...token.claims, use: 'access', ver: 2, ok: true } };
  itRefuses(openWith({ requiredValues: { use: ['access', 'at'], ver: [1, 2], ok: [true] } }), [
    ['ask for the claim', right, { claims: { use: undefined } }, 'claim_missing'],
    ['ask for one of the values', right, { claims: { use: 'id' } }, 'claim_invalid'],
    ['ask for the case of the value', right, { claims: { use: 'Access' } }, 'claim_invalid'],
    ['ask for the type of the value', right, { claims: { ver: '2' } }, 'claim_invalid'],
    ['take no list for its only member', right, { claims: { use: ['access'] } }, 'claim_invalid'],
    ['take nothing for true that isn’t', right, { claims: { ok: 1 } }, 'claim_invalid'],
  ]);
});

describe('a profile’s algorithms', () => {
  itRefuses(openWith({ algorithms: ['RS256', 'ES256'] }), [
    ['are all that its tokens may use', token, { header: { alg: 'PS256' } }, 'algorithm_refused'],
  ]);

  it('give way to those of the entry', async () => {
    const provider = openWith({ algorithms: ['RS256'] }, { algorithms: ['PS256'] });
    expect(await provider.judge(token, { header: { alg: 'PS256' } })).toBe('accepted');
    expect(await provider.judge(token)).toBe('algorithm_refused');
  });
});

describe('a profile’s checkClaims', () => {
  const checkClaims = ({ sub }: Claims) => {
    if (sub === 'mallory') throw new AccessDenied('context_refused', 'not this one');
  };
  itRefuses(openWith({ checkClaims }), [
    ['refuses by what it throws', token, { claims: { sub: 'mallory' } }, 'context_refused'],
  ]);

  it.each<[string, (claims: Claims) => unknown]>([
    ['false', () => false],
    ['true', () => true],
    ['a promise', async () => {}],
    ['a promise that it breaks', async () => Promise.reject(new Error('too late'))],
  ])('may not return %s, which nobody would read', async (_what, check) => {
    const provider = openWith({ checkClaims: check as (claims: Claims) => void });
    await expect(provider.verify(token)).rejects.toThrow('must throw or return nothing, at once');
  });

  it('sees no claim before the signature held and the types are right', async () => {
    const seen: unknown[] = [];
    const provider = openWith({ checkClaims: ({ sub }: Claims) => void seen.push(sub) });
    expect(await provider.judge(token, { header: { kid: 'PS256' } })).toBe('algorithm_refused');
    expect(await provider.judge(token, { claims: { sub: 7 } })).toBe('claim_invalid');
    expect(seen).toEqual([]);
    await provider.verify(token);
    expect(seen).toEqual(['s']);
  });
});

describe('a profile’s claims.audience', () => {
  const without = { ...token, claims: { ...token.claims, aud: undefined, app: 'api://orders' } };
  const claims = { ...profile.claims, audience: 'app' };
  itRefuses(openWith({ claims }), [
    ['stands in where there is no aud', without, { claims: { app: 'api://payments' } }, 'audience_mismatch'],
    ['gives way to aud', without, { claims: { aud: 'api://payments' } }, 'audience_mismatch'],
    ['gives way to an aud of a wrong type', without, { claims: { aud: null } }, 'claim_invalid'],
    ['is not there', without, { claims: { app: undefined } }, 'audience_mismatch'],
    ['is neither text nor a list', without, { claims: { app: { 'api://orders': true } } }, 'audience_mismatch'],
  ]);

  it('may be a path, and hold several', async () => {
    const provider = openWith({ claims: { ...profile.claims, audience: ['for', 'apps'] } });
    expect(await provider.judge(without, { claims: { for: { apps: ['api://x', 'api://orders'] } } })).toBe('accepted');
    expect(await provider.judge(without, { claims: { for: { apps: ['api://x'] } } })).toBe('audience_mismatch');
  });

  it('is not looked for where the profile names none', async () => {
    expect(await openWith({}).judge(without)).toBe('claim_missing');
  });
});

describe('a profile’s claims.roles', () => {
  const provider = openWith(
    { claims: { ...profile.claims, roles: ['role', ['realm', 'roles']] } },
    { roles: { clerk: ['orders:read'], admin: ['orders:read', 'orders:write'], 'a b': ['never'] } },
  );
  const permissionsOf = async (claims: Claims) => [...(await provider.verify(token, { claims })).permissions];

  it('add up by the table, in text and in lists, and add to what the token claims', async () => {
    expect(await permissionsOf({ scope: 'x', role: 'clerk' })).toEqual(['x', 'orders:read']);
    expect(await permissionsOf({ role: 'clerk other', realm: { roles: ['admin'] } })).toEqual([
      'orders:read',
      'orders:write',
    ]);
    expect(await permissionsOf({ role: 'a b', realm: { roles: ['orders:write', '__proto__'] } })).toEqual([]);
  });

  itRefuses(provider, [
    ['are refused in an object', token, { claims: { role: { admin: true } } }, 'claim_invalid'],
    ['are refused where one is no text', token, { claims: { realm: { roles: ['clerk', 7] } } }, 'claim_invalid'],
    ['are refused in null', token, { claims: { role: null } }, 'claim_invalid'],
  ]);
});

describe('the roles of a caller', () => {
  const provider = openWith({ claims: { ...profile.claims, roles: ['role', ['realm', 'roles']] } });
  const rolesOf = async (claims: Claims) => (await provider.verify(token, { claims })).roles;

  it('are those that the token names, whatever they are worth', async () => {
    expect(await rolesOf({ role: 'clerk other', realm: { roles: ['admin'] } })).toEqual(['clerk', 'other', 'admin']);
    expect(await rolesOf({})).toEqual([]);
    expect((await openWith({}).verify(token, { claims: { role: 'clerk' } })).roles).toEqual([]);
  });

  it('are none where they are no honest list, and nobody asks what they are worth', async () => {
    expect(await rolesOf({ role: { admin: true } })).toEqual([]);
    expect(await rolesOf({ role: 'clerk', realm: { roles: ['admin', 7] } })).toEqual([]);
  });
});

describe('a profile’s clientId', () => {
  const provider = openWith({ claims: { ...profile.claims, clientId: { firstOf: ['cid', ['app', 'id']] } } });
  const named = { ...token, claims: { ...token.claims, cid: 'one', app: { id: 'two' } } };

  it('may be at one place, or at one path', async () => {
    const at = (clientId: unknown) => openWith({ claims: { ...profile.claims, clientId } }).verify(named);
    expect([(await at('cid')).clientId, (await at(['app', 'id'])).clientId]).toEqual(['one', 'two']);
  });

  it('is the first of its places where there is something', async () => {
    expect((await provider.verify(named)).clientId).toBe('one');
    expect((await provider.verify(named, { claims: { cid: undefined } })).clientId).toBe('two');
  });

  itRefuses(provider, [
    ['must be somewhere', named, { claims: { cid: undefined, app: undefined } }, 'claim_missing'],
    ['must be text at the first place', named, { claims: { cid: 7 } }, 'claim_invalid'],
    ['is not looked for behind an empty one', named, { claims: { cid: '' } }, 'claim_invalid'],
    ['is not looked for behind null', named, { claims: { cid: null } }, 'claim_invalid'],
    ['is nowhere within null', named, { claims: { cid: undefined, app: null } }, 'claim_missing'],
  ]);

  const within = openWith({ claims: { ...profile.claims, clientId: ['app', '0'] } });
  itRefuses(within, [
    [
      'is no letter of a text',
      { ...token, claims: { ...token.claims, app: ['one'] } },
      { claims: { app: 'text' } },
      'claim_missing',
    ],
  ]);

  it('is not there where the profile knows no place for it', async () => {
    expect(Object.keys(await openWith({}).verify(named))).not.toContain('clientId');
  });
});

describe('a profile’s tokenId', () => {
  const named = { ...token, claims: { ...token.claims, jti: 'one', ids: { token: 'two' } } };

  it('is jti, or where the profile says', async () => {
    const provider = openWith({ claims: { ...profile.claims, tokenId: ['ids', 'token'] } });
    expect([(await openWith({}).verify(named)).token.id, (await provider.verify(named)).token.id]).toEqual([
      'one',
      'two',
    ]);
    expect(Object.keys((await provider.verify(named, { claims: { ids: undefined } })).token)).not.toContain('id');
  });
});

describe('an entry’s maxLifetimeSeconds', () => {
  const provider = openWith({}, { maxLifetimeSeconds: { service: 30, user: 90_000 } });
  it.each([
    ['service', 30],
    ['user', 90_000],
    ['unknown', 60],
  ])('lowers, raises, or leaves alone what the profile says: %s, %d seconds', async (kind, seconds) => {
    const judge = (life: number) => provider.judge(token, { claims: { kind, exp: NOW + life } });
    expect([await judge(seconds), await judge(seconds + 1)]).toEqual(['accepted', 'token_lifetime_too_long']);
  });
});

describe('grants', () => {
  it('are for services and users: a caller of neither kind takes none, whatever its name', async () => {
    const provider = openWith({}, { permissions: { grants: { s: ['a'], 'user:s': ['b'] } } });
    const permissionsOf = async (kind: string, sub = 's') => [
      ...(await provider.verify(token, { claims: { kind, sub, scope: 'a b' } })).permissions,
    ];
    expect(await permissionsOf('service')).toEqual(['a']);
    expect(await permissionsOf('user')).toEqual(['b']);
    expect(await permissionsOf('unknown')).toEqual([]);
    expect(await permissionsOf('unknown', 'user:s')).toEqual([]);
  });
});
