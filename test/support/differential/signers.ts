import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { AlgorithmName, JWK } from 'countersign';
import { type Algorithm, algorithms } from '../../../lib/jose/algorithms.js';

/** What may differ from the algorithm's own way to sign. */
interface SigningQuirk {
  readonly digest?: string;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'der';
}

/** Whoever can make signatures that hold for a public key: its owner, or anybody where the key is weak. */
export interface Signer {
  readonly jwk: JWK;
  /** Private members, where there are any. */
  readonly secret: Readonly<Record<string, unknown>>;
  sign(algorithm: AlgorithmName, data: Uint8Array, quirk?: SigningQuirk): Buffer;
}

function ownerOf(privateKey: KeyObject): Signer {
  const { d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
  return {
    jwk: createPublicKey(privateKey).export({ format: 'jwk' }) as JWK,
    secret: { d, ...(p !== undefined && { p, q, dp, dq, qi }) },
    sign(algorithm, data, { digest, ...quirk } = {}) {
      const row: Algorithm = algorithms[algorithm];
      return sign(row.digest && (digest ?? row.digest), data, { key: privateKey, ...row.parameters, ...quirk });
    },
  };
}

const makeEc = (namedCurve: string) => ownerOf(generateKeyPairSync('ec', { namedCurve }).privateKey);
const makeEd = () => ownerOf(generateKeyPairSync('ed25519').privateKey);
const makeRsa = (modulusLength: number) => ownerOf(generateKeyPairSync('rsa', { modulusLength }).privateKey);

/** Two honest signers for each kind of key: one is the issuer, the other is somebody else, or its next key. */
const P256 = [makeEc('P-256'), makeEc('P-256')] as const;
const P384 = [makeEc('P-384'), makeEc('P-384')] as const;
const P521 = [makeEc('P-521'), makeEc('P-521')] as const;
const ED = [makeEd(), makeEd()] as const;
const RSA = [makeRsa(2048), makeRsa(2048)] as const;

/** The honest signers that fit an algorithm. */
export function signersOf(algorithm: AlgorithmName): readonly [Signer, Signer] {
  const { keyType, curve }: Algorithm = algorithms[algorithm];
  if (keyType === 'RSA') return RSA;
  if (keyType === 'OKP') return ED;
  return curve === 'P-256' ? P256 : curve === 'P-384' ? P384 : P521;
}

/** Keys that make valid signatures and that nobody should trust, or only just. */
export function weakSignersOf(algorithm: AlgorithmName): readonly Signer[] {
  const { keyType }: Algorithm = algorithms[algorithm];
  if (keyType === 'RSA') return WEAK_RSA;
  if (keyType === 'OKP') return LOW_ORDER;
  return [];
}

function composeRsa(p: bigint, q: bigint, e: bigint): Signer {
  const d = invert(e, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: invert(q, p) };
  const members = Object.entries(numbers).map(([name, value]) => [name, encodeNumber(value)]);
  return ownerOf(createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(members) }, format: 'jwk' }));
}

/** The public exponent that is at least so large and can be had with the primes of an honest key. */
function withExponent({ jwk: { e: _, ...rest }, secret }: Signer, least: bigint): Signer {
  const p = readNumber(secret['p']);
  const q = readNumber(secret['q']);
  let e = least;
  while (gcd(e, (p - 1n) * (q - 1n)) !== 1n) e += 2n;
  return { ...composeRsa(p, q, e), jwk: { ...rest, e: encodeNumber(e) } };
}

/** A modulus with the fingerprint of CVE-2017-15361: primes that are powers of 65537 modulo many small primes. */
function makeRoca(): Signer {
  const small = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n];
  const add = small.reduce((product, prime) => product * prime, 2n);
  const makePrime = (power: bigint) =>
    generatePrimeSync(1024, { add, rem: 65537n ** power % add, bigint: true }) as unknown as bigint;
  for (;;) {
    const [p, q] = [makePrime(5n), makePrime(9n)];
    if ((p * q) >> 2047n === 1n) return composeRsa(p, q, 65537n);
  }
}

/** With the exponent 1 a signature is the padded digest itself (RFC 8017 section 9.2): no private key is needed. */
function makeExponentOne(): Signer {
  const prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  return {
    jwk: { ...RSA[0].jwk, e: 'AQ' },
    secret: RSA[0].secret,
    sign(_algorithm, data) {
      const tail = Buffer.concat([Buffer.from([0]), prefix, createHash('sha256').update(data).digest()]);
      return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(254 - tail.length, 0xff), tail]);
    },
  };
}

const ROCA = makeRoca();

/** Whether it is the key that can be factored, however its modulus is spelt. */
export function isRocaKey({ n }: { readonly n?: unknown }): boolean {
  return typeof n === 'string' && readNumber(n) === readNumber(ROCA.jwk.n);
}

const WEAK_RSA: readonly Signer[] = [
  makeRsa(1040), // just enough for PS512
  makeRsa(2040),
  ROCA,
  makeExponentOne(),
  withExponent(RSA[0], 3n),
  withExponent(RSA[0], 2n ** 32n + 1n),
  withExponent(RSA[0], 2n ** 64n + 1n),
];

/** For these points on edwards25519 the neutral element and zero are a signature: always, or for every other message. */
const LOW_ORDER: readonly Signer[] = [
  `01${'00'.repeat(31)}`,
  `01${'00'.repeat(30)}80`,
  `ee${'ff'.repeat(30)}7f`,
  `ec${'ff'.repeat(30)}7f`,
].map((point) => ({
  jwk: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(point, 'hex').toString('base64url') },
  secret: {},
  sign: () => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]),
}));

/** The salts that PSS allows with an honest key, shortest and longest among them. */
export const SALT_LENGTHS = [0, 1, 20, 32, 33, 64, constants.RSA_PSS_SALTLEN_MAX_SIGN] as const;

function encodeNumber(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

export function readNumber(text: unknown): bigint {
  return BigInt(`0x0${Buffer.from(text as string, 'base64url').toString('hex')}`);
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

function invert(value: bigint, modulus: bigint): bigint {
  let [r, nextR, t, nextT] = [modulus, value % modulus, 0n, 1n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR] = [nextR, r - quotient * nextR];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return ((t % modulus) + modulus) % modulus;
}
