import { AccessDenied, ConfigurationError } from '../errors.js';
import { describeFound } from '../options.js';
import { ALGORITHM_NAMES, type AlgorithmName } from './algorithms.js';
import { findKey } from './find-key.js';
import { importPublicKey, type JWK, UnusableKey, type VerificationKey } from './import-public-key.js';
import { parseCompactJws, refuseExtensions, type UnverifiedHeader } from './parse-compact-jws.js';
import { readAlgorithmName, readAlgorithms } from './read-algorithms.js';
import { verifySignature } from './verify-signature.js';

/** A compact JWS whose signature holds. The payload is bytes: what it means is another question. */
export interface VerifiedJws {
  readonly header: UnverifiedHeader;
  readonly payload: Uint8Array;
}

/**
 * The signature layer alone (RFC 7515 section 5.2): no claim is read, so a result is no proof that a token is meant for
 * you. Use `createTokenVerifier` for tokens.
 *
 * @param keys JWKs; those that can't verify with an allowed algorithm are passed over.
 * @param algorithms names that may be used; all asymmetric ones by default. A key without `alg` needs exactly one that fits.
 * @throws {AccessDenied} with the reason; {@link ConfigurationError} for keys or algorithms of a wrong type
 */
export async function verifyCompactJws(
  jws: string,
  { keys, algorithms = ALGORITHM_NAMES }: { readonly keys: readonly JWK[]; readonly algorithms?: readonly string[] },
): Promise<VerifiedJws> {
  const allowed = readAlgorithms('algorithms', algorithms);
  if (!Array.isArray(keys)) {
    throw new ConfigurationError('keys', `must be a list of JWKs, found ${describeFound(keys)}`);
  }
  const { unverifiedHeader, unverifiedPayload, signingInput, signature } = parseCompactJws(jws);
  refuseExtensions(unverifiedHeader);
  if (!allowed.includes(readAlgorithmName(unverifiedHeader.alg) as AlgorithmName)) {
    throw new AccessDenied('algorithm_refused', 'the algorithm is not one of those allowed');
  }
  verifySignature(findKey(importUsableKeys(keys, allowed), unverifiedHeader), signingInput, signature);
  return { header: unverifiedHeader, payload: unverifiedPayload };
}

function importUsableKeys(keys: readonly JWK[], allowed: readonly AlgorithmName[]): VerificationKey[] {
  return keys.flatMap((jwk) => {
    try {
      return importPublicKey(jwk, allowed);
    } catch (error) {
      if (error instanceof UnusableKey) return [];
      throw error;
    }
  });
}
