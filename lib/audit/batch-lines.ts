const FLUSH_MILLISECONDS = 50;
const FLUSH_LINES = 512;

/** Where lines go. What `write` returns is ignored, a promise that rejects included. */
export interface LineDestination {
  write(line: string): unknown;
}

/** A destination that holds lines back, and hands them over at `flush` at the latest. */
export interface BatchedDestination extends LineDestination {
  flush(): void;
  close(): void;
}

const atExit = new Set<() => void>();

/** One listener for all: many gates in a process would otherwise look like a leak. */
function flushAtExit(flush: () => void): void {
  if (atExit.size === 0) process.on('exit', flushAll);
  atExit.add(flush);
}

function flushAll(): void {
  for (const flush of atExit) flush();
}

/**
 * Hands lines over together: 50 ms after the first, or 512 at once, and when the process exits. A signal that nobody
 * handles ends a process without `exit`: it costs what is held at that moment.
 */
export function batchLines(destination: LineDestination): BatchedDestination {
  let held: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (held.length === 0) return;
    const text = held.join('');
    held = [];
    destination.write(text);
  }

  flushAtExit(flush);
  return {
    write(line) {
      held.push(line);
      if (held.length >= FLUSH_LINES) return flush();
      timer ??= setTimeout(flush, FLUSH_MILLISECONDS).unref();
    },
    flush,
    close() {
      flush();
      atExit.delete(flush);
      if (atExit.size === 0) process.off('exit', flushAll);
    },
  };
}
