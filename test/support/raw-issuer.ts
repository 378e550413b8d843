import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  createTokenVerifier,
  type JWK,
  type TokenVerifier,
  type TokenVerifierOptions,
  type TrustedIssuer,
} from 'countersign';
import { createTestClock, type TestClock } from 'countersign/testing';
import type { AlgorithmName } from '../../lib/jose/algorithms.js';
import { claimsOf, judgeToken, makeToken, signWith } from './make-token.js';

/** An issuer with one key, that signs whatever header and payload it is given, text too; and a verifier that trusts it. */
export interface RawIssuer {
  readonly clock: TestClock;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly trust: readonly TrustedIssuer[];
  openVerifier(options?: Partial<TokenVerifierOptions>): TokenVerifier;
  claims(change?: Readonly<Record<string, unknown>>): object;
  sign(payload: object | string, header?: object): string;
  /** What a verifier with the defaults makes of the token. */
  judge(token: string): Promise<string>;
}

const ISSUER = 'https://issuer.test';

/** Its key is for ES256, or for RS256. */
export function createRawIssuer(algorithm: AlgorithmName & ('ES256' | 'RS256') = 'ES256'): RawIssuer {
  const clock = createTestClock();
  const { publicKey, privateKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: algorithm } as JWK];
  const trust = [{ issuer: ISSUER, keys: { jwks: { keys } } }];
  const openVerifier = (options = {}) =>
    createTokenVerifier({ audience: 'api://orders', trust, now: clock.now, ...options });
  const verifier = openVerifier();
  return {
    clock,
    publicKey,
    privateKey,
    trust,
    openVerifier,
    claims: (change) => claimsOf(ISSUER, clock.now(), change),
    sign: (payload, header = {}) =>
      makeToken({ alg: algorithm, typ: 'at+jwt', kid: 'k', ...header }, payload, signWith(algorithm, privateKey)),
    judge: (token) => judgeToken(verifier, token),
  };
}
