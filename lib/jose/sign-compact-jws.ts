/** Whatever makes a signature over bytes: a key in memory now, a key that never leaves its store as well. */
export type SignBytes = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** A compact JWS (RFC 7515 section 7.1) over the JSON of header and payload. */
export async function signCompactJws(header: object, payload: object, signBytes: SignBytes): Promise<string> {
  const signingInput = `${encodePart(header)}.${encodePart(payload)}`;
  const signature = await signBytes(Buffer.from(signingInput));
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`;
}

function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
