/** How long, and how often, whole servers are measured: for figures that count, or for a first look. */
export function chooseEffort(isQuick) {
  return isQuick
    ? { rounds: 3, turns: 1, sliceMilliseconds: 250, warmUpRequests: 400 }
    : { rounds: 7, turns: 2, sliceMilliseconds: 1000, warmUpRequests: 10_000 };
}
