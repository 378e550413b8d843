import type { ReasonCode } from '../errors.js';
import { readAlgorithmName } from '../jose/read-algorithms.js';
import { normalizeType } from '../trust/token-profile.js';
import type { UnverifiedToken } from './split-token.js';
import { tellDistance, tellDuration } from './tell-time.js';

/** A check that would complain, and of what. `note`: it depends on the service. */
type Oddity = readonly [ReasonCode | 'note', string];
type Claims = UnverifiedToken['unverifiedClaims'];

/** Lifetimes of users and services under most profiles; an entry's `maxLifetimeSeconds` may say otherwise. */
const USER_SECONDS = 3600;
const SERVICE_SECONDS = 900;
const KEY_HEADERS = ['jku', 'jwk', 'x5u', 'x5c'];
const NAMES = ['iss', 'sub'] as const;
const TIMES = ['iat', 'exp', 'nbf'] as const;

/** What is seen at first sight, without keys and without a configuration. No oddity says nothing about the signature. */
export function noteOddities(token: UnverifiedToken, now: number): readonly Oddity[] {
  const { unverifiedHeader, unverifiedClaims, signatureLength } = token;
  return [
    ...noteHeader(unverifiedHeader, signatureLength),
    ...noteMissing(unverifiedClaims),
    ...noteTimes(unverifiedClaims, now),
    ...noteKind(unverifiedClaims),
  ];
}

function* noteHeader(header: UnverifiedToken['unverifiedHeader'], signatureLength: number): Iterable<Oddity> {
  const { alg, typ, kid } = header;
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    yield ['token_extension_refused', 'crit or b64 asks for an extension; none is understood'];
  }
  if (!readAlgorithmName(alg)) yield ['algorithm_refused', explainAlgorithm(alg)];
  if (typ === undefined) yield ['token_type_refused', 'no typ; RFC 9068 wants at+jwt, some profiles take none'];
  else if (normalizeType(typ) !== 'at+jwt') {
    yield ['token_type_refused', 'typ is not at+jwt; some profiles take others, such as JWT'];
  }
  if (Object.hasOwn(header, 'cty')) yield ['token_type_refused', 'cty says that there is another token inside'];
  if (kid === undefined) yield ['key_unknown', 'no kid; only an issuer with exactly one fitting key will do'];
  if (signatureLength === 0) yield ['signature_invalid', 'the signature is empty'];
  const brought = KEY_HEADERS.filter((name) => Object.hasOwn(header, name));
  if (brought.length > 0) yield ['note', `${brought.join(', ')} would bring a key along; it is never read`];
}

function explainAlgorithm(alg: string): string {
  if (/^none$/i.test(alg)) return 'alg is none: nobody signed it';
  if (/^HS\d+$/i.test(alg)) return 'alg is an HMAC: whoever can verify it can forge it; only public keys are used here';
  return 'alg is not one of RS, PS, ES 256, 384, 512 and EdDSA';
}

function* noteMissing(claims: Claims): Iterable<Oddity> {
  for (const name of [...NAMES, 'aud', 'exp', 'iat']) {
    if (!Object.hasOwn(claims, name)) yield ['claim_missing', `no ${name}`];
  }
  for (const name of NAMES) {
    if (Object.hasOwn(claims, name) && typeof claims[name] !== 'string') yield ['claim_invalid', `${name} is not text`];
  }
  for (const name of TIMES) {
    if (Object.hasOwn(claims, name) && !isTime(claims[name]))
      yield ['claim_invalid', `${name} is not a time in seconds`];
  }
}

function* noteTimes({ iat, exp, nbf }: Claims, now: number): Iterable<Oddity> {
  if (isTime(exp) && exp <= now) yield ['token_expired', `expired ${tellDistance(exp, now)}`];
  if (isTime(exp) && exp > now * 100) yield ['note', 'exp looks like milliseconds; it must be seconds'];
  for (const time of [iat, nbf]) {
    if (isTime(time) && time > now) yield ['token_not_yet_valid', `valid only ${tellDistance(time, now)}`];
  }
  if (!isTime(iat) || !isTime(exp)) return;
  const life = exp - iat;
  if (life > USER_SECONDS)
    yield ['token_lifetime_too_long', `lives ${tellDuration(life)}; users may 1 h, services 15 min`];
  else if (life > SERVICE_SECONDS) yield ['note', `lives ${tellDuration(life)}; services may 15 min`];
}

function* noteKind(claims: Claims): Iterable<Oddity> {
  if (['nonce', 'at_hash', 'c_hash'].some((name) => Object.hasOwn(claims, name))) {
    yield ['note', 'looks like an ID token (nonce, at_hash); services want the access token'];
  }
  if (Object.hasOwn(claims, 'cnf')) yield ['note', 'bound to a key (cnf): worth nothing without its proof'];
}

/** A NumericDate (RFC 7519 section 2). */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
