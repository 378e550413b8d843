import { ConfigurationError } from '../errors.js';
import { isGiven, quoteText, readNumber, readOneOf, readOptions, readText } from '../options.js';

/** What is revoked. Without an issuer it is meant of every issuer that the gate trusts. */
export type Revocation =
  /** One token, by its `jti`. */
  | { readonly tokenId: string; readonly issuer?: string }
  /** Every token of a subject that was issued before a time, in seconds since the epoch. */
  | { readonly subject: string; readonly before: number; readonly issuer?: string }
  /**
   * Every token that a key signs, whenever: the key is no longer the issuer's alone. Of a certificate, it is its SHA-256 as
   * in `x5t#S256`.
   */
  | { readonly keyId: string; readonly issuer?: string }
  /** Every token of an issuer that was issued before a time, in seconds since the epoch. */
  | { readonly issuer: string; readonly before: number };

/** A revocation, checked. */
export interface ReadRevocation {
  readonly by: 'tokenId' | 'subject' | 'keyId' | 'issuer';
  /** The id, subject or key; empty where the issuer says it all. */
  readonly value: string;
  /** The one issuer that it is about; undefined: all. */
  readonly issuer: string | undefined;
  /** Tokens issued before it are revoked; seconds since the epoch. */
  readonly before: number;
}

const EXAMPLE = "{ tokenId: 'JttXod0qA84MhuNKMP7WFQ' }";
/** Later than any token: what names a token or a key is meant of it, whenever it was issued. */
export const WHENEVER = Number.MAX_SAFE_INTEGER;

/**
 * What `revoke` was asked for.
 *
 * @throws {ConfigurationError} for anything but one of the four kinds, an issuer that isn't trusted here, or a time that
 *   is still to come
 */
export function readRevocation(value: unknown, issuers: ReadonlyMap<string, unknown>, now: number): ReadRevocation {
  const given = readOptions('revoke', value, ['tokenId', 'subject', 'keyId', 'issuer', 'before'], EXAMPLE);
  const issuer = isGiven(given, 'issuer') ? readIssuer(given.issuer, issuers) : undefined;
  const names = ['tokenId', 'subject', 'keyId'] as const;
  const by = names.some((name) => isGiven(given, name)) ? readOneOf('revoke', given, names, EXAMPLE) : 'issuer';
  const isTimed = by === 'subject' || by === 'issuer';
  if (!isTimed && isGiven(given, 'before')) {
    throw new ConfigurationError('revoke.before', `has no meaning beside ${by}, which is revoked whenever it was used`);
  }
  if (by === 'issuer' && issuer === undefined) {
    throw new ConfigurationError('revoke', `must say what is revoked; write for example ${EXAMPLE}`);
  }
  return {
    by,
    value: by === 'issuer' ? '' : readText(`revoke.${by}`, given[by], "'order-service'"),
    issuer,
    before: isTimed ? readBefore(given.before, now) : WHENEVER,
  };
}

function readIssuer(value: unknown, issuers: ReadonlyMap<string, unknown>): string {
  const issuer = readText('revoke.issuer', value, "'https://idp.example'");
  if (issuers.has(issuer)) return issuer;
  throw new ConfigurationError('revoke.issuer', `is not trusted here, found ${quoteText(issuer)}`);
}

/** A minute ahead, for clocks that differ; milliseconds in place of seconds would be some fifty thousand years. */
function readBefore(value: unknown, now: number): number {
  return readNumber('revoke.before', value, { least: 0, most: now + 60, unit: 'seconds since the epoch' });
}
