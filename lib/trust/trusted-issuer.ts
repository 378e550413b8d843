import type { AlgorithmName } from '../jose/algorithms.js';
import type { JWK } from '../jose/import-public-key.js';
import type { PresetName, TokenProfile } from './token-profile.js';

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
  /** What each subject may be given at most: `subject` is a service, `user:subject` a user. */
  readonly grants?: Readonly<Record<string, readonly string[]>>;
}

/** An authorization server: it may speak for others. */
export interface TrustedAuthorizationServer extends KeyTrust {
  /** Its issuer identifier, letter for letter as in `iss`. */
  readonly issuer: string;
  /** What its access tokens look like: a preset's name, or a profile of your own; `rfc9068` by default. */
  readonly profile?: PresetName | TokenProfile;
  readonly permissions?: PermissionRule;
  readonly service?: never;
  readonly grants?: never;
}

/** A service that signs its own tokens: it speaks for itself alone, and may do what it is granted here. */
export interface TrustedService extends KeyTrust {
  /** The only `sub` and `client_id` that its tokens may have. */
  readonly service: string;
  readonly issuer: string;
  /** All that it may do here; a `scope` in its token can only narrow it. */
  readonly grants: readonly string[];
  readonly profile?: never;
  readonly permissions?: never;
}

/** A SPIFFE trust domain, whose workloads show JWT-SVIDs. Reserved: not accepted by this version. */
export interface TrustedDomain {
  readonly trustDomain: string;
  readonly bundle: unknown;
  readonly grants: Readonly<Record<string, readonly string[]>>;
}

/** Whom this service believes, and how far. */
export type TrustedIssuer = TrustedAuthorizationServer | TrustedService | TrustedDomain;
