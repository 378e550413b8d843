/** What its owner wrote on objects: nobody else can read or change it. */
export interface Stamps<Value> {
  has(object: object): boolean;
  get(object: object): Value | undefined;
  set(object: object, value: Value): void;
}

/** A constructor that gives the object back which it was given, so that its heirs put their private fields on that. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is what this class is for
    return object;
  }
}

/**
 * Stamps as a `WeakMap` would keep them, in private fields of the objects themselves. Of objects that live as short as a
 * request a `WeakMap` costs its owner ten times as much: three microseconds each, most of them the garbage collector's.
 */
export function createStamps<Value>(): Stamps<Value> {
  class Stamped extends Given {
    #value: Value;

    constructor(object: object, value: Value) {
      super(object);
      this.#value = value;
    }

    static has(object: object): object is Stamped {
      return #value in object;
    }

    static get(object: object): Value | undefined {
      return #value in object ? object.#value : undefined;
    }

    static set(object: object, value: Value): void {
      if (#value in object) object.#value = value;
      else new Stamped(object, value);
    }
  }

  /** Of objects that can't get any more fields. */
  const sealed = new WeakMap<object, Value>();
  return {
    has: (object) => Stamped.has(object) || sealed.has(object),
    get: (object) => (Stamped.has(object) ? Stamped.get(object) : sealed.get(object)),
    set(object, value) {
      if (Object.isExtensible(object) || Stamped.has(object)) Stamped.set(object, value);
      else sealed.set(object, value);
    },
  };
}
