import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { AlgorithmName } from 'countersign';
import { type Case, fitsKey, sameAlgorithm } from './draft.js';

export type Json = Readonly<Record<string, unknown>>;

/** A case taken apart the way a forgiving reader does; only for what such a reader accepted. */
export interface Reading {
  readonly token: string;
  readonly parts: readonly string[];
  /** The JSON of header and claims. */
  readonly texts: readonly string[];
  readonly header: Json;
  readonly claims: Json;
  readonly keys: readonly unknown[];
  /** Those of the keys that the header may mean. */
  readonly meant: readonly Json[];
  readonly allowed: readonly AlgorithmName[];
}

export function readCase({ token, keys, allowed }: Case): Reading {
  const parts = token.split('.');
  const texts = parts.slice(0, 2).map((part) => Buffer.from(part, 'base64url').toString());
  const [header = {}, claims = {}] = texts.map((text) => JSON.parse(text.replace(/^\ufeff/, '')) as Json);
  const meant = keys.filter((key): key is Json => isMeant(key as Json | null, header));
  return { token, parts, texts, header, claims, keys, meant, allowed };
}

function isMeant(key: Json | null, { alg, kid }: Json): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const isNamed = kid === undefined || key['kid'] === kid;
  return isNamed && fitsKey(alg, key) && sameAlgorithm(key['alg'] ?? alg, alg) && isImportable(key);
}

/** Whether an entry of a key set is a public key for signatures, large enough, in the eyes of a forgiving reader. */
export function isImportable(key: Json): boolean {
  const { use = 'sig', key_ops: operations = ['verify'] } = key;
  if (use !== 'sig' || !Array.isArray(operations) || !operations.includes('verify')) return false;
  if (!operations.every((operation, at) => typeof operation === 'string' && operations.indexOf(operation) === at)) {
    return false;
  }
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    return (asymmetricKeyDetails?.modulusLength ?? 2048) >= 2048;
  } catch {
    return false;
  }
}
