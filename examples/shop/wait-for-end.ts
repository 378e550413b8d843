import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

const GLANCE_MILLISECONDS = 500;

/** Until Ctrl-C, or a signal; or until npm was ended: the shell in between keeps that signal to itself. */
export async function waitForEnd(): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  const endings = [once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal }), parentIsGone(signal)];
  await Promise.race(endings);
  done.abort();
  await Promise.allSettled(endings);
}

async function parentIsGone(signal: AbortSignal): Promise<void> {
  const parent = process.ppid;
  while (process.ppid === parent) await setTimeout(GLANCE_MILLISECONDS, undefined, { signal });
}
