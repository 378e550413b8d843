import { randomFillSync } from 'node:crypto';

const AT_ONCE = 128;
/** Characters of one id: at least 128 random bits (ASVS 11.5.1), which a UUID doesn't have. */
const LENGTH = { hex: 32, base64url: 22 };
const BITS = { hex: 4, base64url: 6 };

/** Makes ids of random characters. They are drawn for many at once, and serve once: a draw costs more than the id. */
function drawFrom(encoding: 'hex' | 'base64url'): () => string {
  const length = LENGTH[encoding];
  const random = Buffer.allocUnsafeSlow((AT_ONCE * length * BITS[encoding]) / 8);
  let drawn = '';
  let used = 0;
  return () => {
    if (used === drawn.length) {
      drawn = randomFillSync(random).toString(encoding);
      used = 0;
    }
    used += length;
    return drawn.slice(used - length, used);
  };
}

/** A new id for a request: 32 hexadecimal digits. */
export const drawRequestId = drawFrom('hex');

/** A new `jti`: 22 characters of base64url. */
export const drawTokenId = drawFrom('base64url');
