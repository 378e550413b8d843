import { describe, expect, it } from '@jest/globals';
import type { Claims } from 'countersign';
import {
  createProvider,
  itBoundsLife,
  itRefuses,
  NOW,
  problemWith,
  withIdTokenClaims,
  without,
} from '../../support/provider.js';
import { changeToken } from '../../support/sign-token.js';

const issuer = 'https://idp.example/realms/shop';
const entry = { issuer, profile: 'keycloak', audience: 'order-service' };
const roles = {
  'order-reader': ['orders:read'],
  'order-admin': ['orders:write'],
  'manage-account': ['accounts:write'],
};
const keycloak = createProvider({ ...entry, roles });

/** A service account's, of the client credentials grant. */
const service = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: {
    exp: NOW + 300,
    iat: NOW,
    jti: 'trrtcc:f73a4a37-9550-4f88-97ef-3b45abee06f1',
    iss: issuer,
    aud: ['order-service', 'account'],
    sub: '7ddaf89f-69eb-4ecf-a9ca-aca111211986',
    typ: 'Bearer',
    azp: 'billing',
    acr: '1',
    'allowed-origins': ['/*'],
    realm_access: { roles: ['offline_access', 'order-reader', 'uma_authorization'] },
    resource_access: { 'order-service': { roles: ['order-admin'] }, account: { roles: ['manage-account'] } },
    scope: 'profile orders:list',
    clientHost: '10.0.0.7',
    clientAddress: '10.0.0.7',
    email_verified: false,
    preferred_username: 'service-account-billing',
    client_id: 'billing',
  },
};
/** Somebody's who logged in at the client `web`. */
const user = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: {
    exp: NOW + 300,
    iat: NOW,
    auth_time: NOW - 60,
    jti: 'onrtac:30a1d6ff-2f4a-4e27-b7d1-3a6d4e5f9a11',
    iss: issuer,
    aud: 'order-service',
    sub: '5f2c7a0c-52ad-4a0c-bc5f-5d1f3f0a9d11',
    typ: 'Bearer',
    azp: 'web',
    sid: '9a4f6b0e-6f0e-4f1c-9a0d-2f2f0f1b7c11',
    acr: '1',
    realm_access: { roles: ['default-roles-shop', 'order-reader'] },
    scope: 'openid profile',
    name: 'Alice Doe',
    preferred_username: 'alice',
  },
};

describe('Keycloak', () => {
  it('tells a service account, with scopes, and with roles of its realm and of this service', async () => {
    const principal = await keycloak.verify(service);
    expect(principal).toMatchObject({ issuer, kind: 'service', subject: service.claims.sub, clientId: 'billing' });
    expect([...principal.permissions]).toEqual(['profile', 'orders:list', 'orders:read', 'orders:write']);
  });

  it('tells a user', async () => {
    const principal = await keycloak.verify(user);
    expect(principal).toMatchObject({ kind: 'user', subject: user.claims.sub, clientId: 'web' });
    expect([...principal.permissions]).toEqual(['openid', 'profile', 'orders:read']);
  });

  it('may say at+jwt in the header, where a client has the switch for it', async () => {
    expect(await keycloak.judge(service, { header: { typ: 'at+jwt' } })).toBe('accepted');
  });

  it('may say DPoP in the claim typ, of a token that is bound; without its proof that is refused', async () => {
    const bound = { typ: 'DPoP', cnf: { jkt: 'x'.repeat(43) } };
    expect(await keycloak.judge(service, { claims: bound })).toBe('binding_missing');
    expect(await keycloak.judge(service, { claims: { ...bound, cnf: undefined } })).toBe('claim_invalid');
  });

  it('signs by any algorithm that its realm is set to', async () => {
    expect(await keycloak.judge(service, { header: { alg: 'ES256' } })).toBe('accepted');
    expect(await keycloak.judge(service, { header: { alg: 'PS256' } })).toBe('accepted');
  });

  it.each<[string, Claims, string]>([
    ['a user who is named like a service account is a user', { preferred_username: 'service-account-web' }, 'user'],
    ['a user of a client that is named by a mapper is nobody in particular', { client_id: 'web' }, 'unknown'],
    ['a user without a session is nobody in particular', { sid: undefined }, 'unknown'],
    ['another client than the one that got the token', { client_id: 'billing', sid: undefined }, 'unknown'],
    ['a service account with a session is nobody in particular', { ...service.claims, sid: 's' }, 'unknown'],
  ])('%s', async (_who, claims, kind) => {
    expect((await keycloak.verify(user, { claims })).kind).toBe(kind);
  });

  describe('refuses', () => {
    itRefuses(keycloak, [
      ['an ID token', user, { claims: { typ: 'ID' } }, 'claim_invalid'],
      ['a refresh token', service, { claims: { typ: 'Refresh' } }, 'claim_invalid'],
      ['a refresh token as it is signed', service, { header: { alg: 'HS512' } }, 'algorithm_refused'],
      ['an offline token', service, { claims: { typ: 'Offline' } }, 'claim_invalid'],
      ['a type that only looks alike', service, { claims: { typ: ['Bearer'] } }, 'claim_invalid'],
      ['a logout token', service, { header: { typ: 'logout+jwt' } }, 'token_type_refused'],
      ['a token without a type in the header', service, { header: { typ: undefined } }, 'token_type_refused'],
      ['a token for everybody', service, { claims: { aud: 'account' } }, 'audience_mismatch'],
      ['a token of another realm', service, { claims: { iss: 'https://idp.example/realms/b' } }, 'issuer_untrusted'],
      ['roles of the realm in a number', service, { claims: { realm_access: { roles: 7 } } }, 'claim_invalid'],
      [
        'roles of this service of which one is no text',
        service,
        { claims: { resource_access: { 'order-service': { roles: ['order-admin', null] } } } },
        'claim_invalid',
      ],
      ...without(service, ['typ', 'sub', 'azp', 'jti', 'aud', 'exp', 'iat']),
      ...withIdTokenClaims(user),
    ]);
  });

  itBoundsLife(keycloak, [
    ['a service', service, 900],
    ['a user', user, 3600],
    ['nobody in particular', changeToken(user, { claims: { sid: undefined } }), 900],
  ]);
});

