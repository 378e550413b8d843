import { describe, expect, it } from '@jest/globals';
import type { AlgorithmName, Claims } from 'countersign';
import {
  createProvider,
  itBoundsLife,
  itRefuses,
  NOW,
  problemWith,
  trustBy,
  withIdTokenClaims,
  without,
} from '../../support/provider.js';
import { changeToken, createSigner, withoutMember } from '../../support/sign-token.js';

const billing = 'spiffe://shop.example/ns/shop/sa/billing';
const svid = {
  header: { alg: 'ES256', typ: 'JWT' },
  claims: { sub: billing, aud: ['api://orders'], exp: NOW + 300, iat: NOW },
};
const ALGORITHMS: AlgorithmName[] = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512'] as const),
];
const signer = createSigner([...ALGORITHMS, 'EdDSA'], 'jwt-svid');
const shop = {
  trustDomain: 'shop.example',
  bundle: { keys: signer.keys },
  grants: { '/ns/:ns/sa/billing': ['orders:read'] },
};
const domain = trustBy([shop], signer);

describe('a SPIFFE trust domain', () => {
  it('tells a workload by its SPIFFE ID', async () => {
    const principal = await domain.verify(svid);
    expect(principal).toMatchObject({ issuer: 'spiffe://shop.example', kind: 'service', subject: billing });
    expect(principal.clientId).toBeUndefined();
    expect([...principal.permissions]).toEqual(['orders:read']);
  });

  it.each([undefined, 'JWT', 'JOSE'])('may say %s in the header', async (typ) => {
    expect(await domain.judge(svid, { header: { typ } })).toBe('accepted');
  });

  it.each<[string, Claims]>([
    ['whatever the issuer is', { iss: 'https://oidc.shop.example' }],
    ['with one audience in text', { aud: 'api://orders' }],
    ['whatever its scope is, which counts for nothing', { scope: 'orders:write' }],
  ])('has SVIDs %s', async (_how, claims) => {
    expect([...(await domain.verify(svid, { claims })).permissions]).toEqual(['orders:read']);
  });

  it.each(ALGORITHMS)('may sign by %s, with keys that name it and with keys that don’t', async (alg) => {
    expect(await domain.judge(svid, { header: { alg } })).toBe('accepted');
    const keys = signer.keys.map((key) => withoutMember(key, 'alg'));
    const bare = trustBy([{ ...shop, bundle: { keys }, algorithms: [alg] }], signer);
    expect(await bare.judge(svid, { header: { alg } })).toBe('accepted');
  });

  it('takes an RSA key that names no algorithm for RS256, as SPIRE signs, and for nothing else', async () => {
    const keys = signer.keys.filter(({ kty }) => kty === 'RSA').map((key) => withoutMember(key, 'alg'));
    const bare = trustBy([{ ...shop, bundle: { keys } }], signer);
    expect(await bare.judge(svid, { header: { alg: 'RS256' } })).toBe('accepted');
    expect(await bare.judge(svid, { header: { alg: 'PS256' } })).toBe('algorithm_refused');
    expect(await bare.judge(svid, { header: { alg: 'RS512' } })).toBe('algorithm_refused');
  });

  describe('refuses', () => {
    itRefuses(domain, [
      ['EdDSA', svid, { header: { alg: 'EdDSA' } }, 'algorithm_refused'],
      ['HS512', svid, { header: { alg: 'HS512' } }, 'algorithm_refused'],
      ['an access token’s type', svid, { header: { typ: 'at+jwt' } }, 'token_type_refused'],
      ['a WIT’s type', svid, { header: { typ: 'wit+jwt' } }, 'token_type_refused'],
      ['an SVID that names no key', svid, { header: { kid: undefined } }, 'key_unknown'],
      ['an SVID that names another key', svid, { header: { kid: 'another' } }, 'key_unknown'],
      ['the trust domain itself', svid, { claims: { sub: 'spiffe://shop.example' } }, 'claim_invalid'],
      ['a trust domain that is unknown', svid, { claims: { sub: 'spiffe://bank.example/a' } }, 'issuer_untrusted'],
      ['a trust domain in capitals', svid, { claims: { sub: 'spiffe://SHOP.example/a' } }, 'claim_missing'],
      ['a subject that is no SPIFFE ID', svid, { claims: { sub: 'billing', iss: 'issuer' } }, 'issuer_untrusted'],
      [
        'a subject that is none, of an issuer that is',
        svid,
        { claims: { sub: 'spiffe://shop.example/../a', iss: 'spiffe://shop.example' } },
        'claim_invalid',
      ],
      ['an issuer that is no text', svid, { claims: { iss: ['https://oidc.shop.example'] } }, 'claim_invalid'],
      ['an audience that is another’s', svid, { claims: { aud: ['api://payments'] } }, 'audience_mismatch'],
      ['an SVID of the past', svid, { claims: { exp: NOW - 5 } }, 'token_expired'],
      ['an SVID of the future', svid, { claims: { iat: NOW + 6 } }, 'token_not_yet_valid'],
      ['a long life from when it was issued', svid, { claims: { iat: NOW - 601 } }, 'token_lifetime_too_long'],
      ['an SVID that doesn’t say since when', svid, { claims: { iat: undefined } }, 'claim_missing'],
      ...without(svid, ['sub', 'aud', 'exp']),
      ...withIdTokenClaims(svid),
    ]);
  });

  itBoundsLife(domain, [['a workload', svid, 900]]);
  itBoundsLife(trustBy([{ ...shop, maxLifetimeSeconds: { service: 3600 } }], signer), [
    ['a workload whose entry says so', svid, 3600],
  ]);
});

