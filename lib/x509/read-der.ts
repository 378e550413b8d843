/** One element of DER: its tag, and what it holds. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Tags that certificates are made of (X.690 section 8, RFC 5280 section 4.1). */
export const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, bytes: 0x04, oid: 0x06, sequence: 0x30 } as const;

/**
 * The elements that stand in a row, in the one form that DER has for them: short tags, definite and shortest lengths.
 *
 * @throws {Error} for anything else
 */
export function readElements(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number;
    if ((tag & 0x1f) === 0x1f) throw new Error('the tag is a long one');
    const { length, start } = readLength(bytes, at + 1);
    const end = start + length;
    if (end > bytes.length) throw new Error('an element ends behind the one that holds it');
    elements.push({ tag, content: bytes.subarray(start, end) });
    at = end;
  }
  return elements;
}

/** The only element, of the tag that is wanted. */
export function readElement(bytes: Uint8Array, tag: number): Uint8Array {
  const [only, second] = readElements(bytes);
  if (only?.tag !== tag || second) throw new Error('the element is another one than it should be');
  return only.content;
}

/** An object identifier as it is written in standards: `2.5.29.17`. */
export function readOid({ tag, content }: DerElement): string {
  const end = content.at(-1);
  if (tag !== TAG.oid || end === undefined || end >= 0x80 || content.length > 32)
    throw new Error('it is no identifier');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    // X.690 section 8.19.4: the first two arcs stand in one number.
    const root = arcs.length === 0 ? Math.min(2, Math.floor(arc / 40)) : undefined;
    if (root !== undefined) arcs.push(root);
    arcs.push(arc - 40 * (root ?? 0));
    arc = 0;
  }
  return arcs.join('.');
}

function readLength(bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } {
  const first = bytes[at] ?? 0x80;
  if (first < 0x80) return { length: first, start: at + 1 };
  const count = first & 0x7f;
  let length = 0;
  for (let index = 1; index <= count; index++) length = length * 256 + (bytes[at + index] ?? Number.NaN);
  // Four bytes are four gigabytes; a length that fits a shorter form has two forms.
  const isShortest = count > 0 && count <= 4 && length >= 0x80 && length >= 256 ** (count - 1);
  if (!isShortest) throw new Error('a length is not in its shortest form');
  return { length, start: at + 1 + count };
}
