import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = new URL('..', import.meta.url);
const PROGRAM = (name) => `
  const startedAt = performance.now();
  ${name === undefined ? '' : `await import(${JSON.stringify(name)});`}
  const milliseconds = performance.now() - startedAt;
  process.stdout.write(JSON.stringify({ milliseconds, bytes: process.memoryUsage.rss() }));`;

/** A fresh process that imports the module, or nothing: how long the import took, and what the process then occupies. */
export async function importModule(name) {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', PROGRAM(name)], { cwd: folder });
  return JSON.parse(stdout);
}
