import type { CallerKind } from '../identity/principal.js';
import type { Claims } from '../identity/read-claim.js';
import type { AlgorithmName } from '../jose/algorithms.js';
import type { GrantPermissions } from './grant-permissions.js';
import type { KeySource } from './key-source.js';
import type { TokenProfile } from './token-profile.js';

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
  /** All that somebody is granted here, whatever their token claims; left out, or undefined: nothing is said of them. */
  readonly grantsOf?: (caller: {
    readonly subject: string;
    readonly kind: CallerKind;
  }) => ReadonlySet<string> | undefined;
  /** Issuers for whose users a service that signs its own tokens may act. */
  readonly mayActFor?: ReadonlySet<string>;
  /** The roles that a token names; left out: none. */
  readonly readRoles?: (claims: Claims) => readonly string[];
  /** The only subject that a service which signs its own tokens may name. */
  readonly service?: string;
  /** It is a SPIFFE trust domain: its tokens are known by their subject. */
  readonly isTrustDomain?: true;
}
