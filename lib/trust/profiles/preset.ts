import { AccessDenied } from '../../errors.js';
import type { ClaimLocation, Claims } from '../../identity/read-claim.js';
import { readClaim } from '../../identity/read-claim.js';
import type { TokenProfile } from '../token-profile.js';

/** The trust entry that a preset is made for. */
export interface PresetEntry {
  /** Where the entry was written, for messages. */
  readonly option: string;
  readonly issuer: string;
  /** What its tokens must name here. */
  readonly audience: ReadonlySet<string>;
}

/**
 * A profile that comes along, made for one trust entry.
 *
 * @throws {ConfigurationError} for an entry with which the provider's tokens would be accepted or refused one and all
 */
export type Preset = (entry: PresetEntry) => TokenProfile;

/**
 * Claims that OpenID Connect gives to ID tokens alone (Core 1.0 sections 2, 3.1.3.6 and 3.3.2.11, FAPI's `s_hash`). Where
 * `typ` can't tell an ID token from an access token, they do (RFC 8725 section 3.12).
 */
export const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/** @throws {AccessDenied} `claim_invalid` unless the claims are as the provider makes them */
export function demand(isRight: boolean, message: string): void {
  if (!isRight) throw new AccessDenied('claim_invalid', message);
}

/** An ID token is made for its client; an access token for somebody else (OpenID Connect Core 1.0 section 2). */
export function refuseOwnClient(claims: Claims, client: ClaimLocation): void {
  const { aud } = claims as { aud?: unknown };
  const clientId = readClaim(claims, client);
  const isOwn = clientId !== undefined && (aud === clientId || (Array.isArray(aud) && aud.includes(clientId)));
  demand(!isOwn, 'the token is made for its own client, as an ID token is');
}
