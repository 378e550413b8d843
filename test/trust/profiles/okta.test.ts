import { describe, expect, it } from '@jest/globals';
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

const issuer = 'https://shop.okta.com/oauth2/default';
const entry = { issuer, profile: 'okta' };
const okta = createProvider({ ...entry, roles: { Clerks: ['orders:write'] } });

/** A service's, of the client credentials grant. */
const service = {
  header: { alg: 'RS256' },
  claims: {
    ver: 1,
    jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
    iss: issuer,
    aud: 'api://orders',
    iat: NOW,
    exp: NOW + 3600,
    cid: '0oab8om4bars6Y80Z0h7',
    scp: ['orders.read'],
    sub: '0oab8om4bars6Y80Z0h7',
  },
};
/** Somebody's who logged in. */
const user = {
  header: { alg: 'RS256' },
  claims: {
    ...service.claims,
    uid: '00uid4BxXw6I6TV4m0g3',
    scp: ['openid', 'orders.list'],
    auth_time: NOW - 60,
    sub: 'alice@shop.example',
    groups: ['Everyone', 'Clerks'],
  },
};

describe('Okta', () => {
  it('tells a service', async () => {
    const principal = await okta.verify(service);
    expect(principal).toMatchObject({ kind: 'service', subject: service.claims.cid, clientId: service.claims.cid });
    expect([...principal.permissions]).toEqual(['orders.read']);
  });

  it('tells a user, with groups for roles', async () => {
    const principal = await okta.verify(user);
    expect(principal).toMatchObject({ kind: 'user', subject: 'alice@shop.example', clientId: service.claims.cid });
    expect([...principal.permissions]).toEqual(['openid', 'orders.list', 'orders:write']);
  });

  it.each(['JWT', 'at+jwt', 'application/at+jwt'])('may say %s in the header', async (typ) => {
    expect(await okta.judge(service, { header: { typ } })).toBe('accepted');
  });

  it('doesn’t take a user for a service that is named alike, nor a subject without a user for one', async () => {
    expect((await okta.verify(service, { claims: { uid: '00uid4BxXw6I6TV4m0g3' } })).kind).toBe('user');
    const claims = { sub: 'alice@shop.example', exp: NOW + 300 };
    expect((await okta.verify(service, { claims })).kind).toBe('unknown');
  });

  describe('refuses', () => {
    itRefuses(okta, [
      ['an ID token', user, { claims: { cid: undefined, scp: undefined } }, 'claim_missing'],
      [
        'a token for its own client',
        service,
        { claims: { aud: ['api://orders', service.claims.cid] } },
        'claim_invalid',
      ],
      ['a token for its own client alone', service, { claims: { cid: 'api://orders' } }, 'claim_invalid'],
      [
        'a token of the organization’s own server',
        service,
        { header: { typ: 'application/okta-internal-at+jwt' } },
        'token_type_refused',
      ],
      ['another authorization server', service, { claims: { iss: 'https://shop.okta.com' } }, 'issuer_untrusted'],
      ['another version', service, { claims: { ver: 2 } }, 'claim_invalid'],
      ['a version in text', service, { claims: { ver: '1' } }, 'claim_invalid'],
      ['a client that is no text', service, { claims: { cid: ['0oab8om4bars6Y80Z0h7'] } }, 'claim_invalid'],
      ['scopes of which one is no text', service, { claims: { scp: ['orders.read', 7] } }, 'claim_invalid'],
      ['groups in a table', user, { claims: { groups: { Clerks: true } } }, 'claim_invalid'],
      ['a token for another API', service, { claims: { aud: 'api://payments' } }, 'audience_mismatch'],
      ['PS256', service, { header: { alg: 'PS256' } }, 'algorithm_refused'],
      ['ES256', service, { header: { alg: 'ES256' } }, 'algorithm_refused'],
      ...without(service, ['sub', 'cid', 'scp', 'jti', 'ver', 'aud', 'exp', 'iat']),
      ...withIdTokenClaims(user),
    ]);
  });

  itBoundsLife(okta, [
    ['a service', service, 3600],
    ['a user', user, 3600],
    ['nobody in particular', changeToken(service, { claims: { sub: 'alice', exp: NOW + 300 } }), 900],
  ]);
});

it.each(['https://shop.okta.com', 'https://shop.okta.com/oauth2', 'https://shop.okta.com/oauth2/default/'])(
  'Okta’s server %s is none of our own',
  (own) => {
    expect(problemWith(entry)).toBe('accepted');
    expect(problemWith({ ...entry, issuer: own })).toMatch(
      /^trust\[0\]\.issuer .*must be a custom authorization server.*oauth2\/default/,
    );
  },
);
