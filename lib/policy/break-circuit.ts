import { AccessDenied } from '../errors.js';
import type { Clock } from '../options.js';

const MAX_FAILURES = 5;
const MAX_OPEN_SECONDS = 30;

/** What the other side says of this one question: it is at work, and others may ask it. */
export class QuestionRefused extends Error {
  override readonly name = 'QuestionRefused';
}

/** Asks, unless the last asking has shown that there is no use in it. */
export type Circuit = <T>(ask: () => Promise<T>) => Promise<T>;

/**
 * Whoever fails five times in a row is left alone for 1, 2, 4 … 30 seconds; then a single trial shows whether it is back.
 * Meanwhile nothing is sent.
 *
 * @param what whom the message names
 * @throws {AccessDenied} `decision_unavailable`, with `retryAfterSeconds`, while it is left alone
 */
export function breakCircuit(what: string, now: Clock): Circuit {
  let failures = 0;
  let openings = 0;
  let retryAt = Number.NEGATIVE_INFINITY;
  let isTrying = false;

  function refuse(): never {
    const retryAfterSeconds = Math.max(1, Math.ceil(retryAt - now()));
    throw new AccessDenied(
      'decision_unavailable',
      `${what} failed ${MAX_FAILURES} times in a row and is not asked now`,
      {
        retryAfterSeconds,
      },
    );
  }

  /** A clock that was set back must not keep it closed to everybody. */
  function isWaiting(): boolean {
    return retryAt > now() && retryAt - now() <= MAX_OPEN_SECONDS;
  }

  function open(): void {
    // Up to a quarter shorter, so that many services don't come back at once.
    retryAt = now() + Math.min(MAX_OPEN_SECONDS, 2 ** openings++) * (1 - Math.random() / 4);
  }

  function close(): void {
    failures = 0;
    openings = 0;
  }

  /** Those that were on their way when it opened say nothing new. */
  function judge(isTrial: boolean, hasFailed: boolean): void {
    if (openings > 0 && !isTrial) return;
    if (!hasFailed) close();
    else if (++failures >= MAX_FAILURES) open();
  }

  return async function askUnlessBroken(ask) {
    const isTrial = openings > 0;
    if (isTrial && (isTrying || isWaiting())) refuse();
    isTrying = isTrial;
    try {
      const answer = await ask();
      judge(isTrial, false);
      return answer;
    } catch (error) {
      judge(isTrial, !(error instanceof QuestionRefused));
      throw error;
    } finally {
      if (isTrial) isTrying = false;
    }
  };
}
