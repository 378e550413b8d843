import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { JWK } from 'countersign';
import type { AlgorithmName } from '../../lib/jose/algorithms.js';
import { importPublicKey } from '../../lib/jose/import-public-key.js';
import { signBytes } from '../../lib/jose/sign-bytes.js';
import { verifySignature } from '../../lib/jose/verify-signature.js';

const rsaKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = () => rsaKeys; // one pair for all six: it is slow to make
const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve });
const makers: Readonly<Record<AlgorithmName, () => { publicKey: KeyObject; privateKey: KeyObject }>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: ec('P-256'),
  ES384: ec('P-384'),
  ES512: ec('P-521'),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

describe.each(Object.keys(makers) as AlgorithmName[])('%s', (algorithm) => {
  const { publicKey, privateKey } = makers[algorithm]();
  const key = importPublicKey({ ...(publicKey.export({ format: 'jwk' }) as JWK), alg: algorithm }, [algorithm]);
  const input = Buffer.from('the input');
  const signature = signBytes(algorithm, privateKey, input);
  function isAccepted(bytes: Uint8Array): boolean {
    try {
      verifySignature(key, input, bytes);
      return true;
    } catch {
      return false;
    }
  }

  it('accepts the signature as it was made', () => {
    expect(isAccepted(signature)).toBe(true);
  });

  it('refuses it with any one bit flipped', () => {
    for (let bit = 0; bit < signature.length * 8; bit++) {
      const flipped = Uint8Array.from(signature);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      if (isAccepted(flipped)) throw new Error(`accepted with bit ${bit} flipped`);
    }
  });

  it('refuses it cut to every shorter length, and longer ones', () => {
    for (let length = 0; length < signature.length; length++) {
      if (isAccepted(signature.subarray(0, length))) throw new Error(`accepted with ${length} bytes`);
    }
    expect(isAccepted(Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
    expect(isAccepted(Buffer.concat([Buffer.alloc(1), signature]))).toBe(false);
  });
});
