const CALLERS = 50;
// More than a server that verifies can use up. A bare one may: then its slice ends earlier.
const NEW_TOKENS_PER_MILLISECOND = 5;

/** Callers that come back: each on a connection of its own, with a token of its own, again and again. */
export async function planReturningCallers(ground, { milliseconds }) {
  const file = await ground.signTokens('returning', { count: CALLERS });
  return () => ({ work: 'returnCallers', file, milliseconds });
}

/** A new token for each request: what is spent in one round comes in no other, so no server sees a token twice. */
export async function planNewTokens(ground, { rounds, milliseconds }) {
  const share = Math.ceil(milliseconds * NEW_TOKENS_PER_MILLISECOND);
  const file = await ground.signTokens('new', { count: share * rounds });
  return (round) => ({
    work: 'spendTokens',
    file,
    connections: CALLERS,
    milliseconds,
    from: round * share,
    to: (round + 1) * share,
  });
}
