import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../options.js';

/** Nonces for proofs (RFC 9449 section 9). */
export interface Nonces {
  /** The one to use from now on. */
  current(): string;
  /** Whether it is one of ours, and still fresh. */
  isFresh(nonce: string): boolean;
  /** For how long a nonce is accepted at most. Seconds. */
  readonly windowSeconds: number;
}

const SLOT_SECONDS = 60;
/** The present slot and the two before it: a nonce is good for two minutes at least, three at most. */
const SLOTS = 3;

/** Nonces that need no memory: each is the MAC of its slot of time, so replicas with one secret know each other's. */
export function issueNonces(now: Clock, secret: string | Uint8Array = randomBytes(32)): Nonces {
  const key = createSecretKey(Buffer.from(secret)); // a copy: nobody changes it afterwards
  const nonceOf = (slot: number) => createHmac('sha256', key).update(`dpop-nonce ${slot}`).digest('base64url');
  let known: { readonly slot: number; readonly nonces: readonly string[] } | undefined;

  function freshNonces(): readonly string[] {
    const slot = Math.floor(now() / SLOT_SECONDS);
    if (known?.slot !== slot) known = { slot, nonces: Array.from({ length: SLOTS }, (_, age) => nonceOf(slot - age)) };
    return known.nonces;
  }

  return {
    current: () => freshNonces()[0] as string,
    isFresh: (nonce) => freshNonces().some((fresh) => isSame(fresh, nonce)),
    windowSeconds: SLOT_SECONDS * SLOTS,
  };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
