/** A part of a token: JSON in base64url. */
export function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The same for objects that begin alike, member for member: what they have in common is encoded once. */
export function encodeAfter(common: object): (more: string) => string {
  const bytes = Buffer.from(`${JSON.stringify(common).slice(0, -1)},`);
  const end = bytes.length - (bytes.length % 3); // three bytes make four characters, whatever follows
  const beginning = bytes.toString('base64url', 0, end);
  const rest = bytes.toString('latin1', end); // two bytes at most: the end of a value in JSON, and the comma
  return (more) => beginning + encodeText(`${rest}${more}}`);
}

/** Room for short texts: a buffer of its own for each would cost more than its text. */
const room = Buffer.allocUnsafeSlow(1024);

function encodeText(text: string): string {
  const isShort = text.length * 3 <= room.length; // in UTF-8 as well
  return isShort ? room.toString('base64url', 0, room.write(text)) : Buffer.from(text).toString('base64url');
}
