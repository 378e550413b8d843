import { encodeJson } from './encode-json.js';

/** Whatever makes a signature over bytes: a key in memory now, a key that never leaves its store as well. */
export type SignBytes = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** A compact JWS (RFC 7515 section 7.1) over the JSON of header and payload. */
export async function signCompactJws(header: object, payload: object, signBytes: SignBytes): Promise<string> {
  return signEncoded(`${encodeJson(header)}.${encodeJson(payload)}`, signBytes);
}

/** The same, for header and payload that are encoded. Where the signature is there at once, so is the token. */
export function signEncoded(signingInput: string, signBytes: SignBytes): string | Promise<string> {
  const signature = signBytes(Buffer.from(signingInput, 'latin1'));
  return Buffer.isBuffer(signature) ? append(signingInput, signature) : appendLater(signingInput, signature);
}

async function appendLater(signingInput: string, signature: Uint8Array | Promise<Uint8Array>): Promise<string> {
  return append(signingInput, Buffer.from(await signature));
}

function append(signingInput: string, signature: Buffer): string {
  return `${signingInput}.${signature.toString('base64url')}`;
}
