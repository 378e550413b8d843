import type { Clock } from '../options.js';

/** Where proofs that were used are remembered. It has one method, so that a store which replicas share can take its place. */
export interface ReplayStore {
  /**
   * Keeps the key until `expiresAt` (whole seconds since the epoch), and says whether it did: false where it is kept already.
   * Of calls with one key at the same time exactly one may be told true (`SET key 1 NX EXAT …`).
   */
  claim(key: string, expiresAt: number): boolean | Promise<boolean>;
}

const MAX_ENTRIES = 100_000;

/** Used proofs in the memory of this process. A full memory refuses new ones rather than forgetting old ones. */
export function rememberProofs(now: Clock, maxEntries = MAX_ENTRIES): ReplayStore {
  const used = new Map<string, number>();
  let walkedAt: number | undefined;

  /** At most once a second: a full memory must not cost every request a walk through it. */
  function forgetExpired(): void {
    const present = Math.floor(now());
    if (present === walkedAt) return;
    walkedAt = present;
    for (const [key, expiresAt] of used) if (expiresAt < present) used.delete(key);
  }

  return {
    claim(key, expiresAt) {
      const kept = used.get(key);
      if (kept !== undefined && kept >= now()) return false;
      if (used.size >= maxEntries) forgetExpired();
      if (used.size >= maxEntries) throw new Error(`there are ${used.size} used proofs already`);
      used.set(key, expiresAt);
      return true;
    },
  };
}
