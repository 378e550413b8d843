import { type KeyObject, sign } from 'node:crypto';
import { type Algorithm, type AlgorithmName, algorithms } from './algorithms.js';

/** A signature over the data, made as the algorithm's row in the table says. */
export function signBytes(algorithm: AlgorithmName, key: KeyObject, data: Uint8Array): Buffer {
  return settleSigner(algorithm, key)(data);
}

/** What signs with the key again and again. */
export function settleSigner(algorithm: AlgorithmName, key: KeyObject): (data: Uint8Array) => Buffer {
  const { digest, parameters }: Algorithm = algorithms[algorithm];
  const signer = { key, ...parameters };
  return (data) => sign(digest, data, signer);
}
