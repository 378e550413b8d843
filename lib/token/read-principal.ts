import { AccessDenied } from '../errors.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import { type Authentication, type CallerKind, isCallerKind, type Principal } from '../identity/principal.js';
import { type ClaimLocation, readClaim } from '../identity/read-claim.js';
import type { VerificationKey } from '../jose/import-public-key.js';
import type { Issuer } from '../trust/issuer.js';
import { type CheckedClaims, readActor, readNameClaim } from './check-claims.js';

/** The caller that checked claims tell of. Only verifying a token leads here. */
export function readPrincipal(claims: CheckedClaims, issuer: Issuer, key: VerificationKey): Principal {
  const { profile, service } = issuer;
  const subject = readNameClaim(claims, profile.claims.subject, 'subject');
  const clientId = readClientId(claims, issuer);
  const subjectIssuer = service === undefined ? undefined : readSubjectIssuer(claims, { subject, clientId }, issuer);
  const kind = readKind(claims, issuer);
  return freezeDeeply({
    issuer: issuer.issuer,
    subject,
    kind,
    ...(subjectIssuer !== undefined && { subjectIssuer }),
    ...(clientId !== undefined && { clientId }),
    permissions: issuer.grant(claims, { subject, kind }),
    roles: issuer.readRoles?.(claims) ?? [],
    ...(claims.act && { actor: readActor(claims.act) }),
    authentication: readAuthentication(claims),
    ...(claims.cnf && { confirmation: claims.cnf }),
    token: {
      ...readTokenId(claims, profile.claims.tokenId ?? 'jti'),
      expiresAt: claims.exp,
      issuedAt: claims.iat,
      ...(key.keyId !== undefined && { keyId: key.keyId }),
      algorithm: key.algorithm,
    },
    claims,
  });
}

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

function readTokenId(claims: CheckedClaims, location: ClaimLocation): { readonly id?: string } {
  return readClaim(claims, location) === undefined ? {} : { id: readNameClaim(claims, location, 'token id') };
}

function readClientId(claims: CheckedClaims, { profile }: Issuer): string | undefined {
  const { clientId } = profile.claims;
  if (clientId === undefined) return undefined;
  const places = typeof clientId === 'object' && 'firstOf' in clientId ? clientId.firstOf : [clientId];
  const place = places.find((location) => readClaim(claims, location) !== undefined) ?? places[0] ?? [];
  return readNameClaim(claims, place, 'client id');
}

function readKind(claims: CheckedClaims, { profile }: Issuer): CallerKind {
  const kind = profile.kindOf(claims);
  if (!isCallerKind(kind)) throw new Error(`kindOf of the profile ${profile.name} returned no kind of caller`);
  return kind;
}

function readAuthentication({ acr, amr, auth_time: time }: CheckedClaims): Authentication {
  return {
    ...(acr !== undefined && { contextClass: acr }),
    ...(amr !== undefined && { methods: amr }),
    ...(time !== undefined && { time }),
  };
}
