import { runInTurn } from '../measure/run-in-turn.mjs';

/**
 * Shows tokens to a verifier, each as a fresh string, as from a socket: no hash of its text was computed before. When all were
 * shown, `prepare` opens another verifier, which remembers none of them.
 */
export function presentTokens({ open, isAsync, atOnce }, tokens) {
  let verify = open();
  let at = 0;
  const next = () => tokens[at++].toString('latin1');
  return {
    prepare(count) {
      if (count > tokens.length) throw new Error(`${count} calls need more than ${tokens.length} tokens`);
      if (at + count <= tokens.length) return;
      at = 0;
      verify = open();
    },
    run: atOnce
      ? async (count) => {
          for (let left = count; left > 0; left -= atOnce) {
            await Promise.all(Array.from({ length: Math.min(atOnce, left) }, () => verify(next())));
          }
        }
      : runInTurn(isAsync, () => verify(next())),
  };
}

/** Shows one token again and again, each time as a fresh string. */
export function presentAgain({ open, isAsync, atOnce }, token) {
  const verify = open();
  return atOnce ? undefined : { run: runInTurn(isAsync, () => verify(token.toString('latin1'))) };
}
