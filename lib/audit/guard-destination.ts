import type { Events } from '../events/create-events.js';

/** Where lines go. What `write` returns is ignored, a promise that rejects included, but for `false` in batches. */
export interface LineDestination {
  write(line: string): unknown;
}

/** A destination that never gives an error back. */
export interface GuardedDestination {
  /** False where the destination says that it is full, as streams do, and tells when it has room. */
  write(text: string): boolean;
  /** Calls the listener whenever there is room again, until the function returned is called. */
  onRoom(listener: () => void): () => void;
  /** Has what the destination itself holds written out, where it can. */
  flush(): void;
}

/** What a destination may be beside that: a stream of Node's, or one that writes to a file. */
interface Stream {
  on?(event: string, listener: (error: unknown) => void): unknown;
  off?(event: string, listener: () => void): unknown;
  flushSync?(): void;
}

/** It must not throw: a full disk is no reason to let anyone in, to turn anyone away, or to crash. */
export function guardDestination(destination: LineDestination & Stream, events: Events): GuardedDestination {
  const tellsRoom = typeof destination.on === 'function' && typeof destination.off === 'function';
  let told: unknown;

  function lose(error: unknown): void {
    if (error !== told) events.emit('record_lost', { error });
    told = error; // a stream may both emit and throw it
  }

  function tryTo<Result>(work: () => Result): Result | undefined {
    told = undefined;
    try {
      return work();
    } catch (error) {
      lose(error);
      return undefined;
    }
  }

  const flush = () => tryTo(() => destination.flushSync?.());

  if (typeof destination.on === 'function') {
    destination.on('error', lose);
    // One that holds what it could not write, up to a bound, tries it again with the next line only below that bound.
    destination.on('drop', () => {
      events.emit('record_lost', { error: new Error('the destination of the access log holds too much already') });
      flush();
    });
  }

  return {
    write(text) {
      const written: unknown = tryTo(() => destination.write(text));
      const { catch: onRejection } = (written ?? {}) as { catch?: (lose: (error: unknown) => void) => unknown };
      if (typeof onRejection === 'function') onRejection.call(written, lose);
      return written !== false || !tellsRoom;
    },
    onRoom(listener) {
      if (!tellsRoom) return () => {};
      destination.on?.('drain', listener);
      return () => void destination.off?.('drain', listener);
    },
    flush,
  };
}
