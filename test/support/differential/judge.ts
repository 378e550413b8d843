import { AccessDenied, createTokenVerifier, type ReasonCode } from 'countersign';
import * as jose from 'jose';
import { AUDIENCES, type Case, ISSUER, NOW, sameAlgorithm } from './draft.js';

/** What a verifier made of a case: the claims that it read, or why it refused. */
export type Verdict<Reason> =
  | { readonly isAccepted: true; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly isAccepted: false; readonly reason: Reason };

const TOLERANCE_SECONDS = 5;
const LONGEST_LIFE_SECONDS = 3600;

/** A fresh verifier of ours. Whatever it throws, but a refusal, is thrown on. */
export async function judgeByUs({ token, keys, allowed }: Case): Promise<Verdict<ReasonCode>> {
  const verifier = createTokenVerifier({
    audience: AUDIENCES,
    trust: [{ issuer: ISSUER, algorithms: allowed, keys: { client: { getKeys: async () => keys } } }],
    clockToleranceSeconds: TOLERANCE_SECONDS,
    now: () => NOW,
  });
  try {
    return { isAccepted: true, claims: (await verifier.verify(token)).claims };
  } catch (error) {
    if (error instanceof AccessDenied) return { isAccepted: false, reason: error.reason };
    throw error;
  }
}

/** jose, with everything asked of it that it can be asked. */
export async function judgeByJose({ token, keys, allowed }: Case): Promise<Verdict<unknown>> {
  const options: jose.JWTVerifyOptions = {
    issuer: ISSUER,
    audience: [...AUDIENCES],
    typ: 'at+jwt',
    algorithms: allowed.includes('EdDSA') ? [...allowed, 'Ed25519'] : [...allowed],
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
    clockTolerance: TOLERANCE_SECONDS,
    currentDate: new Date(NOW * 1000),
    maxTokenAge: LONGEST_LIFE_SECONDS, // the age of a token that lives no longer, and the one way to have `iat` checked
  };
  try {
    const { alg } = jose.decodeProtectedHeader(token);
    const jwks = jose.createLocalJWKSet({ keys: keys.flatMap((key) => translateKey(key, alg)) as jose.JWK[] });
    return { isAccepted: true, claims: await verifyWithEach(token, jwks, options) };
  } catch (reason) {
    return { isAccepted: false, reason };
  }
}

/** Where several keys match, each is tried, as jose's documentation shows. */
async function verifyWithEach(token: string, jwks: jose.JWTVerifyGetKey, options: jose.JWTVerifyOptions) {
  try {
    return (await jose.jwtVerify(token, jwks, options)).payload;
  } catch (error) {
    if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const verified = await jose.jwtVerify(token, key, options).catch(() => undefined);
      if (verified) return verified.payload;
    }
    throw error;
  }
}

/**
 * An entry of a key set in the terms of jose, which differ from ours in what says nothing about a key: an entry that is
 * no key makes the whole set unusable (RFC 7517 section 5 has it passed over); EdDSA's two names (RFC 9864) are two
 * algorithms; and the Web Crypto API refuses a public key that may also sign, or whose `ext` is no boolean.
 */
function translateKey(key: unknown, alg: unknown): readonly unknown[] {
  if (typeof key !== 'object' || key === null || Array.isArray(key)) return [];
  const { ext: _, ...entry } = key as Readonly<Record<string, unknown>>;
  const { alg: named, key_ops: operations } = entry;
  const isOtherName = sameAlgorithm(named, alg);
  const maySign = JSON.stringify(operations) === '["verify","sign"]';
  return [{ ...entry, ...(isOtherName && { alg }), ...(maySign && { key_ops: ['verify'] }) }];
}
