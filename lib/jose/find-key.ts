import { AccessDenied } from '../errors.js';
import type { VerificationKey } from './import-public-key.js';
import type { JoseHeader } from './parse-compact-jws.js';

const MAX_KEY_ID_LENGTH = 256;

/**
 * The one key of a set that the header can mean. Without a `kid`, only a key that is alone in fitting; keys are never
 * tried one after the other.
 *
 * @throws {AccessDenied} `key_unknown`: none, or several; `algorithm_refused`: the key named is for another algorithm
 */
export function findKey(keys: readonly VerificationKey[], { alg, kid }: JoseHeader): VerificationKey {
  if (kid === undefined) return findOnlyKey(keys, alg);
  if (kid.length > MAX_KEY_ID_LENGTH) throw new AccessDenied('key_unknown', 'the kid is too long');
  let found: VerificationKey | undefined;
  let isNamed = false;
  for (const key of keys) {
    if (key.keyId !== kid) continue;
    isNamed = true;
    if (!isKeyFor(key, alg)) continue;
    if (found) throw new AccessDenied('key_unknown', 'several keys of the issuer have this kid');
    found = key;
  }
  if (found) return found;
  throw isNamed
    ? new AccessDenied('algorithm_refused', 'the key is for another algorithm')
    : new AccessDenied('key_unknown', 'no key of the issuer has this kid');
}

function findOnlyKey(keys: readonly VerificationKey[], alg: string): VerificationKey {
  const [only, second] = keys.filter((key) => isKeyFor(key, alg));
  if (!only || second) {
    throw new AccessDenied('key_unknown', 'the token has no kid, and not exactly one key fits');
  }
  return only;
}

/** Whether the key is for the algorithm, by either of EdDSA's names (RFC 9864). */
export function isKeyFor(key: VerificationKey, alg: string): boolean {
  return key.algorithm === alg || (key.algorithm === 'EdDSA' && alg === 'Ed25519');
}
