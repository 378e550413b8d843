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
import { changeToken, createSigner, type TokenShape, withoutMember } from '../../support/sign-token.js';

const tid = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const issuer = `https://login.microsoftonline.com/${tid}/v2.0`;
const audience = 'ef1da9d4-ff77-4c3e-a005-840c3f830745';
const entry = { issuer, profile: 'entra', audience, roles: { 'Orders.Read.All': ['orders:read'] } };
const signer = createSigner();
const entra = createProvider(entry, signer);

/** An application's, by client credentials with a secret. */
const application = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: {
    aud: audience,
    iss: issuer,
    iat: NOW - 300,
    nbf: NOW - 300,
    exp: NOW + 3600,
    aio: 'ASQA2/8TAAAA',
    azp: '4f3a1b6c-0d7e-4d53-8f6a-6c1f3b1d2e11',
    azpacr: '1',
    oid: '0f1c7a0c-52ad-4a0c-bc5f-5d1f3f0a9d11',
    rh: '0.ARoAv4j5cvGGr0GRqy180BHbRw',
    roles: ['Orders.Read.All'],
    sub: '0f1c7a0c-52ad-4a0c-bc5f-5d1f3f0a9d11',
    tid,
    uti: 'bf2a4a37955',
    ver: '2.0',
  },
};
const { roles: _none, ...claimsOfBoth } = application.claims;
/** Somebody's who logged in at a public client. */
const user = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: {
    ...claimsOfBoth,
    azpacr: '0',
    name: 'Alice Doe',
    oid: 'c2e5f6a7-1111-4222-8333-944455556666',
    preferred_username: 'alice@shop.example',
    scp: 'Orders.List access_as_user',
    sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  },
};
const managedIdentity = changeToken(application, { claims: { azpacr: '2', idtyp: 'app' } });

describe('Entra ID', () => {
  it('tells an application, by oid, with its app roles', async () => {
    const principal = await entra.verify(application);
    expect(principal).toMatchObject({
      kind: 'service',
      subject: application.claims.oid,
      clientId: application.claims.azp,
    });
    expect([...principal.permissions]).toEqual(['orders:read']);
  });

  it('tells a user, by oid, with delegated permissions', async () => {
    const principal = await entra.verify(user);
    expect(principal).toMatchObject({ kind: 'user', subject: user.claims.oid, clientId: user.claims.azp });
    expect([...principal.permissions]).toEqual(['Orders.List', 'access_as_user']);
  });

  it('has keys that name no algorithm', async () => {
    const keys = signer.keys.slice(0, 1).map((key) => withoutMember(key, 'alg'));
    expect(await createProvider(entry, { ...signer, keys }).judge(application)).toBe('accepted');
  });

  it('has applications that know a certificate, or are a managed identity, whose tokens live for a day', async () => {
    expect(await entra.judge(managedIdentity)).toBe('accepted');
    const day = createProvider({ ...entry, maxLifetimeSeconds: { service: 87_000 } }, signer);
    expect(await day.judge(managedIdentity, { claims: { exp: NOW + 86_400 } })).toBe('accepted');
  });

  it.each<[string, TokenShape, Claims, string]>([
    ['an application that says so', application, { idtyp: 'app' }, 'service'],
    ['an application that says it is a user', application, { idtyp: 'user', exp: NOW + 300 }, 'unknown'],
    ['a user who says so', user, { idtyp: 'user' }, 'user'],
    ['a user that says it is an application', user, { idtyp: 'app', exp: NOW + 300 }, 'unknown'],
    ['a user of a client with a secret', user, { azpacr: '1' }, 'user'],
    ['a user of a client with a certificate', user, { azpacr: '2' }, 'user'],
    ['a user with app roles', user, { roles: ['Orders.Read.All'] }, 'user'],
  ])('%s', async (_who, token, claims, kind) => {
    expect((await entra.verify(token, { claims })).kind).toBe(kind);
  });

  describe('refuses', () => {
    itRefuses(entra, [
      ['an ID token', user, { claims: { azp: undefined, azpacr: undefined, scp: undefined } }, 'claim_missing'],
      ['an application that was given nothing', application, { claims: { roles: undefined } }, 'claim_missing'],
      ['an application with a list of nothing', application, { claims: { roles: [] } }, 'claim_missing'],
      ['a user with a scope of nothing', user, { claims: { scp: '' } }, 'claim_missing'],
      ['an application that nobody authenticated', application, { claims: { azpacr: '0' } }, 'claim_invalid'],
      ['a way of authentication that is unknown', user, { claims: { azpacr: '3' } }, 'claim_invalid'],
      ['a way of authentication in a number', application, { claims: { azpacr: 1 } }, 'claim_invalid'],
      ['another tenant', application, { claims: { tid: '11111111-86f1-41af-91ab-2d7cd011db47' } }, 'claim_invalid'],
      [
        'the issuer of another tenant',
        application,
        { claims: { iss: issuer.replace('72', '11') } },
        'issuer_untrusted',
      ],
      ['version 1.0', application, { claims: { ver: '1.0' } }, 'claim_invalid'],
      ['a version in a number', application, { claims: { ver: 2 } }, 'claim_invalid'],
      [
        'a token of version 1.0 as it is',
        application,
        { claims: { iss: `https://sts.windows.net/${tid}/`, ver: '1.0', azp: undefined, appid: 'x' } },
        'issuer_untrusted',
      ],
      ['app roles in a table', application, { claims: { roles: { admin: true } } }, 'claim_invalid'],
      ['delegated permissions in a number', user, { claims: { scp: 7 } }, 'claim_invalid'],
      ['an oid that is no text', application, { claims: { oid: 7 } }, 'claim_invalid'],
      [
        'a token for Microsoft Graph',
        user,
        { claims: { aud: '00000003-0000-0000-c000-000000000000' } },
        'audience_mismatch',
      ],
      ['at+jwt, which it never says', application, { header: { typ: 'at+jwt' } }, 'token_type_refused'],
      ['a token without a type', application, { header: { typ: undefined } }, 'token_type_refused'],
      ['PS256', application, { header: { alg: 'PS256' } }, 'algorithm_refused'],
      ['ES256', application, { header: { alg: 'ES256' } }, 'algorithm_refused'],
      ...without(application, ['sub', 'oid', 'azp', 'azpacr', 'ver', 'tid', 'aud', 'exp', 'iat']),
      ...withIdTokenClaims(user),
    ]);
  });

  itBoundsLife(entra, [
    ['an application', application, 5700],
    ['a user', user, 5700],
    ['nobody in particular', changeToken(user, { claims: { idtyp: 'app', iat: NOW, exp: NOW + 300 } }), 900],
  ]);
});

it.each([
  'https://login.microsoftonline.com/common/v2.0',
  'https://login.microsoftonline.com/organizations/v2.0',
  'https://login.microsoftonline.com/{tenantid}/v2.0',
  'https://login.microsoftonline.com/shop.onmicrosoft.com/v2.0',
  `https://login.microsoftonline.com/${tid}`,
  `see https://login.microsoftonline.com/${tid}/v2.0`,
  `https://login.microsoftonline.com/${tid}/v2.0/`,
  `https://sts.windows.net/${tid}/`,
])('Entra’s %s is not one tenant', (many) => {
  expect(problemWith(entry)).toBe('accepted');
  expect(problemWith({ ...entry, issuer: many })).toMatch(/^trust\[0\]\.issuer .*must name one tenant by its id/);
});
