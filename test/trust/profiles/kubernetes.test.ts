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
import { createSigner } from '../../support/sign-token.js';

const issuer = 'https://kubernetes.default.svc.cluster.local';
const sub = 'system:serviceaccount:shop:billing';
const entry = { issuer, profile: 'kubernetes', permissions: { grants: { [sub]: ['orders:read'] } } };
const signer = createSigner();
const kubernetes = createProvider(entry, signer);

/** Of a projected volume with the audience of this service. */
const bound = {
  namespace: 'shop',
  node: { name: 'node-7', uid: '646e7c5e-32db-42b0-b78e-b02127b4f463' },
  pod: { name: 'billing-69cbfb9798-jv9gn', uid: '778a530c-b3f4-47c0-9cd5-ab018fb64f33' },
  serviceaccount: { name: 'billing', uid: 'a087d5a0-e1dd-43ec-93ac-f13d89cd13af' },
};
const pod = {
  header: { alg: 'RS256' },
  claims: {
    aud: ['api://orders'],
    exp: NOW + 3600,
    iat: NOW,
    iss: issuer,
    jti: 'ea28ed49-2e11-4280-9ec5-bc3d1d84661a',
    'kubernetes.io': bound,
    nbf: NOW,
    sub,
  },
};
const boundTo = (change: object) => ({ claims: { 'kubernetes.io': { ...bound, ...change } } });
const named = (name: string) => ({ claims: { sub: `system:serviceaccount:${name}` } });

describe('Kubernetes', () => {
  it('tells a service account, and gives it what it is granted', async () => {
    const principal = await kubernetes.verify(pod);
    expect(principal).toMatchObject({ issuer, kind: 'service', subject: sub });
    expect(principal.clientId).toBeUndefined();
    expect([...principal.permissions]).toEqual(['orders:read']);
  });

  it('gives nothing to another service account', async () => {
    const claims = {
      sub: 'system:serviceaccount:shop:cart',
      ...boundTo({ serviceaccount: { name: 'cart', uid: 'u' } }).claims,
    };
    expect([...(await kubernetes.verify(pod, { claims })).permissions]).toEqual([]);
  });

  it('has names of one letter too', async () => {
    const short = { namespace: 'a', serviceaccount: { name: 'b', uid: 'u' } };
    const claims = { sub: 'system:serviceaccount:a:b', ...boundTo(short).claims };
    expect(await kubernetes.judge(pod, { claims })).toBe('accepted');
  });

  it('may sign by ES256', async () => {
    expect(await kubernetes.judge(pod, { header: { alg: 'ES256' } })).toBe('accepted');
  });

  it('has names of service accounts with dots, and long ones', async () => {
    const name = `a.${'b'.repeat(250)}z`;
    const claims = {
      sub: `system:serviceaccount:shop:${name}`,
      ...boundTo({ serviceaccount: { name, uid: 'u' } }).claims,
    };
    expect(await kubernetes.judge(pod, { claims })).toBe('accepted');
  });

  it('is another one in another cluster, whose keys don’t count here', async () => {
    const other = createSigner();
    const token = { ...pod, claims: { ...pod.claims, iss: 'https://other.example' } };
    const provider = createProvider(entry, { ...signer, sign: other.sign });
    expect([await provider.judge(token), await provider.judge(pod)]).toEqual(['issuer_untrusted', 'signature_invalid']);
  });

  describe('refuses', () => {
    itRefuses(kubernetes, [
      ['a token for the API server', pod, { claims: { aud: ['https://kubernetes.default.svc'] } }, 'audience_mismatch'],
      ['a token that is the API server’s too', pod, { claims: { aud: ['api://orders', issuer] } }, 'claim_invalid'],
      [
        'a token that is the API server’s too, by another of its names',
        pod,
        { claims: { aud: ['api://orders', 'https://kubernetes.default.svc'] } },
        'claim_invalid',
      ],
      ['another namespace than the subject’s', pod, boundTo({ namespace: 'crypto' }), 'claim_invalid'],
      ['no namespace', pod, boundTo({ namespace: undefined }), 'claim_invalid'],
      [
        'another service account than the subject’s',
        pod,
        boundTo({ serviceaccount: { name: 'b', uid: 'u' } }),
        'claim_invalid',
      ],
      ['a service account without a uid', pod, boundTo({ serviceaccount: { name: 'billing' } }), 'claim_invalid'],
      ['an empty uid', pod, boundTo({ serviceaccount: { name: 'billing', uid: '' } }), 'claim_invalid'],
      ['a uid that is no text', pod, boundTo({ serviceaccount: { name: 'billing', uid: 7 } }), 'claim_invalid'],
      ['bound claims in text', pod, { claims: { 'kubernetes.io': 'shop' } }, 'claim_invalid'],
      ['a node', pod, { claims: { sub: 'system:node:node-7' } }, 'claim_invalid'],
      ['a user', pod, { claims: { sub: 'alice' } }, 'claim_invalid'],
      [
        'a user with bound claims that name nobody',
        pod,
        { claims: { sub: 'alice', 'kubernetes.io': { serviceaccount: { uid: 'u' } } } },
        'claim_invalid',
      ],
      ['a subject with something before it', pod, { claims: { sub: `x:${sub}` } }, 'claim_invalid'],
      ['a namespace in capitals', pod, named('Shop:billing'), 'claim_invalid'],
      ['a namespace too long', pod, named(`${'a'.repeat(64)}:billing`), 'claim_invalid'],
      ['a subject with something behind it', pod, named('shop:billing:admin'), 'claim_invalid'],
      ['a subject with a line behind it', pod, named('shop:billing\n'), 'claim_invalid'],
      ['a subject without a name', pod, named('shop:'), 'claim_invalid'],
      ['a token of a secret, of old', pod, { claims: { iss: 'kubernetes/serviceaccount' } }, 'issuer_untrusted'],
      ['a token with a type', pod, { header: { typ: 'JWT' } }, 'token_type_refused'],
      ['PS256', pod, { header: { alg: 'PS256' } }, 'algorithm_refused'],
      ...without(pod, ['sub', 'nbf', 'kubernetes.io', 'aud', 'exp', 'iat']),
      ...withIdTokenClaims(pod),
    ]);
  });

  itBoundsLife(kubernetes, [['a service account', pod, 3600]]);
});

it.each([
  issuer,
  'https://kubernetes.default.svc',
  'https://kubernetes.default.svc/',
  'kubernetes.default.svc',
  'https://kubernetes.default',
  'https://kubernetes.default.svc.cluster.local',
])('the API server’s audience %s can’t be a service’s', (audience) => {
  expect(problemWith({ ...entry, audience: ['https://kubernetes.default.example', 'my-kubernetes.default'] })).toBe(
    'accepted',
  );
  expect(problemWith({ ...entry, audience: ['api://orders', audience] })).toMatch(
    /^trust\[0\]\.audience .*is the API server's/,
  );
});

it('a cluster whose issuer is the audience of its API server is no audience either', () => {
  const managed = { ...entry, issuer: 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633' };
  expect(problemWith(managed)).toBe('accepted');
  expect(problemWith({ ...managed, audience: managed.issuer })).toMatch(/is the API server's/);
});

it('Kubernetes names no permissions: without grants nobody could do anything', () => {
  expect(problemWith({ issuer, profile: 'kubernetes' })).toMatch(
    /^trust\[0\]\.permissions .*gives nobody anything.*the profile kubernetes names no claim/,
  );
});
