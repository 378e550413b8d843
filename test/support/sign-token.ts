import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { JWK } from 'countersign';
import { type Algorithm, type AlgorithmName, algorithms, isAlgorithmName } from '../../lib/jose/algorithms.js';
import { signBytes } from '../../lib/jose/sign-bytes.js';
import { signCompactJws } from '../../lib/jose/sign-compact-jws.js';

type Members = Readonly<Record<string, unknown>>;

/** A token before it is signed. */
export interface TokenShape {
  readonly header: Members;
  readonly claims: Members;
}

/** Members that are added, replaced, or, where they are undefined, removed. */
export type Change = Partial<TokenShape>;

/** Somebody with real keys, who signs whatever header and claims there are. */
export interface Signer {
  /** The public keys; the name of each (`kid`) is its algorithm's. */
  readonly keys: readonly JWK[];
  /** The signature is by the algorithm and the key that the header names. */
  sign(token: TokenShape): Promise<string>;
}

/** A signer with one key for each algorithm. */
export function createSigner(names: readonly AlgorithmName[] = ['RS256', 'PS256', 'ES256'], use = 'sig'): Signer {
  const pairs = new Map<string, ReturnType<typeof generatePair>>();
  for (const name of names) if (!pairs.has(keyNameOf(name))) pairs.set(keyNameOf(name), generatePair(name));
  const pairOf = (name: AlgorithmName) => pairs.get(keyNameOf(name)) as ReturnType<typeof generatePair>;
  return {
    keys: names.map((alg) => ({ ...pairOf(alg).publicKey.export({ format: 'jwk' }), kid: alg, alg, use })),
    sign({ header, claims }) {
      const { alg } = header;
      return signCompactJws({ kid: alg, ...header }, claims, (data) =>
        isAlgorithmName(alg)
          ? signBytes(alg, pairOf(alg).privateKey, data)
          : createHmac('sha512', 'a secret').update(data).digest(),
      );
    },
  };
}

/** The token, changed. */
export function changeToken({ header, claims }: TokenShape, change: Change): TokenShape {
  return { header: { ...header, ...change.header }, claims: { ...claims, ...change.claims } };
}

/** The key as a set publishes it that doesn't say this of it. */
export function withoutMember(key: JWK, member: 'alg' | 'kid' | 'use'): JWK {
  const { [member]: _left, ...others } = key;
  return others;
}

/** Algorithms that may share a key have one name for it. */
function keyNameOf(name: AlgorithmName): string {
  const { keyType, curve = keyType }: Algorithm = algorithms[name];
  return curve;
}

function generatePair(name: AlgorithmName): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  const { keyType, curve = '' }: Algorithm = algorithms[name];
  if (keyType === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return keyType === 'EC' ? generateKeyPairSync('ec', { namedCurve: curve }) : generateKeyPairSync('ed25519');
}