describe('roles of Keycloak', () => {
  const none = { realm_access: undefined, scope: undefined };
  const rolesIn = (client: string, names: string[]) => ({
    claims: { ...none, resource_access: { [client]: { roles: names } } },
  });

  it('count where this service, or its realm, gave them', async () => {
    expect([...(await keycloak.verify(service, rolesIn('order-service', ['order-admin']))).permissions]).toEqual([
      'orders:write',
    ]);
    expect([...(await keycloak.verify(service, rolesIn('billing', ['order-admin']))).permissions]).toEqual([]);
    expect([...(await keycloak.verify(service, rolesIn('account', ['order-admin']))).permissions]).toEqual([]);
  });

  it('count of every service whose audience is ours', async () => {
    const both = createProvider({ ...entry, audience: ['order-service', 'cart-service'], roles });
    expect([...(await both.verify(service, rolesIn('cart-service', ['order-reader']))).permissions]).toEqual([
      'orders:read',
    ]);
  });

  it('are worth nothing that the table doesn’t say', async () => {
    const claims = { ...none, resource_access: undefined, realm_access: { roles: ['orders:write', 'constructor'] } };
    expect([...(await keycloak.verify(service, { claims })).permissions]).toEqual([]);
    const bare = createProvider(entry);
    expect([...(await bare.verify(service)).permissions]).toEqual(['profile', 'orders:list']);
  });

  it('are worth no more than the grants', async () => {
    const grants = { [service.claims.sub]: ['orders:read', 'orders:refund'] };
    const granted = createProvider({ ...entry, roles, permissions: { grants } });
    expect([...(await granted.verify(service)).permissions]).toEqual(['orders:read']);
    expect([...(await granted.verify(user)).permissions]).toEqual([]);
    const nobody = { claims: { sid: 's' } };
    expect([...(await granted.verify(service, nobody)).permissions]).toEqual([]);
  });

  it('come from other claims, where the entry says so', async () => {
    const permissions = { roleClaims: ['https://shop.example/roles', ['team', 'roles']] };
    const custom = createProvider({ ...entry, roles, permissions });
    const claims = { 'https://shop.example/roles': 'order-reader', team: { roles: ['order-admin'] } };
    expect([...(await custom.verify(service, { claims })).permissions]).toEqual([
      'profile',
      'orders:list',
      'orders:read',
      'orders:write',
    ]);
    expect([...(await custom.verify(service)).permissions]).toEqual(['profile', 'orders:list']);
  });
});

it('Keycloak’s own client can’t be the audience: everybody has a token for it', () => {
  expect(problemWith(entry)).toBe('accepted');
  expect(problemWith({ ...entry, audience: ['order-service', 'account'] })).toMatch(
    /^trust\[0\]\.audience .*holds 'account'.*audience mapper/,
  );
});
