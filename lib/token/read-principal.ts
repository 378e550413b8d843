import { AccessDenied } from '../errors.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import {
  type Authentication,
  type CallerKind,
  isCallerKind,
  type Principal,
  type TokenFacts,
} from '../identity/principal.js';
import { readClaim } from '../identity/read-claim.js';
import type { VerificationKey } from '../jose/import-public-key.js';
import type { Issuer } from '../trust/issuer.js';
import { type CheckedClaims, readActor, readNameClaim } from './check-claims.js';

/** A value on its way to be frozen. */
type Draft<T> = { -readonly [Member in keyof T]: T[Member] };

/** The caller that checked claims tell of, deep-frozen like them. Only verifying a token leads here. */
export function readPrincipal(claims: CheckedClaims, issuer: Issuer, key: VerificationKey): Principal {
  const { profile, service } = issuer;
  const subject = readNameClaim(claims, profile.claims.subject, 'subject');
  const clientId = readClientId(claims, issuer);
  const subjectIssuer = service === undefined ? undefined : readSubjectIssuer(claims, { subject, clientId }, issuer);
  const kind = readKind(claims, issuer);
  // Member by member: spreading what may be absent costs more than all the rest.
  const principal: Draft<Principal> = {
    issuer: issuer.issuer,
    subject,
    kind,
    permissions: issuer.grant(claims, { subject, kind }),
    roles: freezeDeeply(issuer.readRoles?.(claims) ?? NO_ROLES),
    authentication: readAuthentication(claims),
    token: readTokenFacts(claims, issuer, key),
    claims,
  };
  if (subjectIssuer !== undefined) principal.subjectIssuer = subjectIssuer;
  if (clientId !== undefined) principal.clientId = clientId;
  if (claims.act) principal.actor = freezeDeeply(readActor(claims.act));
  if (claims.cnf) principal.confirmation = claims.cnf;
  return Object.freeze(principal);
}

const NO_ROLES: readonly string[] = Object.freeze([]);
const NO_AUTHENTICATION: Authentication = Object.freeze({});

/**
 * A service that signs its own tokens speaks for itself, or, where it may, for a user of an issuer that it may act for: then
 * it is the current actor, and `sub_id` (RFC 9493 section 3.2.4) says whose user that is.
 */
function readSubjectIssuer(
  { act, sub_id: id }: CheckedClaims,
  { subject, clientId }: { readonly subject: string; readonly clientId: string | undefined },
  { service, issuer, mayActFor }: Issuer,
): string | undefined {
  if (act === undefined || !mayActFor) {
    if (subject === service && clientId === service) return undefined;
    throw new AccessDenied('claim_invalid', 'a service that signs its own tokens may only speak for itself');
  }
  const { format, iss, sub } = (id ?? {}) as { format?: unknown; iss?: unknown; sub?: unknown };
  const isItself = clientId === service && act.sub === service && (act.iss ?? issuer) === issuer;
  const isUser = format === 'iss_sub' && sub === subject && subject !== service;
  if (isItself && isUser && typeof iss === 'string' && mayActFor.has(iss)) return iss;
  throw new AccessDenied('claim_invalid', 'the service may not act for that user');
}

function readTokenFacts(claims: CheckedClaims, { profile }: Issuer, { keyId, algorithm }: VerificationKey): TokenFacts {
  const facts: Draft<TokenFacts> = { expiresAt: claims.exp, issuedAt: claims.iat, algorithm };
  const location = profile.claims.tokenId ?? 'jti';
  if (readClaim(claims, location) !== undefined) facts.id = readNameClaim(claims, location, 'token id');
  if (keyId !== undefined) facts.keyId = keyId;
  return Object.freeze(facts);
}

function readClientId(claims: CheckedClaims, { profile }: Issuer): string | undefined {
  const { clientId } = profile.claims;
  if (clientId === undefined) return undefined;
  if (typeof clientId === 'string') return readNameClaim(claims, clientId, 'client id');
  const places = 'firstOf' in clientId ? clientId.firstOf : [clientId];
  const place = places.find((location) => readClaim(claims, location) !== undefined) ?? places[0] ?? [];
  return readNameClaim(claims, place, 'client id');
}

function readKind(claims: CheckedClaims, { profile }: Issuer): CallerKind {
  const kind = profile.kindOf(claims);
  if (!isCallerKind(kind)) throw new Error(`kindOf of the profile ${profile.name} returned no kind of caller`);
  return kind;
}

function readAuthentication({ acr, amr, auth_time: time }: CheckedClaims): Authentication {
  if (acr === undefined && amr === undefined && time === undefined) return NO_AUTHENTICATION;
  const authentication: Draft<Authentication> = {};
  if (acr !== undefined) authentication.contextClass = acr;
  if (amr !== undefined) authentication.methods = amr;
  if (time !== undefined) authentication.time = time;
  return Object.freeze(authentication);
}
