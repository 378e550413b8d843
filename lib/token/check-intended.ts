import { AccessDenied } from '../errors.js';
import { readClaim } from '../identity/read-claim.js';
import type { AuthenticToken } from './authenticate-token.js';

/** Whether the token is for now, asked so that nothing but a clear yes will do (RFC 7519 section 4.1.4 to 4.1.6); the tolerance covers clocks that differ. */
export function checkTimes({ claims }: AuthenticToken, now: number, toleranceSeconds: number): void {
  if (!(now < claims.exp + toleranceSeconds)) throw new AccessDenied('token_expired', 'the token has expired');
  if (!(claims.iat <= now + toleranceSeconds)) {
    throw new AccessDenied('token_not_yet_valid', 'the token was issued in the future');
  }
  if (claims.nbf !== undefined && !(claims.nbf <= now + toleranceSeconds)) {
    throw new AccessDenied('token_not_yet_valid', 'the token is not valid yet');
  }
}

/** A credential that lives long is no short-lived credential, whoever signed it. */
export function checkLifetime({ claims, principal, issuer }: AuthenticToken): void {
  if (claims.exp - claims.iat > issuer.profile.maxLifetimeSeconds[principal.kind]) {
    throw new AccessDenied('token_lifetime_too_long', 'the token lives longer than one of its kind may');
  }
}

/** Whether the token is for here (RFC 7519 section 4.1.3): one of its audiences is one of ours, letter by letter. */
export function checkAudience({ claims, issuer: { audience, profile } }: AuthenticToken): void {
  const substitute = profile.claims.audience;
  const named: unknown = claims.aud ?? (substitute === undefined ? undefined : readClaim(claims, substitute));
  const isMeant = Array.isArray(named) ? named.some((name) => audience.has(name)) : audience.has(named as string);
  if (!isMeant) throw new AccessDenied('audience_mismatch', 'the token is meant for somebody else');
}
