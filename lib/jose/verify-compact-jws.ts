import { AccessDenied, ConfigurationError } from '../errors.js';
import { describeFound, isGiven, readOptions } from '../options.js';
import { ALGORITHM_NAMES, type AlgorithmName } from './algorithms.js';
import { findKey } from './find-key.js';
import { importPublicKey, type JWK, UnusableKey, type VerificationKey } from './import-public-key.js';
import { type JoseHeader, parseCompactJws, refuseExtensions } from './parse-compact-jws.js';
import { readAlgorithmName, readAlgorithms } from './read-algorithms.js';
import { verifySignature } from './verify-signature.js';

/** A compact JWS whose signature holds. The payload is bytes: what it means is another question. */
export interface VerifiedJws {
  readonly header: JoseHeader;
  readonly payload: Uint8Array;
}

/** Options of {@link verifyCompactJws}. */
export interface VerifyCompactJwsOptions {
  /** JWKs; those that can't verify with an allowed algorithm are passed over. */
  readonly keys: readonly JWK[];
  /** Algorithms that may be used; all asymmetric ones by default. A key without `alg` needs exactly one that fits. */
  readonly algorithms?: readonly string[];
}

/**
 * The signature layer alone (RFC 7515 section 5.2): no claim is read, so a result is no proof that a token is meant for
 * you. Use `createTokenVerifier` for tokens.
 *
 * @throws {AccessDenied} with the reason; {@link ConfigurationError} for keys or algorithms of a wrong type
 */
export async function verifyCompactJws(jws: string, options: VerifyCompactJwsOptions): Promise<VerifiedJws> {
  const given = readOptions('options', options, ['keys', 'algorithms'], '{ keys: [jwk] }');
  const allowed = isGiven(given, 'algorithms') ? readAlgorithms('algorithms', given.algorithms) : ALGORITHM_NAMES;
  if (!Array.isArray(given.keys)) {
    throw new ConfigurationError('keys', `must be a list of JWKs, found ${describeFound(given.keys)}`);
  }
  const { unverifiedHeader, unverifiedPayload, signingInput, signature } = parseCompactJws(jws);
  refuseExtensions(unverifiedHeader);
  if (!allowed.includes(readAlgorithmName(unverifiedHeader.alg) as AlgorithmName)) {
    throw new AccessDenied('algorithm_refused', 'the algorithm is not one of those allowed');
  }
  verifySignature(findKey(importUsableKeys(given.keys, allowed), unverifiedHeader), signingInput, signature);
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
