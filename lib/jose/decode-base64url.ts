const ALPHABET = /^[A-Za-z0-9_-]*$/;

/** What may be left behind the groups of four: its last character carries 4 or 2 bits that encode nothing, all zero. */
const TAIL = /^(?:.[AQgw]|..[AEIMQUYcgkosw048])?$/;

/**
 * Bytes of canonical base64url (RFC 7515 section 2), or undefined. Node's decoder forgives padding, other alphabets,
 * junk and non-zero spare bits; each of them would give one token several spellings.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const tail = text.slice(text.length - (text.length % 4));
  return ALPHABET.test(text) && TAIL.test(tail) ? Buffer.from(text, 'base64url') : undefined;
}
