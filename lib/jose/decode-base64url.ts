const ALPHABET = /^[A-Za-z0-9_-]*$/;

/**
 * Bytes of canonical base64url (RFC 7515 section 2), or undefined. Node's decoder forgives padding, other alphabets,
 * junk and non-zero spare bits; each of them would give one token several spellings.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  if (text.length % 4 === 1 || !ALPHABET.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return hasSpareBits(text) ? undefined : bytes;
}

/** The last character of a 2- or 3-character tail carries 4 or 2 bits that encode nothing: they must be zero. */
function hasSpareBits(text: string): boolean {
  const tail = text.length % 4;
  if (tail === 0) return false;
  const last = sextet(text.charCodeAt(text.length - 1));
  return (last & (tail === 2 ? 0b1111 : 0b11)) !== 0;
}

function sextet(code: number): number {
  if (code >= 97) return code - 71; // a-z
  if (code === 95) return 63; // _
  if (code >= 65) return code - 65; // A-Z
  if (code >= 48) return code + 4; // 0-9
  return 62; // -
}
