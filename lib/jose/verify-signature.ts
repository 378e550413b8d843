import { verify } from 'node:crypto';
import { AccessDenied } from '../errors.js';
import { type Algorithm, algorithms } from './algorithms.js';
import type { VerificationKey } from './import-public-key.js';

/** Returns when the signature over the data is the key's own, with the key's one algorithm; throws otherwise. */
export function verifySignature(key: VerificationKey, data: Uint8Array, signature: Uint8Array): void {
  if (!isSignatureOf(key, data, signature)) {
    throw new AccessDenied('signature_invalid', "the signature is not the issuer's");
  }
}

function isSignatureOf({ algorithm, key }: VerificationKey, data: Uint8Array, signature: Uint8Array): boolean {
  const { digest, parameters, signatureLength }: Algorithm = algorithms[algorithm];
  if (signatureLength !== undefined && signature.length !== signatureLength) return false;
  return verify(digest, data, { key, ...parameters }, signature);
}
