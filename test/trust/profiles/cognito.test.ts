import { describe, expect, it } from '@jest/globals';
import { createProvider, itBoundsLife, itRefuses, NOW, withIdTokenClaims, without } from '../../support/provider.js';
import { changeToken } from '../../support/sign-token.js';

const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab129faBb';
const clientId = '57cbishk4j24pabc1234567890';
const entry = { issuer, profile: 'cognito', audience: clientId, roles: { clerks: ['orders:write'] } };
const cognito = createProvider(entry);

/** A machine's, of the client credentials grant. */
const machine = {
  header: { alg: 'RS256' },
  claims: {
    sub: clientId,
    token_use: 'access',
    scope: 'orders/read',
    auth_time: NOW,
    iss: issuer,
    exp: NOW + 3600,
    iat: NOW,
    version: 2,
    jti: 'd3f1c7a0-52ad-4a0c-bc5f-5d1f3f0a9d11',
    client_id: clientId,
  },
};
/** Somebody's who logged in. */
const user = {
  header: { alg: 'RS256' },
  claims: {
    ...machine.claims,
    sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    device_key: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    'cognito:groups': ['clerks', 'admins'],
    origin_jti: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    event_id: '64f513be-32db-42b0-b78e-b02127b4f463',
    scope: 'openid',
    username: 'alice',
  },
};
const unclear = changeToken(user, { claims: { username: undefined, exp: NOW + 300 } });

describe('Cognito', () => {
  it('tells a machine', async () => {
    const principal = await cognito.verify(machine);
    expect(principal).toMatchObject({ kind: 'service', subject: clientId, clientId });
    expect([...principal.permissions]).toEqual(['orders/read']);
  });

  it('tells a user, with groups for roles', async () => {
    const principal = await cognito.verify(user);
    expect(principal).toMatchObject({ kind: 'user', subject: user.claims.sub, clientId });
    expect([...principal.permissions]).toEqual(['openid', 'orders:write']);
  });

  it('may say JWT in the header', async () => {
    expect(await cognito.judge(machine, { header: { typ: 'JWT' } })).toBe('accepted');
  });

  it('is for a resource where a token names one, and for nobody else', async () => {
    const resource = createProvider({ ...entry, audience: 'https://orders.example' });
    expect(await resource.judge(user, { claims: { aud: 'https://orders.example' } })).toBe('accepted');
    expect(await resource.judge(user)).toBe('audience_mismatch');
    expect(await cognito.judge(user, { claims: { aud: 'https://payments.example' } })).toBe('audience_mismatch');
  });

  it('doesn’t take a user for a machine that is named alike, nor a subject without a name for a user', async () => {
    const claims = { sub: clientId, exp: NOW + 300 };
    expect((await cognito.verify(user, { claims })).kind).toBe('unknown');
    expect((await cognito.verify(unclear)).kind).toBe('unknown');
  });

  describe('refuses', () => {
    itRefuses(cognito, [
      ['an ID token', user, { claims: { token_use: 'id' } }, 'claim_invalid'],
      [
        'an ID token as it is',
        user,
        { claims: { token_use: 'id', client_id: undefined, aud: clientId } },
        'claim_missing',
      ],
      ['the name that ID tokens have', user, { claims: { 'cognito:username': 'alice' } }, 'claim_invalid'],
      ['a token of another client', machine, { claims: { client_id: 'another', sub: 'another' } }, 'audience_mismatch'],
      ['a token of another pool', machine, { claims: { iss: `${issuer}c` } }, 'issuer_untrusted'],
      ['groups of which one is no text', user, { claims: { 'cognito:groups': ['clerks', 7] } }, 'claim_invalid'],
      ['at+jwt, which it never says', machine, { header: { typ: 'at+jwt' } }, 'token_type_refused'],
      ['PS256', machine, { header: { alg: 'PS256' } }, 'algorithm_refused'],
      ['ES256', machine, { header: { alg: 'ES256' } }, 'algorithm_refused'],
      ...without(machine, ['sub', 'client_id', 'jti', 'token_use', 'exp', 'iat']),
      ...withIdTokenClaims(user),
    ]);
  });

  itBoundsLife(cognito, [
    ['a machine', machine, 3600],
    ['a user', user, 3600],
    ['nobody in particular', unclear, 900],
  ]);
});
