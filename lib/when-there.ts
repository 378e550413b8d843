/**
 * Whether a value is still to come. By what it can do: applications replace the global `Promise`, and what async functions
 * return is none of theirs. Nothing that is judged here has a `then` of its own.
 */
export function isPending<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}

/**
 * Goes on with the value: at once where it is there, else when it comes. A request whose token is remembered meets nobody who
 * has to be waited for, and each wait costs it more than a decision.
 */
export function whenThere<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isPending(value) ? value.then(next) : next(value);
}
