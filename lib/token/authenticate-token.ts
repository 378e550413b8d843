import { AccessDenied } from '../errors.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import type { Principal } from '../identity/principal.js';
import { type JoseHeader, parseCompactJws, refuseExtensions } from '../jose/parse-compact-jws.js';
import { parseJsonObject } from '../jose/parse-json-object.js';
import { readAlgorithmName } from '../jose/read-algorithms.js';
import { verifySignature } from '../jose/verify-signature.js';
import type { Issuer } from '../trust/read-trusted-issuers.js';
import { type Claims, normalizeType } from '../trust/token-profile.js';
import { type CheckedClaims, checkClaims } from './check-claims.js';
import { readPrincipal } from './read-principal.js';

/** A token that its issuer signed as it stands. Whether it is for now and for here is not settled yet. */
export interface AuthenticToken {
  readonly principal: Principal;
  readonly claims: CheckedClaims;
  readonly issuer: Issuer;
}

/** Finds the issuer, then the key, then the truth; nothing of a token counts before its signature held. */
export async function authenticateToken(token: string, issuers: ReadonlyMap<string, Issuer>): Promise<AuthenticToken> {
  const { unverifiedHeader, unverifiedPayload, signingInput, signature } = parseCompactJws(token);
  const unverifiedClaims = parseJsonObject(unverifiedPayload, 'payload');
  refuseExtensions(unverifiedHeader);
  const issuer = findIssuer(unverifiedClaims, issuers);
  checkAlgorithm(unverifiedHeader, issuer);
  checkType(unverifiedHeader, issuer);
  const key = await issuer.keys.findKey(unverifiedHeader);
  verifySignature(key, signingInput, signature);
  const claims = freezeDeeply(checkClaims(unverifiedClaims, issuer.profile));
  return { principal: readPrincipal(claims, issuer, key), claims, issuer };
}

/** RFC 8725 section 3.8: keys belong to their issuer, so the issuer comes first, and is compared letter by letter. */
function findIssuer(unverifiedClaims: Claims, issuers: ReadonlyMap<string, Issuer>): Issuer {
  if (!Object.hasOwn(unverifiedClaims, 'iss')) throw new AccessDenied('claim_missing', 'the token has no iss');
  const { iss } = unverifiedClaims as { iss: unknown };
  if (typeof iss !== 'string') throw new AccessDenied('claim_invalid', 'the claim iss is of the wrong type');
  const issuer = issuers.get(iss);
  if (!issuer) throw new AccessDenied('issuer_untrusted', 'the token names no trusted issuer');
  return issuer;
}

/** RFC 8725 section 3.1: the issuer's list decides, not the token. */
function checkAlgorithm({ alg }: JoseHeader, { algorithms }: Issuer): void {
  const name = readAlgorithmName(alg);
  if (!name || !algorithms.includes(name)) {
    throw new AccessDenied('algorithm_refused', "the algorithm is not one of the issuer's");
  }
}

/** RFC 8725 section 3.11: an ID token of the same issuer is no access token. */
function checkType(header: JoseHeader, { types }: Issuer): void {
  const { typ } = header;
  if (!types.has(typ === undefined ? null : normalizeType(typ))) {
    throw new AccessDenied('token_type_refused', "the token is of another type than the issuer's access tokens");
  }
  // RFC 7519 section 5.2: a content type says that there is another JWT inside, which is not what was asked for.
  if (Object.hasOwn(header, 'cty')) throw new AccessDenied('token_type_refused', 'the token wraps something else');
}
