import type { Clock } from '../options.js';

/** What is kept of a revocation. Times are seconds since the epoch. */
export interface RevocationEntry {
  /** Tokens issued before it are revoked. */
  readonly before: number;
  /** When the entry may be forgotten, because every token that it is about has expired; undefined: never. */
  readonly endsAt?: number;
}

/** Where revocations are kept. It has one method, so that a store which several processes share can take its place. */
export interface RevocationStore {
  /**
   * For each name, in order, the `before` that is kept for it, or undefined. With an entry, first keeps it for every one
   * of the names; of two entries for a name the later `before` and the later end count.
   */
  revokedBefore(
    names: readonly string[],
    entry?: RevocationEntry,
  ): readonly (number | null | undefined)[] | Promise<readonly (number | null | undefined)[]>;
}

/** The memory of this process. */
export interface OwnRevocations extends RevocationStore {
  /** Nothing is revoked, so that there is nothing to look for. */
  isEmpty(): boolean;
}

const MAX_ENTRIES = 100_000;
/** So much more room there is for subjects, keys and issuers, which revoke more than one token each. */
const RESERVE = 1.1;

/** Revocations in the memory of this process. A full memory refuses new ones rather than forgetting old ones. */
export function keepRevocations(now: Clock, maxEntries = MAX_ENTRIES): OwnRevocations {
  const entries = new Map<string, RevocationEntry>();

  function forgetEnded(): void {
    for (const [name, entry] of entries) if (hasEnded(entry)) entries.delete(name);
  }

  function hasEnded({ endsAt }: RevocationEntry): boolean {
    return endsAt !== undefined && endsAt < now();
  }

  function keep(names: readonly string[], entry: RevocationEntry): void {
    const added = names.filter((name) => !entries.has(name));
    const room = added.some((name) => name.startsWith('["tokenId"')) ? maxEntries : maxEntries * RESERVE;
    if (entries.size + added.length > room) forgetEnded();
    if (added.length > 0 && entries.size + added.length > room) {
      throw new Error(`there are ${entries.size} revocations already; revoke a subject, a key or an issuer instead`);
    }
    for (const name of names) entries.set(name, merge(entries.get(name), entry));
  }

  return {
    isEmpty: () => entries.size === 0,
    revokedBefore(names, entry) {
      if (entry) keep(names, entry);
      return names.map((name) => {
        const kept = entries.get(name);
        return kept && !hasEnded(kept) ? kept.before : undefined;
      });
    },
  };
}

function merge(kept: RevocationEntry | undefined, { before, endsAt }: RevocationEntry): RevocationEntry {
  if (!kept) return { before, ...(endsAt !== undefined && { endsAt }) };
  const isEndless = kept.endsAt === undefined || endsAt === undefined;
  return {
    before: Math.max(kept.before, before),
    ...(!isEndless && { endsAt: Math.max(kept.endsAt as number, endsAt) }),
  };
}
