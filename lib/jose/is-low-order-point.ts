/** y coordinates of the points of order 1, 2, 4 and 8 on edwards25519, canonical or not; the sign bit left out. */
const LOW_ORDER: ReadonlySet<string> = new Set([
  `00${'00'.repeat(30)}00`,
  `01${'00'.repeat(30)}00`,
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Whether the Ed25519 key is a point of low order: signatures that hold for it can be made without any private key. */
export function isLowOrderPoint(x: Uint8Array): boolean {
  const bytes = Buffer.from(x);
  bytes[31] = (bytes[31] ?? 0) & 0x7f;
  return LOW_ORDER.has(bytes.toString('hex'));
}
