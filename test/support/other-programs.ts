import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Whether what a test needs is there. Where `CI` is set it must be; elsewhere its tests say that they are skipped. */
export function hasProgram(what: string, isThere: boolean): boolean {
  if (isThere || process.env['CI']) return true;
  process.stderr.write(`SKIPPED: tests that need ${what}, which is not installed\n`);
  return false;
}

/** Ends a process that a test started, and waits for its end. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
