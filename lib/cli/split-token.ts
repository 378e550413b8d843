import { type JoseHeader, parseCompactJws } from '../jose/parse-compact-jws.js';
import { parseJsonObject } from '../jose/parse-json-object.js';

/** A token in its parts. Nobody has verified anything of it. */
export interface UnverifiedToken {
  readonly unverifiedHeader: JoseHeader;
  readonly unverifiedClaims: Readonly<Record<string, unknown>>;
  readonly signatureLength: number;
}

/** The parts of a token, as a verifier would read them. @throws {AccessDenied} `token_malformed`, `token_too_large` */
export function splitToken(token: string): UnverifiedToken {
  const { unverifiedHeader, unverifiedPayload, signature } = parseCompactJws(token);
  return {
    unverifiedHeader,
    unverifiedClaims: parseJsonObject(unverifiedPayload, 'payload'),
    signatureLength: signature.length,
  };
}
