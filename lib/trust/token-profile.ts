import type { CallerKind } from '../identity/principal.js';
import type { ClaimLocation, Claims } from '../identity/read-claim.js';
import type { AlgorithmName } from '../jose/algorithms.js';

/** Where a profile finds what it needs. */
export interface ClaimLocations {
  readonly subject: ClaimLocation;
  /** The client's name; of several places, the first one that is there. */
  readonly clientId?: ClaimLocation | { readonly firstOf: readonly ClaimLocation[] };
  /** The token's id; `jti` by default. */
  readonly tokenId?: ClaimLocation;
  /** What stands in for `aud`, from a provider that has none: read where a token has no `aud`. */
  readonly audience?: ClaimLocation;
  /** Text separated by spaces, or a list of texts; several claims add up. */
  readonly permissions: readonly ClaimLocation[];
  /** Roles, of the same types. They are worth what the `roles` of the trust entry say, and nothing by themselves. */
  readonly roles?: readonly ClaimLocation[];
}

/** What the access tokens of one issuer look like, and how to read a caller out of them. */
export interface TokenProfile {
  readonly name: string;
  /** Accepted `typ` headers (media types, RFC 8725 section 3.11); null: a token without `typ`. */
  readonly types: readonly (string | null)[];
  /** Algorithms where the trust entry names none; all asymmetric ones by default. */
  readonly algorithms?: readonly (AlgorithmName | 'Ed25519')[];
  /** Claims that must be there; `iss`, `aud`, `exp`, `iat` and the subject must be in any case. */
  readonly requiredClaims: readonly string[];
  /** Of each list of claims, at least one must be there, and be more than an empty text or list. */
  readonly requiredAnyOf?: readonly (readonly string[])[];
  /** Claims that must be there with one of these values. */
  readonly requiredValues?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  /** Claims that tell another kind of token from an access token. */
  readonly forbiddenClaims?: readonly string[];
  readonly claims: ClaimLocations;
  /** Longest `exp - iat` for each kind of caller. Seconds. */
  readonly maxLifetimeSeconds: Readonly<Record<CallerKind, number>>;
  /** What kind of caller the claims tell of, and they alone: it is asked once while a token is remembered. */
  kindOf(claims: Claims): CallerKind;
  /**
   * Whatever else must hold of the claims. It throws `AccessDenied` where it doesn't, at once, and returns nothing. It is asked
   * once while a token is remembered (`tokenMemory`).
   */
  checkClaims?(claims: Claims): void;
}

/** A media type without the prefix that RFC 7515 section 4.1.9 lets one leave out, in lower case. */
export function normalizeType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '');
}
