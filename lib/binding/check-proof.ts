import { createHash } from 'node:crypto';
import { AccessDenied } from '../errors.js';
import type { AlgorithmName } from '../jose/algorithms.js';
import { computeThumbprint } from '../jose/compute-thumbprint.js';
import { importPublicKey, type JWK, UnusableKey, type VerificationKey } from '../jose/import-public-key.js';
import { type JoseHeader, parseCompactJws, refuseExtensions } from '../jose/parse-compact-jws.js';
import { parseJsonObject } from '../jose/parse-json-object.js';
import { readAlgorithmName } from '../jose/read-algorithms.js';
import { verifySignature } from '../jose/verify-signature.js';
import type { Nonces } from './issue-nonces.js';
import { normalizeUri } from './normalize-uri.js';

/** A proof as it was shown, and what it must be for. */
export interface ShownProof {
  /** The value of the `DPoP` field. */
  readonly unverifiedProof: string;
  readonly method: string;
  /** The URI that was asked for, normalized; undefined where the target is no path. */
  readonly uri: string | undefined;
}

/** How proofs are judged, settled at start. */
export interface ProofRules {
  readonly algorithms: readonly AlgorithmName[];
  /** How old a proof may be, where no nonce tells its time. Seconds. */
  readonly maxAgeSeconds: number;
  readonly clockToleranceSeconds: number;
  /** Where there are any, each proof must have one. */
  readonly nonces?: Nonces;
}

/** A proof that holds for this request and this token. It may have been used before. */
export interface CheckedProof {
  /** SHA-256 thumbprint of the key (RFC 7638): what `cnf.jkt` names. */
  readonly thumbprint: string;
  /** One name for this proof: of its key, its `jti` and its target (RFC 9449 section 11.1). */
  readonly name: string;
  /**
   * When it can't be shown any more, wherever the clocks of replicas and stores stand. Whole seconds since the epoch, in
   * which stores count.
   */
  readonly expiresAt: number;
}

interface ProofClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath: string;
  readonly nonce?: string;
}

const MAX_ID_LENGTH = 512;

/**
 * The checks of RFC 9449 section 4.3, but for the binding and the reuse.
 *
 * @throws {AccessDenied} `proof_invalid`, `proof_nonce_required`
 */
export function checkProof(shown: ShownProof, token: string, rules: ProofRules, now: number): CheckedProof {
  const { jwk, claims } = verifyProof(shown.unverifiedProof, rules.algorithms);
  demand(claims.htm === shown.method, 'it is for another method');
  demand(shown.uri !== undefined && normalizeUri(claims.htu) === shown.uri, 'it is for another URI');
  demand(claims.ath === hash(token), 'it is for another token');
  const expiresAt = Math.ceil(checkTime(claims, rules, now) + rules.clockToleranceSeconds);
  const thumbprint = computeThumbprint(jwk);
  return { thumbprint, name: hash(JSON.stringify([thumbprint, claims.jti, shown.uri])), expiresAt };
}

/** A proof signed by the key that it carries. Any malformation is a proof that doesn't hold, whatever layer finds it. */
function verifyProof(unverifiedProof: string, algorithms: readonly AlgorithmName[]) {
  try {
    const { unverifiedHeader, unverifiedPayload, signingInput, signature } = parseCompactJws(unverifiedProof);
    refuseExtensions(unverifiedHeader);
    demand(/^(?:application\/)?dpop\+jwt$/i.test(unverifiedHeader.typ ?? ''), 'it is of another type');
    const { key, jwk } = readKey(unverifiedHeader, algorithms);
    verifySignature(key, signingInput, signature);
    return { jwk, claims: readClaims(parseJsonObject(unverifiedPayload, 'proof')) };
  } catch (cause) {
    if (cause instanceof AccessDenied && cause.reason === 'proof_invalid') throw cause;
    if (!(cause instanceof AccessDenied || cause instanceof UnusableKey)) throw cause;
    throw new AccessDenied('proof_invalid', `the DPoP proof does not hold: ${cause.message}`, { cause });
  }
}

/** The one place where a key from a token counts: it proves possession of itself, and nothing about anybody. */
function readKey({ alg, jwk }: JoseHeader, algorithms: readonly AlgorithmName[]): { key: VerificationKey; jwk: JWK } {
  const algorithm = readAlgorithmName(alg);
  if (!algorithm || !algorithms.includes(algorithm)) {
    throw new AccessDenied('proof_invalid', 'the DPoP proof does not hold: its algorithm is not accepted');
  }
  return { key: importPublicKey(jwk as JWK, [algorithm]), jwk: jwk as JWK };
}

function readClaims(claims: Readonly<Record<string, unknown>>): ProofClaims {
  for (const name of ['jti', 'htm', 'htu', 'ath']) {
    demand(Object.hasOwn(claims, name) && isText(claims[name]), `its ${name} is missing or no text`);
  }
  const { iat, nonce, jti } = claims as unknown as ProofClaims;
  demand(Object.hasOwn(claims, 'iat') && Number.isFinite(iat) && iat >= 0, 'its iat is missing or no time');
  demand(!Object.hasOwn(claims, 'nonce') || isText(nonce), 'its nonce is no text');
  demand(jti.length <= MAX_ID_LENGTH, 'its jti is too long');
  return claims as unknown as ProofClaims;
}

/** RFC 9449 section 4.3, check 11: the time is the nonce's where nonces are used, else that of `iat`. How long it holds. */
function checkTime({ iat, nonce }: ProofClaims, rules: ProofRules, now: number): number {
  const { nonces, maxAgeSeconds, clockToleranceSeconds } = rules;
  if (nonces) {
    if (nonce !== undefined && nonces.isFresh(nonce)) return now + nonces.windowSeconds;
    throw new AccessDenied('proof_nonce_required', 'the DPoP proof has no nonce of ours that is fresh');
  }
  demand(iat <= now + clockToleranceSeconds, 'it is of the future');
  demand(iat >= now - maxAgeSeconds - clockToleranceSeconds, 'it is too old');
  return iat + maxAgeSeconds + clockToleranceSeconds;
}

function demand(isRight: boolean, problem: string): void {
  if (!isRight) throw new AccessDenied('proof_invalid', `the DPoP proof does not hold: ${problem}`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
