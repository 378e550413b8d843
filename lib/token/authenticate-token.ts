import { AccessDenied } from '../errors.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import { parseSpiffeId } from '../identity/parse-spiffe-id.js';
import type { Principal } from '../identity/principal.js';
import type { Claims } from '../identity/read-claim.js';
import type { VerificationKey } from '../jose/import-public-key.js';
import { type JoseHeader, parseCompactJws, refuseExtensions } from '../jose/parse-compact-jws.js';
import { parseJsonObject } from '../jose/parse-json-object.js';
import { readAlgorithmName } from '../jose/read-algorithms.js';
import { verifySignature } from '../jose/verify-signature.js';
import type { Issuer } from '../trust/issuer.js';
import { normalizeType } from '../trust/token-profile.js';
import { whenThere } from '../when-there.js';
import { type CheckedClaims, checkClaims } from './check-claims.js';
import { readPrincipal } from './read-principal.js';

/** A token that its issuer signed as it stands. Whether it is for now and for here is not settled yet. */
export interface AuthenticToken {
  readonly principal: Principal;
  readonly claims: CheckedClaims;
  readonly issuer: Issuer;
  /** The key that signed it. */
  readonly key: VerificationKey;
  /** The keys that say so are past their time, because their source can't be reached. */
  readonly keysStale: boolean;
}

/**
 * Finds the issuer, then the key, then the truth; nothing of a token counts before its signature held. A promise only where
 * the issuer has to be asked for keys. @throws {AccessDenied}
 */
export function authenticateToken(
  token: string,
  issuers: ReadonlyMap<string, Issuer>,
): AuthenticToken | Promise<AuthenticToken> {
  const { unverifiedHeader, unverifiedPayload, signingInput, signature } = parseCompactJws(token);
  const unverifiedClaims = parseJsonObject(unverifiedPayload, 'payload');
  refuseExtensions(unverifiedHeader);
  const issuer = findIssuer(unverifiedClaims, issuers);
  checkAlgorithm(unverifiedHeader, issuer);
  checkType(unverifiedHeader, issuer);
  checkKeyId(unverifiedHeader, issuer);
  return whenThere(issuer.keys.findKey(unverifiedHeader), (key) => {
    verifySignature(key, signingInput, signature);
    const claims = freezeDeeply(checkClaims(unverifiedClaims, issuer));
    const { stale: keysStale } = issuer.keys.status();
    return { principal: readPrincipal(claims, issuer, key), claims, issuer, key, keysStale };
  });
}

/**
 * RFC 8725 section 3.8: keys belong to their issuer, so the issuer comes first, and is compared letter by letter. The
 * first match counts, `iss` before the trust domain of a SPIFFE ID in `sub` (JWT-SVID section 3: `iss` means nothing there).
 */
function findIssuer(unverifiedClaims: Claims, issuers: ReadonlyMap<string, Issuer>): Issuer {
  const { iss, sub } = unverifiedClaims as { iss?: unknown; sub?: unknown };
  const namesIssuer = Object.hasOwn(unverifiedClaims, 'iss');
  if (namesIssuer && typeof iss !== 'string') {
    throw new AccessDenied('claim_invalid', 'the claim iss is of the wrong type');
  }
  const issuer = namesIssuer ? issuers.get(iss as string) : undefined;
  if (issuer) return issuer;
  const trustDomain = readTrustDomain(sub);
  const domain = trustDomain === undefined ? undefined : issuers.get(trustDomain);
  if (domain?.isTrustDomain) return domain;
  if (namesIssuer) throw new AccessDenied('issuer_untrusted', 'the token names no trusted issuer');
  throw trustDomain === undefined
    ? new AccessDenied('claim_missing', 'the token has no iss')
    : new AccessDenied('issuer_untrusted', 'the subject is of no trusted domain');
}

/** The trust domain that a subject would be of. */
function readTrustDomain(sub: unknown): string | undefined {
  if (typeof sub !== 'string' || !sub.startsWith('spiffe://')) return undefined;
  try {
    return `spiffe://${parseSpiffeId(sub).trustDomain}`;
  } catch {
    return undefined;
  }
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

/** SPIFFE bundles, section 4.2.3: every key for JWT-SVIDs has a name, so a token that names none means none of them. */
function checkKeyId({ kid }: JoseHeader, { isTrustDomain }: Issuer): void {
  if (isTrustDomain && kid === undefined) throw new AccessDenied('key_unknown', 'the token names no key of the bundle');
}
