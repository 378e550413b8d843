import { expect, it } from '@jest/globals';
import { type AccessDenied, createTokenVerifier } from 'countersign';
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
  async function judge(token: TokenShape, now = 1_618_354_100): Promise<string> {
    const trust = [{ issuer: claims.iss, keys: { jwks: { keys } } }];
    const verifier = createTokenVerifier({ audience: claims.aud, trust, now: () => now });
    const signed = await signer.sign({ header: drop(token.header), claims: drop(token.claims) });
    return verifier.verify(signed).then(
      () => 'accepted',
      (error: AccessDenied) => tellReason(error),
    );
  }

  it('lives for 245 days as the RFC prints it, which is no short-lived token', async () => {
    expect(await judge({ header, claims })).toBe('token_lifetime_too_long');
  });

  // No entry may allow such a life, so the example lives for an hour here; everything else is as it stands.
  const example = { ...claims, exp: claims.iat + 3600 };
  it.each(cases.map((one) => [one.expect, one.title, one] as const))('%ss %s', async (expected, _title, one) => {
    const token = { header: { ...header, ...one.header }, claims: { ...example, ...one.claims } };
    const verdict = await judge(token, one.now);
    expect(verdict === 'accepted').toBe(expected === 'accept');
    expect(verdict).not.toMatch(/lifetime/);
  });
});
