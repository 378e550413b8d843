import type { CallerKind } from '../identity/principal.js';
import type { ClaimLocation } from '../identity/read-claim.js';
import type { AlgorithmName } from '../jose/algorithms.js';
import type { JWK } from '../jose/import-public-key.js';
import type { PresetName } from './profiles/presets.js';
import type { Grant } from './read-grants.js';
import type { TokenProfile } from './token-profile.js';

/** Where an issuer's public keys come from. Exactly one member says it; discovery is the default. */
export type KeysOption =
  /** RFC 8414 metadata, else OpenID Connect Discovery, found from the issuer. */
  | { readonly discovery: true; readonly dangerouslyAllowHttp?: boolean }
  /** The URL of a JWK set. */
  | { readonly jwksUri: string; readonly dangerouslyAllowHttp?: boolean }
  /** A JWK set that is known beforehand. */
  | { readonly jwks: { readonly keys: readonly JWK[] } }
  /** A client that a team has configured already, for instance `JwksClient` of jwks-rsa. Only `getKeys` is called. */
  | { readonly client: JwksClient };

/** The one method of jwks-rsa's client that is used. */
export interface JwksClient {
  getKeys(): Promise<unknown>;
}

interface KeyTrust {
  /** Lets grants end in a wildcard: `orders:*` is every permission that begins with `orders:`. */
  readonly wildcardGrants?: boolean;
  /** Algorithms that its keys may be used with; all asymmetric ones by default. A key's own `alg` narrows them to one. */
  readonly algorithms?: readonly (AlgorithmName | 'Ed25519')[];
  /** What its tokens must name in `aud` in place of the gate's own audience; of a list, any. */
  readonly audience?: string | readonly string[];
  readonly keys?: KeysOption;
  /** How long the last good key set is kept while its source can't be reached. Seconds; 24 hours by default. */
  readonly maxStaleSeconds?: number;
}

/** What callers known through an authorization server may do here. */
export interface PermissionRule {
  /** Claims that hold permissions, in place of the profile's; an empty list: none, the grants alone count. */
  readonly claims?: readonly string[];
  /** Claims that hold roles, in place of the profile's. What a role is worth is said by the entry's `roles`. */
  readonly roleClaims?: readonly ClaimLocation[];
  /** What each subject may be given at most: `subject` is a service, `user:subject` a user. */
  readonly grants?: Readonly<Record<string, readonly Grant[]>>;
}

/** An authorization server: it may speak for others. */
export interface TrustedAuthorizationServer extends KeyTrust {
  /** Its issuer identifier, letter for letter as in `iss`. */
  readonly issuer: string;
  /** What its access tokens look like: a preset's name, or a profile of your own; `rfc9068` by default. */
  readonly profile?: PresetName | TokenProfile;
  readonly permissions?: PermissionRule;
  /**
   * What a role in a token is worth here: `{ 'payment-manager': ['payments:read'] }`. These permissions add to those that
   * the token claims; a role that isn't named is worth nothing.
   */
  readonly roles?: Readonly<Record<string, readonly Grant[]>>;
  /** Longest life of its tokens by kind of caller, in place of the profile's. Seconds, 25 hours at most. */
  readonly maxLifetimeSeconds?: Partial<Readonly<Record<CallerKind, number>>>;
  readonly service?: never;
  readonly grants?: never;
}

/** A service that signs its own tokens: it speaks for itself alone, and may do what it is granted here. */
export interface TrustedService extends KeyTrust {
  /** The only `sub` and `client_id` that its tokens may have. */
  readonly service: string;
  readonly issuer: string;
  /**
   * Issuers for whose users it may act, with tokens of its own (`act`, RFC 8693); it then may do what both may. Left out: it
   * speaks for itself alone.
   */
  readonly mayActFor?: readonly string[];
  /** All that it may do here; a `scope` in its token can only narrow it. */
  readonly grants: readonly Grant[];
  readonly profile?: never;
  readonly permissions?: never;
}

/** The keys of a trust domain: its bundle's endpoint (profile `https_web`), or the bundle document itself. */
export type BundleOption =
  | { readonly url: string; readonly dangerouslyAllowHttp?: boolean }
  | {
      readonly keys: readonly JWK[];
      readonly spiffe_sequence?: number;
      readonly spiffe_refresh_hint?: number;
    };

/** A SPIFFE trust domain, whose workloads show JWT-SVIDs. Only its own bundle counts for its workloads. */
export interface TrustedDomain extends Omit<KeyTrust, 'keys'> {
  /** The name alone, without `spiffe://`. */
  readonly trustDomain: string;
  readonly bundle: BundleOption;
  /**
   * What workloads may do here, by SPIFFE ID, or by a path pattern of whole segments in which `:name` is any one segment
   * and a last `*` all that follow: `{ '/ns/:ns/sa/billing': ['orders:read'] }`. All that match add up.
   */
  readonly grants: Readonly<Record<string, readonly Grant[]>>;
  /** Longest life of a JWT-SVID; 15 minutes by default. Seconds. */
  readonly maxLifetimeSeconds?: { readonly service?: number };
  /** Longest life of an X.509-SVID; 25 hours by default. Seconds, 400 days at most. */
  readonly maxCertificateLifetimeSeconds?: number;
  readonly issuer?: never;
  readonly service?: never;
}

/** A certificate authority of one's own (RFC 5280), whose workloads are known by a DNS name or URI in their certificates. */
export interface TrustedAuthority {
  /** A name for it, which stands as `issuer` in principals and records. */
  readonly certificateAuthority: string;
  /** Its certificates, in PEM. */
  readonly certificates: string | readonly string[];
  /**
   * What workloads may do here, by a subject alternative name of theirs, letter by letter: a DNS name in lower case, or a
   * URI. Who has none of the names, or several, is refused.
   */
  readonly grants: Readonly<Record<string, readonly Grant[]>>;
  /** Longest life of a certificate; 25 hours by default. Seconds, 400 days at most. */
  readonly maxCertificateLifetimeSeconds?: number;
  /** Lets grants end in a wildcard: `orders:*` is every permission that begins with `orders:`. */
  readonly wildcardGrants?: boolean;
  readonly issuer?: never;
  readonly service?: never;
}

/** Whom this service believes, and how far. */
export type TrustedIssuer = TrustedAuthorizationServer | TrustedService | TrustedDomain | TrustedAuthority;
