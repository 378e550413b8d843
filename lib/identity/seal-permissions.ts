/** The methods that newer runtimes give to every set; they read, and return a new one. */
const SET_ALGEBRA = [
  'union',
  'intersection',
  'difference',
  'symmetricDifference',
  'isSubsetOf',
  'isSupersetOf',
  'isDisjointFrom',
];

/** Behind these a wildcard may stand. */
const SEPARATORS = ':./';

/** A set that can be read and not written. `Object.freeze` would not do: it leaves `Set.prototype.add` at work. */
class SealedSet {
  readonly #held: ReadonlySet<string>;
  /** What names begin with that are held by a wildcard. */
  readonly #prefixes: ReadonlySet<string>;

  constructor(names: Iterable<string>, prefixes: Iterable<string>) {
    this.#held = new Set(names);
    this.#prefixes = new Set(prefixes);
    Object.freeze(this);
  }

  static unite(sets: readonly SealedSet[]): SealedSet {
    return new SealedSet(
      sets.flatMap((set) => [...set.#held]),
      sets.flatMap((set) => [...set.#prefixes]),
    );
  }

  /** What both hold. The second may be large: it is gone through only where the first has wildcards. */
  static intersect(first: SealedSet, second: SealedSet): SealedSet {
    const within = first.#within(second);
    return first.#prefixes.size > 0 ? SealedSet.unite([within, second.#within(first)]) : within;
  }

  #within(other: SealedSet): SealedSet {
    const names = [...this.#held].filter((name) => other.has(name));
    if (names.length === this.#held.size) return this;
    return new SealedSet(
      names,
      names.map((name) => name.slice(0, -1)).filter((prefix) => this.#prefixes.has(prefix)),
    );
  }

  get size(): number {
    return this.#held.size;
  }

  has(name: string): boolean {
    return this.#held.has(name) || (this.#prefixes.size > 0 && this.#hasPrefixOf(name));
  }

  #hasPrefixOf(name: string): boolean {
    for (let at = 0; at < name.length - 1; at++) {
      if (SEPARATORS.includes(name[at] as string) && this.#prefixes.has(name.slice(0, at + 1))) return true;
    }
    return false;
  }

  forEach(visit: (name: string, again: string, set: ReadonlySet<string>) => void, self?: unknown): void {
    for (const name of this.#held) visit.call(self, name, name, this as unknown as ReadonlySet<string>);
  }

  keys(): SetIterator<string> {
    return this.#held.keys();
  }

  values(): SetIterator<string> {
    return this.#held.values();
  }

  entries(): SetIterator<[string, string]> {
    return this.#held.entries();
  }

  [Symbol.iterator](): SetIterator<string> {
    return this.#held[Symbol.iterator]();
  }

  /** A list, so that a principal that is written as JSON says what it may do. */
  toJSON(): readonly string[] {
    return [...this.#held];
  }

  get [Symbol.toStringTag](): string {
    return 'Set';
  }
}

for (const method of SET_ALGEBRA) {
  const native = (Set.prototype as unknown as Record<string, ((other: unknown) => unknown) | undefined>)[method];
  if (!native) continue;
  Object.defineProperty(SealedSet.prototype, method, {
    value(this: ReadonlySet<string>, other: unknown) {
      return native.call(new Set(this), other);
    },
  });
}
Object.freeze(SealedSet.prototype);

/**
 * The permissions as an immutable set. Of the names that end in a wildcard (`orders:*`) those in `wildcards` mean all that
 * begin so: what a token claims is never among them.
 */
export function sealPermissions(names: Iterable<string>, wildcards: readonly string[] = []): ReadonlySet<string> {
  const prefixes = wildcards.map((name) => name.slice(0, -1));
  return new SealedSet(names, prefixes) as unknown as ReadonlySet<string>;
}

/** All that several sealed sets hold. */
export function unitePermissions(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  return SealedSet.unite(sets as unknown as readonly SealedSet[]) as unknown as ReadonlySet<string>;
}

/** What two sealed sets both hold; the larger one should be the second. */
export function intersectPermissions(first: ReadonlySet<string>, second: ReadonlySet<string>): ReadonlySet<string> {
  const sets = [first, second] as unknown as readonly [SealedSet, SealedSet];
  return SealedSet.intersect(...sets) as unknown as ReadonlySet<string>;
}

/** No permission at all. */
export const NO_PERMISSIONS = sealPermissions([]);
