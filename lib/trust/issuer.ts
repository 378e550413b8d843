import type { AlgorithmName } from '../jose/algorithms.js';
import type { GrantPermissions } from './grant-permissions.js';
import type { KeySource } from './key-source.js';
import type { Claims, TokenProfile } from './token-profile.js';

/** One trusted issuer, settled at start: all that verifying its tokens needs, and nothing of another's. */
export interface Issuer {
  /** As in `iss`; of a trust domain, its SPIFFE ID. */
  readonly issuer: string;
  readonly profile: TokenProfile;
  /** The profile's types, normalized. */
  readonly types: ReadonlySet<string | null>;
  /** Every claim that must be there. */
  readonly requiredClaims: ReadonlySet<string>;
  readonly algorithms: readonly AlgorithmName[];
  readonly audience: ReadonlySet<string>;
  readonly keys: KeySource;
  readonly grant: GrantPermissions;
  /** The roles that a token names; left out: none. */
  readonly readRoles?: (claims: Claims) => readonly string[];
  /** The only subject that a service which signs its own tokens may name. */
  readonly service?: string;
  /** It is a SPIFFE trust domain: its tokens are known by their subject. */
  readonly isTrustDomain?: true;
}
