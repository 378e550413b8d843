import { randomFillSync } from 'node:crypto';

const WELL_FORMED = /^[A-Za-z0-9._-]{8,128}$/;
const ID_BYTES = 16;
const pool = Buffer.allocUnsafe(ID_BYTES * 256);
let used = pool.length;

/** The id that the caller sent along in `x-request-id`, when it is one and well formed; a new one otherwise. */
export function readRequestId(values: readonly string[]): string {
  const [sent, second] = values;
  return sent !== undefined && second === undefined && WELL_FORMED.test(sent) ? sent : makeRequestId();
}

/** 128 random bits. They are drawn for many ids at once: a draw costs more than the id. */
function makeRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('hex', used - ID_BYTES, used);
}
