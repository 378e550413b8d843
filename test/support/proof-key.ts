import { createHash, generateKeyPairSync, type KeyObject, type KeyPairKeyObjectResult, randomUUID } from 'node:crypto';
import type { AlgorithmName } from '../../lib/jose/algorithms.js';
import { computeThumbprint } from '../../lib/jose/compute-thumbprint.js';
import { makeToken, signWith } from './make-token.js';

/** What a proof is for. */
interface ProofTarget {
  readonly token: string;
  readonly method?: string;
  readonly url: string;
  readonly now: number;
}

/** What is other in a proof than in an honest one: members are added, replaced, or removed where they are undefined. */
export interface ProofChange {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Another signature than that of the key. */
  readonly sign?: (input: Buffer) => Uint8Array;
  /** The payload as text, in place of the claims. */
  readonly payload?: string;
}

/** The key of a caller, and what it makes of it. */
export interface ProofKey {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Claims of a token that is bound to this key. */
  readonly bound: { readonly cnf: { readonly jkt: string } };
  prove(target: ProofTarget, change?: ProofChange): string;
}

/** A fresh key, which proves by the algorithm. */
export function createProofKey(algorithm: AlgorithmName = 'ES256'): ProofKey {
  const { publicKey, privateKey } = generateKeys(algorithm);
  const jwk = publicKey.export({ format: 'jwk' });
  return {
    publicKey,
    privateKey,
    bound: { cnf: { jkt: computeThumbprint(jwk) } },
    prove({ token, method = 'GET', url, now }, { header, claims, sign, payload } = {}) {
      const honest = { jti: randomUUID(), htm: method, htu: url, iat: now, ath: hashToken(token) };
      return makeToken(
        { typ: 'dpop+jwt', alg: algorithm, jwk, ...header },
        payload ?? { ...honest, ...claims },
        sign ?? signWith(algorithm, privateKey),
      );
    },
  };
}

/** `ath` of a token (RFC 9449 section 4.2). */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** RSA keys take long to make: one does for all callers. */
let rsaKeys: KeyPairKeyObjectResult | undefined;

function generateKeys(algorithm: AlgorithmName): KeyPairKeyObjectResult {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  if (!algorithm.startsWith('ES')) {
    rsaKeys ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
    return rsaKeys;
  }
  return generateKeyPairSync('ec', { namedCurve: algorithm === 'ES512' ? 'P-521' : `P-${algorithm.slice(2)}` });
}
