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

/** One stamp, and the one that was set before it. There are four at most on a request. */
interface Stamp {
  readonly object: object;
  readonly owner: object;
  value: unknown;
  readonly earlier: Stamp | undefined;
}

/** All stamps in one private field: each field more would cost as much as the first. */
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

/**
 * Where the stamps of an object are: of Node's requests, on what the stream keeps of itself. Express changes the prototype of
 * each request, and V8 makes a hidden class for each field that it gets from then on: that takes three microseconds.
 */
function baseOf(object: object): object {
  const { _readableState: state } = object as { readonly _readableState?: unknown };
  return typeof state === 'object' && state !== null ? state : object;
}

function lastOf(base: object): Stamp | undefined {
  return Stamped.lastOf(base) ?? sealed.get(base);
}

function find(last: Stamp | undefined, object: object, owner: object): Stamp | undefined {
  let stamp = last;
  while (stamp && (stamp.owner !== owner || stamp.object !== object)) stamp = stamp.earlier;
  return stamp;
}

/**
 * Stamps as a `WeakMap` would keep them, in private fields of what belongs to the objects themselves. Of objects that live as
 * short as a request each `WeakMap` costs microseconds, most of them the garbage collector's.
 */
export function createStamps<Value>(): Stamps<Value> {
  const owner = {};
  return {
    get: (object) => find(lastOf(baseOf(object)), object, owner)?.value as Value | undefined,
    set(object, value) {
      const base = baseOf(object);
      const last = lastOf(base);
      const known = find(last, object, owner);
      const stamp = { object, owner, value, earlier: last };
      if (known) known.value = value;
      else if (Stamped.lastOf(base) || Object.isExtensible(base)) Stamped.add(base, stamp);
      else sealed.set(base, stamp);
    },
  };
}
