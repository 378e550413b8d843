import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16; // ASVS 11.5.1: 128 random bits, which a UUID doesn't have
const pool = Buffer.allocUnsafeSlow(ID_BYTES * 256);
let used = pool.length;

/** 128 random bits as text. They are drawn for many ids at once, and serve once: a draw costs more than the id. */
export function drawId(encoding: 'hex' | 'base64url'): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString(encoding, used - ID_BYTES, used);
}
