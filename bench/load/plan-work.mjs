const CALLERS = 50;
// More than a server that verifies can use up. A bare one may: then its slice ends earlier.
const NEW_TOKENS_PER_MILLISECOND = 5;

/** Callers that come back: each on a connection of its own, with a token of its own, again and again. */
export async function planReturningCallers(ground, { sliceMilliseconds }) {
  const file = await ground.signTokens('returning', { count: CALLERS });
  return () => ({ work: 'returnCallers', file, milliseconds: sliceMilliseconds });
}

/** A new token for each request: what is spent in one turn comes in no other, so no server sees a token twice. */
export async function planNewTokens(ground, { rounds, turns, sliceMilliseconds }) {
  const share = Math.ceil(sliceMilliseconds * NEW_TOKENS_PER_MILLISECOND);
  const file = await ground.signTokens('new', { count: share * rounds * turns });
  return (turn) => ({
    work: 'spendTokens',
    file,
    connections: CALLERS,
    milliseconds: sliceMilliseconds,
    from: turn * share,
    to: (turn + 1) * share,
  });
}
