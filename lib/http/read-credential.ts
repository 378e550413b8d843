import { AccessDenied } from '../errors.js';
import type { AccessRequest } from './from-node-request.js';

/** What the request shows of its sender. Nothing is verified yet. */
export interface Credential {
  readonly scheme: Scheme;
  readonly unverifiedToken: string;
  /** The value of the `DPoP` field, with a credential of that scheme. */
  readonly unverifiedProof?: string | undefined;
}

/** A scheme under which access tokens are shown: RFC 6750 section 2.1, RFC 9449 section 7.1. */
export type Scheme = 'bearer' | 'dpop';

/** RFC 9110 section 11.4: a scheme, then spaces, then what belongs to it. */
const SCHEME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?= |$)/;
/** RFC 6750 section 2.1: `"Bearer" 1*SP b64token`; RFC 9449 section 7.1 has the same for its own. */
const TOKEN = /^[^ ]+ +([A-Za-z0-9._~+/-]+=*)$/;

/**
 * The one credential of a request, from its `Authorization` field.
 *
 * @throws {AccessDenied} `token_missing`: none, or a scheme that isn't spoken here; `credential_malformed`;
 *   `credential_ambiguous`: two fields, or one more token in the query (RFC 6750 section 2)
 */
export function readCredential(request: AccessRequest, spoken: ReadonlySet<string>): Credential {
  const [field, second] = request.header('authorization');
  if (field === undefined) throw new AccessDenied('token_missing', 'the request has no Authorization field');
  if (second !== undefined) throw new AccessDenied('credential_ambiguous', 'the request has two Authorization fields');
  const scheme = SCHEME.exec(field)?.[1]?.toLowerCase();
  if (scheme === undefined) throw new AccessDenied('credential_malformed', 'the Authorization field names no scheme');
  if (!spoken.has(scheme)) throw new AccessDenied('token_missing', 'the credential is of a scheme not spoken here');
  const unverifiedToken = TOKEN.exec(field)?.[1];
  if (unverifiedToken === undefined) {
    throw new AccessDenied('credential_malformed', 'the credential is not one b64token');
  }
  if (hasTokenInQuery(request.target)) {
    throw new AccessDenied('credential_ambiguous', 'the request shows a token in its query too');
  }
  if (scheme === 'bearer') return { scheme, unverifiedToken };
  return { scheme: 'dpop', unverifiedToken, unverifiedProof: readProof(request) };
}

/** RFC 9449 section 4.3, check 1. */
function readProof(request: AccessRequest): string | undefined {
  const [proof, second] = request.header('dpop');
  if (second !== undefined) throw new AccessDenied('credential_ambiguous', 'the request has two DPoP fields');
  return proof;
}

/** RFC 6750 section 2.3, only to notice it: a token in the query string is never read. */
export function hasTokenInQuery(target: string): boolean {
  const start = target.indexOf('?');
  return start >= 0 && new URLSearchParams(target.slice(start)).has('access_token');
}
