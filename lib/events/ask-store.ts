import { AccessDenied } from '../errors.js';
import { boundTime } from './bound-time.js';
import type { Events, StoreName } from './create-events.js';

/** A store that is slower than this can't be reached. */
const TIMEOUT_MILLISECONDS = 300;

/** What asking a store needs beside the question. */
export interface StoreContext {
  readonly store: StoreName;
  readonly events: Events;
  /** What it means for a request that the store can't be reached. */
  readonly effect: 'permit' | 'deny';
}

/**
 * The store's answer, where it comes in time and is one; undefined where it doesn't, and the request may pass all the same.
 *
 * @throws {AccessDenied} `store_unavailable`
 */
export async function askStore<T>(
  { store, events, effect }: StoreContext,
  ask: () => T | PromiseLike<T>,
  isAnswer: (answer: T) => boolean,
): Promise<T | undefined> {
  try {
    return await askInTime(ask, isAnswer);
  } catch (error) {
    events.emit('store_unreachable', { store, effect, error });
    if (effect === 'permit') return undefined;
    throw new AccessDenied('store_unavailable', `the store of ${store}s can't be asked`, { cause: error });
  }
}

/** The store's answer. @throws {Error} where it fails, takes too long, or answers something else */
export async function askInTime<T>(ask: () => T | PromiseLike<T>, isAnswer: (answer: T) => boolean): Promise<T> {
  const asked = ask();
  const isPending = typeof (asked as PromiseLike<T> | undefined)?.then === 'function';
  const answer = isPending ? await boundTime(TIMEOUT_MILLISECONDS, async () => asked) : (asked as T);
  if (isAnswer(answer)) return answer;
  throw new TypeError('countersign: the store answered something that is no answer');
}
