import { expect, it } from '@jest/globals';
import {
  type AccessDenied,
  ConfigurationError,
  createTokenVerifier,
  type Principal,
  type ReasonCode,
  type TrustedIssuer,
} from 'countersign';
import { type Change, changeToken, createSigner, type Signer, type TokenShape } from './sign-token.js';

/** The moment at which every token of a provider is judged. */
export const NOW = 1_800_000_000;

/** A provider as a trust entry sees it. */
export interface Provider {
  /** The caller that the token proves. */
  verify(token: TokenShape, change?: Change): Promise<Principal>;
  /** `accepted`, or why not. */
  judge(token: TokenShape, change?: Change): Promise<string>;
}

/** A provider with real keys, one each for RS256, PS256 and ES256, which this service trusts by the entry. */
export function createProvider(entry: object, signer = createSigner()): Provider {
  return trustBy([{ keys: { jwks: { keys: signer.keys } }, ...entry }], signer);
}

/** Tokens of the signer, as a service with these trust entries judges them. */
export function trustBy(trust: readonly object[], signer: Signer): Provider {
  const verifier = createTokenVerifier({
    audience: 'api://orders',
    trust: trust as readonly TrustedIssuer[],
    now: () => NOW,
  });
  const verify: Provider['verify'] = async (token, change = {}) =>
    verifier.verify(await signer.sign(changeToken(token, change)));
  return { verify, judge: (token, change) => verify(token, change).then(() => 'accepted', tellReason) };
}

/** What stands in the record for the error. */
export function tellReason(error: AccessDenied): string {
  return error.reason ?? String(error);
}

/** What a trust entry gets told at start, the option's name first. */
export function problemWith(entry: object): string {
  try {
    createTokenVerifier({ audience: 'api://orders', trust: [entry as TrustedIssuer] });
  } catch (error) {
    if (error instanceof ConfigurationError) return `${error.option} | ${error.message}`;
    throw error;
  }
  return 'accepted';
}

/** What the hostile token is, the honest one that it was made from, what was changed, and why it is refused. */
export type Hostile = readonly [title: string, honest: TokenShape, change: Change, reason: ReasonCode];

/** One test for each: the honest token is accepted, and its twin, which differs in one thing, is not. */
export function itRefuses(provider: Provider, rows: readonly Hostile[]): void {
  it.each(rows)('%s', async (_title, honest, change, reason) => {
    expect([await provider.judge(honest), await provider.judge(honest, change)]).toEqual(['accepted', reason]);
  });
}

/** A token with a claim that OpenID Connect gives to ID tokens alone. */
export function withIdTokenClaims(honest: TokenShape): Hostile[] {
  return ['nonce', 'at_hash', 'c_hash', 's_hash'].map((name) => [
    `a token with ${name}, as ID tokens have it`,
    honest,
    { claims: { [name]: 'n-0S6_WzA2Mj' } },
    'claim_invalid',
  ]);
}

/** A token without one of the claims. */
export function without(honest: TokenShape, names: readonly string[]): Hostile[] {
  return names.map((name) => [`a token without ${name}`, honest, { claims: { [name]: undefined } }, 'claim_missing']);
}

/** One test for each: the longest life that is accepted. */
export function itBoundsLife(
  provider: Provider,
  rows: readonly (readonly [whose: string, honest: TokenShape, seconds: number])[],
): void {
  it.each(rows)('%s lives no longer than it may', async (_whose, honest, seconds) => {
    const live = (life: number) => provider.judge(honest, { claims: { iat: NOW, exp: NOW + life } });
    expect([await live(seconds), await live(seconds + 1)]).toEqual(['accepted', 'token_lifetime_too_long']);
  });
}
