/**
 * Goes on with the value: at once where it is there, else when it comes. A request whose token is remembered meets nobody who
 * has to be waited for, and each wait costs it more than a decision.
 */
export function whenThere<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
