import type { Clock } from '../options.js';

/** A token that is kept while it serves. */
export interface ReusedToken {
  /** The token at hand, or a new one; many who ask at once wait for the same. */
  take(): Promise<string>;
  /** Forgets the token, where it is still the one in question. */
  drop(token: string): void;
}

/** Share of a token's life after which it is not used again. */
const REUSED_SHARE = 0.8;
/** Up to this share earlier, so that services which started together don't mint together. */
const JITTER_SHARE = 0.05;

/** Reuses what `mint` makes for 80 % of its life. */
export function reuseToken(mint: () => Promise<string>, lifetimeSeconds: number, now: Clock): ReusedToken {
  let held: { readonly token: string; readonly renewAt: number } | undefined;
  let minting: Promise<string> | undefined;

  async function mintOnce(): Promise<string> {
    const mintedAt = now();
    const token = await mint();
    held = { token, renewAt: mintedAt + lifetimeSeconds * (REUSED_SHARE - Math.random() * JITTER_SHARE) };
    return token;
  }

  return {
    async take() {
      if (held && now() < held.renewAt) return held.token;
      minting ??= mintOnce().finally(() => {
        minting = undefined;
      });
      return minting;
    },
    drop(token) {
      if (held?.token === token) held = undefined;
    },
  };
}
