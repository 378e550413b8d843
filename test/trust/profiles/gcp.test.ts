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

const issuer = 'https://accounts.google.com';
const sub = '107517467455664443765';
const entry = { issuer, profile: 'gcp', permissions: { grants: { [sub]: ['orders:read'] } } };
const gcp = createProvider(entry);

/** From the metadata server of a machine, `format=full`. */
const machine = {
  header: { alg: 'RS256', typ: 'JWT' },
  claims: {
    aud: 'api://orders',
    azp: sub,
    email: 'billing@shop-prod.iam.gserviceaccount.com',
    email_verified: true,
    exp: NOW + 3600,
    google: {
      compute_engine: {
        instance_creation_timestamp: NOW - 86_400,
        instance_id: '152986662232938449',
        instance_name: 'billing-1',
        project_id: 'shop-prod',
        project_number: 739419398126,
        zone: 'europe-west3-a',
      },
    },
    iat: NOW,
    iss: issuer,
    sub,
  },
};
const email = (address: unknown) => ({ claims: { email: address } });

describe('Google Cloud', () => {
  it('tells a service account by its unique id, and gives it what it is granted', async () => {
    const principal = await gcp.verify(machine);
    expect(principal).toMatchObject({ issuer, kind: 'service', subject: sub, clientId: sub });
    expect([...principal.permissions]).toEqual(['orders:read']);
  });

  it('gives nothing to another service account', async () => {
    const claims = { sub: '1', azp: '1', email: 'cart@shop-prod.iam.gserviceaccount.com' };
    expect([...(await gcp.verify(machine, { claims })).permissions]).toEqual([]);
  });

  it.each(['739419398126-compute@developer.gserviceaccount.com', 'shop@cloudservices.gserviceaccount.com'])(
    'has service accounts of its own: %s',
    async (address) => expect(await gcp.judge(machine, email(address))).toBe('accepted'),
  );

  it('may leave out the type', async () => {
    expect(await gcp.judge(machine, { header: { typ: undefined } })).toBe('accepted');
  });

  describe('refuses', () => {
    itRefuses(gcp, [
      ['somebody who logged in', machine, email('alice@gmail.com'), 'claim_invalid'],
      ['somebody of an organization', machine, { claims: { hd: 'shop.example' } }, 'claim_invalid'],
      ['an address that only ends like one', machine, email('a@evilgserviceaccount.com'), 'claim_invalid'],
      ['an address that only begins like one', machine, email('a@x.iam.gserviceaccount.com.evil.com'), 'claim_invalid'],
      ['two addresses', machine, email('a@evil.com@x.iam.gserviceaccount.com'), 'claim_invalid'],
      ['an address with a line behind it', machine, email('a@x.iam.gserviceaccount.com\n'), 'claim_invalid'],
      ['an address in a list', machine, email(['billing@shop-prod.iam.gserviceaccount.com']), 'claim_invalid'],
      ['an address that nobody verified', machine, { claims: { email_verified: false } }, 'claim_invalid'],
      ['a verification in text', machine, { claims: { email_verified: 'true' } }, 'claim_invalid'],
      ['a token for another service', machine, { claims: { aud: 'api://payments' } }, 'audience_mismatch'],
      ['the issuer without its scheme', machine, { claims: { iss: 'accounts.google.com' } }, 'issuer_untrusted'],
      ['at+jwt, which it never says', machine, { header: { typ: 'at+jwt' } }, 'token_type_refused'],
      ['PS256', machine, { header: { alg: 'PS256' } }, 'algorithm_refused'],
      ['ES256', machine, { header: { alg: 'ES256' } }, 'algorithm_refused'],
      ...without(machine, ['sub', 'azp', 'email', 'email_verified', 'aud', 'exp', 'iat']),
      ...withIdTokenClaims(machine),
    ]);
  });

  itBoundsLife(gcp, [['a service account', machine, 3600]]);
});

it('Google names no permissions: without grants nobody could do anything', () => {
  expect(problemWith({ issuer, profile: 'gcp' })).toMatch(/^trust\[0\]\.permissions .*gives nobody anything/);
});
