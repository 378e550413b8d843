import type { GuardedDestination } from './guard-destination.js';

const FLUSH_MILLISECONDS = 50;
const FLUSH_LINES = 512;
const STALL_MILLISECONDS = 1000;
/** Some ten megabytes: for so many lines a reader may stall. */
const MOST_LINES = 20_000;

/** A destination that holds lines back, and hands them over at `close` at the latest. */
export interface BatchedDestination {
  write(line: string): void;
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
 * handles ends a process without `exit`: it costs what is held at that moment. While the destination says that it is full,
 * 20,000 lines are held, and `drop` is told of each that comes then; every second one line is tried, for destinations that
 * don't tell when they have room, as after an error.
 */
export function batchLines(destination: GuardedDestination, drop: () => void): BatchedDestination {
  let held: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStalled = false;

  function handOver(most = held.length): void {
    clearTimeout(timer);
    timer = undefined;
    if (held.length === 0) return;
    const text = held.slice(0, most).join('');
    held = held.slice(most);
    isStalled = !destination.write(text);
    if (isStalled) timer = setTimeout(probe, STALL_MILLISECONDS).unref();
  }

  function goOn(): void {
    if (!isStalled) return;
    isStalled = false;
    handOver();
  }

  function probe(): void {
    handOver(1);
    if (!isStalled) handOver();
    else if (!timer) timer = setTimeout(probe, STALL_MILLISECONDS).unref();
  }

  /** Whoever ends has no time to wait. */
  function handOverAll(): void {
    handOver();
    destination.flush();
  }

  const deafen = destination.onRoom(goOn);
  flushAtExit(handOverAll);
  return {
    write(line) {
      if (held.length >= MOST_LINES) return drop();
      held.push(line);
      if (isStalled) return;
      if (held.length >= FLUSH_LINES) return handOver();
      timer ??= setTimeout(handOver, FLUSH_MILLISECONDS).unref();
    },
    close() {
      handOverAll();
      clearTimeout(timer);
      deafen();
      atExit.delete(handOverAll);
      if (atExit.size === 0) process.off('exit', flushAll);
    },
  };
}
