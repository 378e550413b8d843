import { constants } from 'node:crypto';

/** Everything known about one signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export interface Algorithm {
  /** Key type of the JWK (`kty`). */
  readonly keyType: 'RSA' | 'EC' | 'OKP';
  /** Curve of the JWK (`crv`), where the key type has one. */
  readonly curve?: string;
  /** Digest that `node:crypto` is asked for; null where the algorithm brings its own. */
  readonly digest: string | null;
  /** Exact length of a signature in bytes, where it doesn't depend on the key. */
  readonly signatureLength?: number;
  /** What `node:crypto` needs beside the key. */
  readonly parameters: Readonly<{
    padding?: number;
    saltLength?: number;
    dsaEncoding?: 'ieee-p1363';
  }>;
}

const rsa = (bits: number): Algorithm => ({
  keyType: 'RSA',
  digest: `sha${bits}`,
  parameters: { padding: constants.RSA_PKCS1_PADDING },
});
const rsaPss = (bits: number): Algorithm => ({
  keyType: 'RSA',
  digest: `sha${bits}`,
  // RFC 7518 section 3.5: the salt is as long as the digest. OpenSSL's default would accept any length.
  parameters: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 },
});
const ecdsa = (bits: number, curve: string, signatureLength: number): Algorithm => ({
  keyType: 'EC',
  curve,
  digest: `sha${bits}`,
  signatureLength,
  parameters: { dsaEncoding: 'ieee-p1363' }, // RFC 7518 section 3.4: R || S, not DER
});

/**
 * The closed list: asymmetric algorithms alone. A key that is public can't sign, so there is no HMAC here, and
 * `none` is no algorithm.
 */
export const algorithms = {
  RS256: rsa(256),
  RS384: rsa(384),
  RS512: rsa(512),
  PS256: rsaPss(256),
  PS384: rsaPss(384),
  PS512: rsaPss(512),
  ES256: ecdsa(256, 'P-256', 64),
  ES384: ecdsa(384, 'P-384', 96),
  ES512: ecdsa(512, 'P-521', 132),
  EdDSA: { keyType: 'OKP', curve: 'Ed25519', digest: null, signatureLength: 64, parameters: {} },
} as const satisfies Readonly<Record<string, Algorithm>>;

/** The name of a signature algorithm, as in the `alg` header. */
export type AlgorithmName = keyof typeof algorithms;

/** Every algorithm's name. */
export const ALGORITHM_NAMES = Object.freeze(Object.keys(algorithms) as AlgorithmName[]);

/** Whether the text is the name of an algorithm in the table, letter by letter (RFC 8725bis: not `noNE`, not `es256`). */
export function isAlgorithmName(name: unknown): name is AlgorithmName {
  return typeof name === 'string' && Object.hasOwn(algorithms, name);
}
