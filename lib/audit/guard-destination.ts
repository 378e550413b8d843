import type { Events } from '../events/create-events.js';

/** Where lines go. What `write` returns is ignored, a promise that rejects included, but for `false` in batches. */
export interface LineDestination {
  write(line: string): unknown;
}

/** A destination that never gives an error back. */
export interface GuardedDestination {
  /** False where the destination is full, as streams say it: then `goOn` is called when there is room. */
  write(text: string, goOn?: () => void): boolean;
  /** Has what the destination itself holds written out, where it can. */
  flush(): void;
}

/** What a destination may be beside that: a stream of Node's, or one that writes to a file. */
interface Stream {
  on?(event: 'error', listener: (error: unknown) => void): unknown;
  once?(event: 'drain', listener: () => void): unknown;
  flushSync?(): void;
}

/** It must not throw: a full disk is no reason to let anyone in, to turn anyone away, or to crash. */
export function guardDestination(destination: LineDestination & Stream, events: Events): GuardedDestination {
  let told: unknown;
  function lose(error: unknown): void {
    if (error !== told) events.emit('record_lost', { error });
    told = error; // a stream may both emit and throw it
  }
  if (typeof destination.on === 'function') destination.on('error', lose);

  function tryTo<Result>(work: () => Result): Result | undefined {
    told = undefined;
    try {
      return work();
    } catch (error) {
      lose(error);
      return undefined;
    }
  }

  return {
    write(text, goOn) {
      const written = tryTo(() => destination.write(text)) as { catch?: (lose: (error: unknown) => void) => unknown };
      if (typeof written?.catch === 'function') written.catch(lose);
      const mustWait = (written as unknown) === false && goOn !== undefined && typeof destination.once === 'function';
      if (mustWait) destination.once?.('drain', goOn);
      return !mustWait;
    },
    flush: () => tryTo(() => destination.flushSync?.()),
  };
}
