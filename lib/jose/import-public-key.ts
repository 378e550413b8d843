import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { type AlgorithmName, algorithms, isAlgorithmName } from './algorithms.js';
import { decodeBase64url } from './decode-base64url.js';
import { isLowOrderPoint } from './is-low-order-point.js';
import { isRocaModulus } from './is-roca-modulus.js';

/** A JSON Web Key (RFC 7517). Every member is somebody's claim until `importPublicKey` has looked at it. */
export interface JWK {
  readonly kty?: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly key_ops?: readonly string[];
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  readonly [member: string]: unknown;
}

/** A public key that may verify with exactly one algorithm. */
export interface VerificationKey {
  readonly keyId: string | undefined;
  readonly algorithm: AlgorithmName;
  readonly key: KeyObject;
}

/** The key can't be used, and why: `private` where it should have stayed at home, `unfit` for everything else. */
export class UnusableKey extends Error {
  override readonly name = 'UnusableKey';
  readonly kind: 'private' | 'unfit';

  constructor(problem: string, kind: 'private' | 'unfit' = 'unfit') {
    super(problem);
    this.kind = kind;
  }
}

/** What a key must be for (`use`): signatures in general, or the JWT-SVIDs of a SPIFFE trust domain. */
export type KeyPurpose = 'sig' | 'jwt-svid';

const MIN_RSA_BITS = 2048; // RFC 7518 section 3.3
const MAX_RSA_BITS = 16384; // a larger one only buys its owner our processor's time
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * A key out of a set, pinned to one algorithm: its own `alg`, or the only configured one that fits it. The token has no
 * say in it.
 *
 * @throws {UnusableKey} private or symmetric, for encryption, of the wrong type, curve or size, or of several algorithms
 */
export function importPublicKey(
  jwk: JWK,
  allowed: readonly AlgorithmName[],
  purpose: KeyPurpose = 'sig',
): VerificationKey {
  if (typeof jwk !== 'object' || jwk === null) throw new UnusableKey('is not an object');
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) {
    throw new UnusableKey('holds private or symmetric key material', 'private');
  }
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string') throw new UnusableKey('has a kid that is not text');
  refuseOtherPurpose(jwk, purpose);
  const algorithm = pinAlgorithm(jwk, allowed, purpose);
  const members = algorithms[algorithm].keyType === 'RSA' ? readRsa(jwk) : readCurve(jwk, algorithm);
  return { keyId: jwk.kid, algorithm, key: toKeyObject(members) };
}

/** A JWK need not say what it is for (RFC 7517 section 4.2); one of a SPIFFE bundle must (SPIFFE bundles, section 4.2.2). */
function refuseOtherPurpose({ use, key_ops: operations }: JWK, purpose: KeyPurpose): void {
  const isFit = use === purpose || (use === undefined && purpose === 'sig');
  if (!isFit) throw new UnusableKey(`is not for ${purpose === 'sig' ? 'signatures' : 'JWT-SVIDs'} (use)`);
  if (operations === undefined) return;
  if (!Array.isArray(operations) || !operations.includes('verify')) {
    throw new UnusableKey('is not for verifying (key_ops)');
  }
  // RFC 7517 section 4.3: each of them is text, and none is there twice.
  if (!operations.every((operation) => typeof operation === 'string') || new Set(operations).size < operations.length) {
    throw new UnusableKey('has key_ops that are not distinct texts');
  }
}

/** What RSA keys of SPIFFE bundles are for, which name no `alg`: it is what SPIRE signs with. Others are configured. */
const SPIFFE_RSA: AlgorithmName = 'RS256';

function pinAlgorithm(jwk: JWK, allowed: readonly AlgorithmName[], purpose: KeyPurpose): AlgorithmName {
  const named = jwk.alg === 'Ed25519' ? 'EdDSA' : jwk.alg; // RFC 9864 gives EdDSA over this curve its own name
  if (named !== undefined) {
    if (!isAlgorithmName(named) || !allowed.includes(named))
      throw new UnusableKey('is for an algorithm not allowed here');
    return named;
  }
  const fitting = allowed.filter((name) => fits(jwk, name));
  if (purpose === 'jwt-svid' && fitting.includes(SPIFFE_RSA)) return SPIFFE_RSA;
  const [only, second] = fitting;
  if (!only) throw new UnusableKey('fits none of the allowed algorithms');
  if (second) throw new UnusableKey(`names no alg and fits several (${only}, ${second} …): configure one of them`);
  return only;
}

function fits(jwk: JWK, name: AlgorithmName): boolean {
  const { keyType, curve } = algorithms[name] as { keyType: string; curve?: string };
  return jwk.kty === keyType && (curve === undefined || jwk.crv === curve);
}

function readRsa({ kty, n, e }: JWK): JsonWebKey {
  const modulus = readUnsigned('n', n);
  const exponent = readUnsigned('e', e);
  if (kty !== 'RSA') throw new UnusableKey('is not of the type that its algorithm needs');
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) throw new UnusableKey(`is an RSA key of ${bits} bits`);
  if (isRocaModulus(modulus)) throw new UnusableKey('is an RSA key that can be factored (CVE-2017-15361)');
  // e = 1 makes every message its own signature; OpenSSL lets it pass.
  const isOdd = ((exponent[exponent.length - 1] ?? 0) & 1) === 1;
  if (!isOdd || exponent.length > 8 || (exponent.length === 1 && (exponent[0] ?? 0) < 3)) {
    throw new UnusableKey('has an RSA exponent that is even, below 3 or over 64 bits');
  }
  return { kty, n: n as string, e: e as string };
}

function readCurve(jwk: JWK, algorithm: AlgorithmName): JsonWebKey {
  if (!fits(jwk, algorithm)) throw new UnusableKey('is not of the type and curve that its algorithm needs');
  const { kty, crv, x, y } = jwk as { kty: string; crv: string; x?: string; y?: string };
  const point = readBytes('x', x);
  if (kty === 'OKP') {
    if (isLowOrderPoint(point)) throw new UnusableKey('is a point of low order, for which anybody can sign');
    return { kty, crv, x: x as string };
  }
  readBytes('y', y);
  return { kty, crv, x: x as string, y: y as string };
}

function readBytes(member: string, value: unknown): Buffer {
  const bytes = typeof value === 'string' ? decodeBase64url(value) : undefined;
  if (!bytes?.length) throw new UnusableKey(`has no canonical base64url in ${member}`);
  return bytes;
}

/** RFC 7518 section 2, Base64urlUInt: the leading zero octets that some publishers add are tolerated. */
function readUnsigned(member: string, value: unknown): Buffer {
  const bytes = readBytes(member, value);
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) throw new UnusableKey(`has a zero in ${member}`);
  return bytes.subarray(first);
}

function toKeyObject(members: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: members, format: 'jwk' });
  } catch {
    throw new UnusableKey('holds no point or number that makes a key');
  }
}