describe('two trust domains', () => {
  const bank = { trustDomain: 'bank.example', grants: { '/*': ['orders:audit'] } };
  const auditor = changeToken(svid, { claims: { sub: 'spiffe://bank.example/auditor' } });
  const other = createSigner(['ES256', 'ES384'], 'jwt-svid');
  const trust = [shop, { ...bank, bundle: { keys: other.keys } }];

  it('keep their keys, though both have one name, and their grants to themselves', async () => {
    expect([...(await trustBy(trust, signer).verify(svid)).permissions]).toEqual(['orders:read']);
    expect([...(await trustBy(trust, other).verify(auditor)).permissions]).toEqual(['orders:audit']);
  });

  it('can’t speak for each other’s workloads', async () => {
    expect(await trustBy(trust, signer).judge(auditor)).toBe('signature_invalid');
    expect(await trustBy(trust, other).judge(svid)).toBe('signature_invalid');
    expect(await trustBy(trust, signer).judge(auditor, { header: { alg: 'ES512' } })).toBe('key_unknown');
    const claims = { iss: 'spiffe://shop.example' };
    expect(await trustBy(trust, signer).judge(auditor, { claims })).toBe('claim_invalid');
  });
});

describe('an authorization server', () => {
  const issuer = 'https://idp.example';
  const server = createSigner();
  const trust = [{ issuer, keys: { jwks: { keys: server.keys } } }, shop];
  const access = {
    header: { alg: 'ES256', typ: 'at+jwt' },
    claims: { ...svid.claims, iss: issuer, client_id: billing, jti: 'j', scope: 'orders:list' },
  };

  it('speaks for its own tokens, whatever their subject: what iss names comes first', async () => {
    const principal = await trustBy(trust, server).verify(access);
    expect([principal.issuer, ...principal.permissions]).toEqual([issuer, 'orders:list']);
    expect(await trustBy(trust, signer).judge(access)).toBe('signature_invalid');
  });

  it('is not asked for an SVID, and can’t make one', async () => {
    expect(await trustBy(trust, signer).judge(svid, { claims: { iss: 'https://untrusted.example' } })).toBe('accepted');
    expect(await trustBy(trust, server).judge(svid)).toBe('signature_invalid');
    expect(await createProvider({ issuer }, server).judge(svid)).toBe('issuer_untrusted');
  });
});

it.each([undefined, '', 'spiffe://shop.example', 'shop.example/a', 'Shop.example', 'shop.example:443', 'a@b', 7])(
  '%j is no name of a trust domain',
  (trustDomain) => {
    expect(problemWith(shop)).toBe('accepted');
    expect(problemWith({ ...shop, trustDomain })).toMatch(/^trust\[0\]\.trustDomain .*'example\.org'/);
  },
);

it('EdDSA, which JWT-SVIDs exclude, can’t be configured either', () => {
  expect(problemWith({ ...shop, algorithms: ['ES256', 'EdDSA'] })).toMatch(/^trust\[0\]\.algorithms .*EdDSA/);
  expect(problemWith({ ...shop, algorithms: ['Ed25519'] })).toMatch(/^trust\[0\]\.algorithms .*EdDSA/);
});
