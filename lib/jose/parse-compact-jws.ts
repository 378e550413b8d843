import { AccessDenied } from '../errors.js';
import { decodeBase64url } from './decode-base64url.js';
import { parseJsonObject } from './parse-json-object.js';

/** A JOSE header whose members `alg`, `kid` and `typ` are of the right type (RFC 7515 section 4). */
export interface JoseHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
  readonly [member: string]: unknown;
}

/** The parts of a compact JWS before its signature is verified: good for choosing a key, for nothing else. */
export interface UnverifiedJws {
  readonly unverifiedHeader: JoseHeader;
  readonly unverifiedPayload: Buffer;
  /** What was signed: the first two parts and the dot between them (RFC 7515 section 5.2). */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

/** 8 KiB: many times an honest token, and little enough to parse for anyone. */
export const MAX_TOKEN_LENGTH = 8192;

/**
 * Takes a compact JWS apart (RFC 7515 section 7.1). Refused here, before any cryptography: too large, not three parts
 * (a JWE has five), base64url that isn't canonical, a header that is no unambiguous JSON object. Members that would
 * bring a key along (`jku`, `x5u`, `jwk`, `x5c`) are read by nobody.
 */
export function parseCompactJws(token: string): UnverifiedJws {
  if (typeof token !== 'string') throw new AccessDenied('token_malformed', 'the token is not text');
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new AccessDenied('token_too_large', `the token is longer than ${MAX_TOKEN_LENGTH} bytes`);
  }
  const headerEnd = token.indexOf('.');
  const payloadEnd = token.indexOf('.', headerEnd + 1);
  if (headerEnd < 0 || payloadEnd < 0 || token.includes('.', payloadEnd + 1)) {
    throw new AccessDenied('token_malformed', 'the token does not have three parts');
  }
  const unverifiedPayload = decodePart(token.slice(headerEnd + 1, payloadEnd));
  const signature = decodePart(token.slice(payloadEnd + 1));
  return {
    unverifiedHeader: readHeader(token.slice(0, headerEnd)),
    unverifiedPayload,
    signingInput: Buffer.from(token.slice(0, payloadEnd), 'latin1'), // it is base64url by now
    signature,
  };
}

function decodePart(part: string): Buffer {
  const bytes = decodeBase64url(part);
  if (!bytes) throw new AccessDenied('token_malformed', 'a part of the token is not canonical base64url');
  return bytes;
}

/** All tokens of a key begin with the same letters: their header is read once. */
const headers = new Map<string, JoseHeader>();
const MAX_HEADERS = 100;
const MAX_HEADER_LENGTH = 256;

function readHeader(part: string): JoseHeader {
  const known = headers.get(part);
  if (known) return known;
  const header = parseHeader(decodePart(part));
  if (part.length > MAX_HEADER_LENGTH || Object.values(header).some((member) => typeof member === 'object')) {
    return header; // what holds objects can't be shared by a shallow freeze, and is seldom said twice
  }
  if (headers.size === MAX_HEADERS) headers.clear();
  headers.set(Buffer.from(part, 'latin1').toString('latin1'), Object.freeze(header)); // a copy: a slice would keep its token
  return header;
}

function parseHeader(bytes: Buffer): JoseHeader {
  const header = parseJsonObject(bytes, 'header');
  const { alg, kid, typ } = header as { alg?: unknown; kid?: unknown; typ?: unknown };
  if (typeof alg !== 'string') throw new AccessDenied('token_malformed', 'the header has no alg');
  if (kid !== undefined && typeof kid !== 'string') {
    throw new AccessDenied('token_malformed', 'the kid in the header is not text');
  }
  if (typ !== undefined && typeof typ !== 'string') {
    throw new AccessDenied('token_malformed', 'the typ in the header is not text');
  }
  return header as JoseHeader;
}

/** RFC 7515 section 4.1.11: no extension is understood here, so none may be critical; RFC 7797's `b64` is one. */
export function refuseExtensions(header: JoseHeader): void {
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    throw new AccessDenied('token_extension_refused', 'the header asks for an extension');
  }
}
