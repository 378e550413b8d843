import { expect, it } from '@jest/globals';
import { type AccessDenied, createTokenVerifier, type TokenProfile } from 'countersign';
import { rfc9068 } from '../../../lib/trust/profiles/rfc9068.js';
import { tellReason } from '../../support/provider.js';
import { describeVectors } from '../../support/read-vectors.js';
import { createSigner, type TokenShape } from '../../support/sign-token.js';

interface Example extends TokenShape {
  readonly claims: TokenShape['claims'] & { readonly iss: string; readonly aud: string; readonly iat: number };
  readonly cases: readonly (Partial<TokenShape> & {
    readonly title: string;
    readonly now?: number;
    readonly expect: 'accept' | 'reject';
  })[];
}

describeVectors<Example>('rfc-examples/rfc9068-access-token.json', ({ header, claims, cases }) => {
  const signer = createSigner(['RS256']);
  const keys = signer.keys.map((key) => ({ ...key, kid: 'RjEwOwOA' }));

  /** In the file, null is a member that is not there. */
  const drop = (members: object) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
  async function judge(token: TokenShape, now = 1_618_354_100, profile?: TokenProfile): Promise<string> {
    const trust = [{ issuer: claims.iss, keys: { jwks: { keys } }, ...(profile && { profile }) }];
    const verifier = createTokenVerifier({ audience: claims.aud, trust, clockToleranceSeconds: 0, now: () => now });
    const signed = await signer.sign({ header: drop(token.header), claims: drop(token.claims) });
    return verifier.verify(signed).then(
      () => 'accepted',
      (error: AccessDenied) => tellReason(error),
    );
  }

  it('lives for 245 days as the RFC prints it, which is no short-lived token by default', async () => {
    expect(await judge({ header, claims })).toBe('token_lifetime_too_long');
  });

  /** The rules of RFC 9068 with the life that its example has: only a profile of one's own allows that. */
  const patient: TokenProfile = {
    ...rfc9068({ option: 'trust[0]', issuer: claims.iss, audience: new Set() }),
    maxLifetimeSeconds: { service: 900, user: 31_622_400, unknown: 900 },
  };
  it.each(cases.map((one) => [one.expect, one.title, one] as const))('%ss %s', async (expected, _title, one) => {
    const token = { header: { ...header, ...one.header }, claims: { ...claims, ...one.claims } };
    const verdict = await judge(token, one.now, patient);
    expect(verdict === 'accepted').toBe(expected === 'accept');
    expect(verdict).not.toMatch(/lifetime/);
  });
});
