import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ConfigurationError } from '../errors.js';
import { computeThumbprint } from '../jose/compute-thumbprint.js';
import { importPublicKey, type JWK } from '../jose/import-public-key.js';
import { settleSigner } from '../jose/sign-bytes.js';
import { verifySignature } from '../jose/verify-signature.js';
import { type Clock, isGiven, quoteText, readClock, readOptions } from '../options.js';
import { readSigningKey, type SigningAlgorithm, type SigningKeySource } from './read-signing-key.js';

/** A key that signs. Where its private half lives is its own affair. */
export interface SigningKey {
  /** RFC 7638 thumbprint of the public half. */
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Our own signing keys: one signs, and everybody knows the next one before it does. */
export interface KeyRing {
  /** The key that signs now. */
  activeKey(): SigningKey;
  /** Every key that may have signed a token that still lives, and the next one: public halves alone (RFC 7517). */
  jwks(): { readonly keys: readonly JWK[] };
  /**
   * The next key becomes active; the one before stays published until its last token has expired.
   *
   * @param upcoming the key after that; a fresh one by default, where the ring makes its own keys
   * @throws {ConfigurationError} where there is no next key to become active
   */
  rotate(upcoming?: SigningKeySource): void;
}

/** Options of {@link createKeyRing}. */
export interface KeyRingOptions {
  /** Algorithm of fresh keys; ES256 by default. Given keys bring theirs. */
  readonly algorithm?: SigningAlgorithm;
  /** The key that signs; a fresh one by default. */
  readonly active?: SigningKeySource;
  /** The key that will sign after the next rotation; published already. Left out beside a given `active`: none. */
  readonly next?: SigningKeySource;
  readonly now?: () => number;
}

interface HeldKey extends SigningKey {
  readonly publicJwk: JWK;
}

const ALGORITHMS: readonly unknown[] = ['ES256', 'EdDSA', 'RS256'] satisfies SigningAlgorithm[];
/** The longest life of a token, the greatest tolerance of a receiver, and a minute for whoever is slow. */
const RETIRED_SECONDS = 900 + 60 + 60;

/**
 * A ring of signing keys in memory.
 *
 * @throws {ConfigurationError} for a key that doesn't parse or is none to sign with; the message holds nothing of the key
 */
export function createKeyRing(options: KeyRingOptions = {}): KeyRing {
  const given = readOptions('keyRing', options, ['algorithm', 'active', 'next', 'now']);
  const algorithm = isGiven(given, 'algorithm') ? readSigningAlgorithm(given.algorithm) : 'ES256';
  const isFresh = !isGiven(given, 'active');
  const hold = (name: 'active' | 'next') => {
    const key = holdKey(readSigningKey(`keyRing.${name}`, given[name]));
    if (isGiven(given, 'algorithm') && key.algorithm !== algorithm) {
      throw new ConfigurationError(
        `keyRing.${name}`,
        `is a key for ${key.algorithm}, but keyRing.algorithm says ${algorithm}`,
      );
    }
    return key;
  };
  const active = isFresh ? generateKey(algorithm) : hold('active');
  const next = isGiven(given, 'next') ? hold('next') : isFresh ? generateKey(algorithm) : undefined;
  return turnKeys({
    active,
    next,
    makeKey: isFresh ? () => generateKey(algorithm) : undefined,
    now: readClock('keyRing.now', given),
  });
}

interface Turning {
  active: HeldKey;
  next: HeldKey | undefined;
  readonly makeKey: (() => HeldKey) | undefined;
  readonly now: Clock;
}

function turnKeys({ active, next, makeKey, now }: Turning): KeyRing {
  let retired: { readonly key: HeldKey; readonly until: number }[] = [];
  refuseTwin(next, [active]);
  return {
    activeKey: () => active,
    jwks() {
      retired = retired.filter(({ until }) => until > now());
      const published = [active, ...(next ? [next] : []), ...retired.map(({ key }) => key)];
      return { keys: published.map(({ publicJwk }) => publicJwk) };
    },
    rotate(upcoming) {
      if (!next)
        throw new ConfigurationError('keyRing.next', 'is missing: publish the next key for a while before it signs');
      const following = upcoming ? holdKey(readSigningKey('rotate', upcoming)) : makeKey?.();
      refuseTwin(following, [active, next, ...retired.map(({ key }) => key)]);
      retired.push({ key: active, until: now() + RETIRED_SECONDS });
      active = next;
      next = following;
    },
  };
}

/** A set with one key twice would be refused by those who read it. */
function refuseTwin(key: HeldKey | undefined, others: readonly HeldKey[]): void {
  if (key && others.some(({ keyId }) => keyId === key.keyId)) {
    throw new ConfigurationError(
      'keyRing.next',
      'is a key that is published already: the same key as the active one, or a retired one',
    );
  }
}

function readSigningAlgorithm(value: unknown): SigningAlgorithm {
  if (ALGORITHMS.includes(value)) return value as SigningAlgorithm;
  const found = typeof value === 'string' ? quoteText(value) : typeof value;
  throw new ConfigurationError('keyRing.algorithm', `must be one of ${ALGORITHMS.join(', ')}, found ${found}`);
}

function generateKey(algorithm: SigningAlgorithm): HeldKey {
  const { privateKey } = {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 3072 }), // ASVS 11.2.3: at least 128 bits of strength
  }[algorithm]();
  return holdKey({ algorithm, privateKey });
}

function holdKey({ algorithm, privateKey }: { algorithm: SigningAlgorithm; privateKey: KeyObject }): HeldKey {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  const sign = settleSigner(algorithm, privateKey);
  refuseMismatch(algorithm, sign, jwk);
  const keyId = computeThumbprint(jwk);
  return Object.freeze({
    keyId,
    algorithm,
    publicJwk: Object.freeze({ ...jwk, kid: keyId, use: 'sig', alg: algorithm }),
    sign,
  });
}

/** A JWK can say anything of its public half: what we sign must verify with what we publish. */
function refuseMismatch(algorithm: SigningAlgorithm, sign: (data: Uint8Array) => Uint8Array, jwk: JWK): void {
  const probe = Buffer.from('countersign');
  try {
    verifySignature(importPublicKey(jwk, [algorithm]), probe, sign(probe));
  } catch {
    throw new ConfigurationError('keyRing', 'has a key whose public half is not its own');
  }
}
