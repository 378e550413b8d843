import type { AlgorithmName } from '../jose/algorithms.js';
import {
  importPublicKey,
  type JWK,
  type KeyPurpose,
  UnusableKey,
  type VerificationKey,
} from '../jose/import-public-key.js';
import { type Authorities, importAuthorities } from './import-authorities.js';

const MAX_KEYS = 100;
const NONE: Authorities = Object.freeze([]);

/** The keys of a set that can be used, and why the others can't. */
export interface ImportedKeySet {
  readonly keys: readonly VerificationKey[];
  readonly unusable: readonly UnusableKey[];
  /** What vouches for certificates; only bundles have any. */
  readonly authorities: Authorities;
}

/** What the keys of an issuer may be used for. */
export interface KeyRules {
  readonly algorithms: readonly AlgorithmName[];
  /** `use` of its keys: signatures, or the JWT-SVIDs of a SPIFFE bundle. */
  readonly purpose: KeyPurpose;
}

/**
 * The usable keys of a JWK set (RFC 7517 section 5: the others are passed over).
 *
 * @throws {Error} no list, more than 100, two keys of one name and algorithm, or an authority that is no certificate: then
 *   the whole set is not to be used
 */
export function importKeySet(jwks: unknown, { algorithms, purpose }: KeyRules): ImportedKeySet {
  if (!Array.isArray(jwks)) throw new Error('the key set is not a list');
  if (jwks.length > MAX_KEYS) throw new Error(`the key set has more than ${MAX_KEYS} keys`);
  const keys: VerificationKey[] = [];
  const unusable: UnusableKey[] = [];
  for (const jwk of jwks) {
    try {
      keys.push(importPublicKey(jwk as JWK, algorithms, purpose));
    } catch (error) {
      if (!(error instanceof UnusableKey)) throw error;
      unusable.push(error);
    }
  }
  refuseTwins(keys);
  const authorities = purpose === 'jwt-svid' ? importAuthorities(jwks) : NONE;
  return { keys: Object.freeze(keys), unusable, authorities };
}

function refuseTwins(keys: readonly VerificationKey[]): void {
  const seen = new Set<string>();
  for (const { keyId, algorithm } of keys) {
    if (keyId === undefined) continue;
    const name = `${algorithm} ${keyId}`;
    if (seen.has(name)) throw new Error('the key set has two keys of one kid');
    seen.add(name);
  }
}
