/** What calls so many times, one call after the other; it is a promise only where the call is one. */
export function runInTurn(isAsync, call) {
  return isAsync
    ? async (count) => {
        for (let left = count; left > 0; left--) await call();
      }
    : (count) => {
        for (let left = count; left > 0; left--) call();
      };
}
