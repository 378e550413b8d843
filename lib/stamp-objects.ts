/** What its owner wrote on objects: nobody else can read or change it. */
export interface Stamps<Value> {
  get(object: object): Value | undefined;
  set(object: object, value: Value): void;
}

/** A constructor that gives the object back which it was given, so that its heir puts its private field on that. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what this class is for
    return object;
  }
}

/** One stamp of an object, and the one that was set before it by another owner. */
interface Stamp {
  readonly owner: object;
  value: unknown;
  readonly earlier: Stamp | undefined;
}

/** All stamps of an object in one private field: each field more would cost as much as the first. */
class Stamped extends Given {
  #last: Stamp;

  constructor(object: object, stamp: Stamp) {
    super(object);
    this.#last = stamp;
  }

  static lastOf(object: object): Stamp | undefined {
    return #last in object ? object.#last : undefined;
  }

  static add(object: object, stamp: Stamp): void {
    if (#last in object) object.#last = stamp;
    else new Stamped(object, stamp);
  }
}

/** Of objects that can't get any more fields. */
const sealed = new WeakMap<object, Stamp>();

function lastOf(object: object): Stamp | undefined {
  return Stamped.lastOf(object) ?? sealed.get(object);
}

function find(last: Stamp | undefined, owner: object): Stamp | undefined {
  let stamp = last;
  while (stamp && stamp.owner !== owner) stamp = stamp.earlier;
  return stamp;
}

/**
 * Stamps as a `WeakMap` would keep them, in a private field of the objects themselves. Of objects that live as short as a
 * request each `WeakMap` costs microseconds, most of them the garbage collector's.
 */
export function createStamps<Value>(): Stamps<Value> {
  const owner = {};
  return {
    get: (object) => find(lastOf(object), owner)?.value as Value | undefined,
    set(object, value) {
      const last = lastOf(object);
      const known = find(last, owner);
      const stamp = { owner, value, earlier: last };
      if (known) known.value = value;
      else if (Object.isExtensible(object) || Stamped.lastOf(object)) Stamped.add(object, stamp);
      else sealed.set(object, stamp);
    },
  };
}
