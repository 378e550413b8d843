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

const issuer = 'https://shop.eu.auth0.com/';
const entry = { issuer, profile: 'auth0' };
const auth0 = createProvider(entry);

/** A machine's, in Auth0's own dialect, of an API with RBAC (`access_token_authz`). */
const machine = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: {
    iss: issuer,
    sub: 'wSd2JWl5GAVqx3zY@clients',
    aud: 'api://orders',
    iat: NOW,
    exp: NOW + 86_400,
    scope: 'orders:read orders:everything',
    gty: 'client-credentials',
    azp: 'wSd2JWl5GAVqx3zY',
    permissions: ['orders:read'],
  },
};
/** Somebody's who logged in. */
const user = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: {
    iss: issuer,
    sub: 'auth0|65f0c0ffee',
    aud: ['api://orders', 'https://shop.eu.auth0.com/userinfo'],
    iat: NOW,
    exp: NOW + 86_400,
    azp: 'my_client_id',
    scope: 'openid profile orders:write',
    permissions: ['orders:list'],
  },
};
const { azp, gty, ...common } = machine.claims;
/** The dialect of RFC 9068: `client_id` and `jti`, no `azp` and no `gty`. */
const machine9068 = {
  header: { alg: 'RS256', typ: 'at+jwt' },
  claims: { ...common, client_id: azp, jti: '73WakrfVbNJBaAmhQtEeDv' },
};
const unclear = changeToken(machine, { claims: { gty: 'password', exp: NOW + 300 } });

describe('Auth0', () => {
  it.each([
    ['its own', machine],
    ['RFC 9068’s', machine9068],
  ])('tells a machine in %s dialect, with permissions and without the scopes that it asked for', async (_, token) => {
    const principal = await auth0.verify(token);
    expect(principal).toMatchObject({ kind: 'service', subject: 'wSd2JWl5GAVqx3zY@clients', clientId: azp });
    expect([...principal.permissions]).toEqual(['orders:read']);
  });

  it('tells a user', async () => {
    const principal = await auth0.verify(user);
    expect(principal).toMatchObject({ kind: 'user', subject: 'auth0|65f0c0ffee', clientId: 'my_client_id' });
    expect([...principal.permissions]).toEqual(['orders:list']);
  });

  it('gives nothing where its RBAC is off', async () => {
    expect([...(await auth0.verify(machine, { claims: { permissions: undefined } })).permissions]).toEqual([]);
  });

  it('may sign by RSA-PSS', async () => {
    expect(await auth0.judge(machine, { header: { alg: 'PS256' } })).toBe('accepted');
  });

  const short = { exp: NOW + 300 };
  it.each<[string, Claims, string]>([
    ['a machine without gty is one by its subject', { gty: undefined }, 'service'],
    ['a machine’s name in the token of another client', { azp: 'another', gty: undefined }, 'unknown'],
    ['a machine’s name for which somebody typed a password', { gty: 'password' }, 'unknown'],
    ['a machine’s grant for a person', { sub: 'auth0|65f0c0ffee' }, 'unknown'],
    ['a person who gave a password', { sub: 'auth0|65f0c0ffee', gty: 'password' }, 'user'],
  ])('%s', async (_who, claims, kind) => {
    expect((await auth0.verify(machine, { claims: { ...short, ...claims } })).kind).toBe(kind);
  });

  describe('refuses', () => {
    itRefuses(auth0, [
      ['an ID token, which names no client but its audience', user, { claims: { azp: undefined } }, 'claim_missing'],
      ['a token for its own client', machine, { claims: { aud: ['api://orders', azp] } }, 'claim_invalid'],
      ['a token for its own client alone', machine, { claims: { azp: 'api://orders' } }, 'claim_invalid'],
      [
        'a token for its own client in the dialect of RFC 9068',
        machine9068,
        { claims: { client_id: 'api://orders' } },
        'claim_invalid',
      ],
      ['two clients', machine, { claims: { client_id: 'another' } }, 'claim_invalid'],
      ['an empty client', machine, { claims: { azp: '', client_id: azp } }, 'claim_invalid'],
      ['permissions in a table', machine, { claims: { permissions: { orders: true } } }, 'claim_invalid'],
      ['permissions of which one is no text', machine, { claims: { permissions: ['a', 7] } }, 'claim_invalid'],
      ['a token for another API', machine, { claims: { aud: 'api://payments' } }, 'audience_mismatch'],
      ['an issuer without its slash', machine, { claims: { iss: issuer.slice(0, -1) } }, 'issuer_untrusted'],
      ['a logout token', machine, { header: { typ: 'logout+jwt' } }, 'token_type_refused'],
      ['a token without a type', machine, { header: { typ: undefined } }, 'token_type_refused'],
      ['ES256', machine, { header: { alg: 'ES256' } }, 'algorithm_refused'],
      ['HS256', machine, { header: { alg: 'HS256' } }, 'algorithm_refused'],
      ...without(machine, ['sub', 'azp', 'aud', 'exp', 'iat']),
      ...withIdTokenClaims(user),
    ]);
  });

  itBoundsLife(auth0, [
    ['a machine', machine, 86_400],
    ['a user', user, 86_400],
    ['nobody in particular', unclear, 900],
  ]);
});

it('Auth0 must be named with the slash at its end', () => {
  expect(problemWith(entry)).toBe('accepted');
  expect(problemWith({ ...entry, issuer: 'https://shop.eu.auth0.com' })).toMatch(
    /^trust\[0\]\.issuer .*must end with a slash.*"https:\/\/shop\.eu\.auth0\.com"/,
  );
});
