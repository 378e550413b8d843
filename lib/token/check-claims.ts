import { AccessDenied } from '../errors.js';
import type { Actor, Confirmation } from '../identity/principal.js';
import { type Claims, readClaim } from '../identity/read-claim.js';
import type { Issuer } from '../trust/issuer.js';
import { type TokenProfile } from '../trust/token-profile.js';

/** Claims whose presence and types hold. */
export interface CheckedClaims {
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly scope?: string;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly auth_time?: number;
  readonly cnf?: Confirmation;
  readonly act?: ActClaim;
  readonly [name: string]: unknown;
}

/** `act` as in RFC 8693 section 4.1. */
interface ActClaim {
  readonly sub: string;
  readonly iss?: string;
  readonly act?: ActClaim;
}

/** RFC 7519 section 2 and section 4.1, RFC 9068 section 2.2: what each registered claim must be where it is. */
const TYPES = Object.entries<(value: unknown) => boolean>({
  iss: isName,
  sub: isName,
  aud: (value) => isName(value) || isNameList(value),
  exp: isNumericDate,
  iat: isNumericDate,
  nbf: isNumericDate,
  jti: isName,
  client_id: isName,
  azp: isName,
  scope: (value) => typeof value === 'string',
  acr: isName,
  amr: isNameList,
  auth_time: isNumericDate,
  cnf: isObject,
  act: isActor,
});

/**
 * Claims as the issuer's profile demands them.
 *
 * @throws {AccessDenied} `claim_missing`, `claim_invalid`
 */
export function checkClaims(claims: Claims, { profile, requiredClaims }: Issuer): CheckedClaims {
  for (const name of requiredClaims) requireClaim(claims, name);
  for (const [name, isRight] of TYPES) {
    if (Object.hasOwn(claims, name) && !isRight(claims[name])) {
      throw new AccessDenied('claim_invalid', `the claim ${name} is of the wrong type`);
    }
  }
  checkProfile(claims, profile);
  return claims as CheckedClaims;
}

/** What tells an access token of this provider from everything else that it signs. */
function checkProfile(claims: Claims, profile: TokenProfile): void {
  for (const names of profile.requiredAnyOf ?? []) {
    if (!names.some((name) => Object.hasOwn(claims, name) && !isEmpty(claims[name]))) {
      throw new AccessDenied('claim_missing', `the token has none of ${names.join(', ')}`);
    }
  }
  for (const [name, values] of Object.entries(profile.requiredValues ?? {})) {
    requireClaim(claims, name);
    if (!values.includes(claims[name] as string)) {
      throw new AccessDenied('claim_invalid', `the claim ${name} has another value than an access token's`);
    }
  }
  for (const name of profile.forbiddenClaims ?? []) {
    if (Object.hasOwn(claims, name))
      throw new AccessDenied('claim_invalid', `the claim ${name} may not be in such a token`);
  }
  const verdict: unknown = profile.checkClaims?.(claims);
  if (verdict === undefined) return;
  // A promise would be judged after the token, and `false` would be read by nobody.
  Promise.resolve(verdict).catch(() => {});
  throw new Error(`checkClaims of the profile ${profile.name} must throw or return nothing, at once`);
}

/** The text at a place that the profile names. */
export function readNameClaim(claims: Claims, location: string | readonly string[], what: string): string {
  const value = readClaim(claims, location);
  if (value === undefined) throw new AccessDenied('claim_missing', `the token has no ${what}`);
  if (!isName(value)) throw new AccessDenied('claim_invalid', `the ${what} in the token is not text`);
  return value;
}

/** The actor chain as values of our own. */
export function readActor({ sub, iss, act }: ActClaim): Actor {
  return {
    subject: sub,
    ...(iss !== undefined && { issuer: iss }),
    ...(act !== undefined && { actor: readActor(act) }),
  };
}

function requireClaim(claims: Claims, name: string): void {
  if (!Object.hasOwn(claims, name)) throw new AccessDenied('claim_missing', `the token has no ${name}`);
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNameList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isName);
}

/** RFC 7519 section 2; JSON's `1e400` is read as Infinity. */
function isNumericDate(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isActor(value: unknown): boolean {
  if (!isObject(value) || !isName(value['sub'])) return false;
  if (Object.hasOwn(value, 'iss') && !isName(value['iss'])) return false;
  return !Object.hasOwn(value, 'act') || isActor(value['act']);
}
