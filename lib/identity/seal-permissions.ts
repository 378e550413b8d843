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

/** A set that can be read and not written. `Object.freeze` would not do: it leaves `Set.prototype.add` at work. */
class SealedSet {
  readonly #held: Set<string>;

  constructor(names: Iterable<string>) {
    this.#held = new Set(names);
    Object.freeze(this);
  }

  get size(): number {
    return this.#held.size;
  }

  has(name: string): boolean {
    return this.#held.has(name);
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

/** The permissions as an immutable set. */
export function sealPermissions(names: Iterable<string>): ReadonlySet<string> {
  return new SealedSet(names) as unknown as ReadonlySet<string>;
}
