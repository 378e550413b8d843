import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A core for the servers and another one for the load; none where they can't be told apart. */
export function chooseCores() {
  if (spawnSync('taskset', ['--version']).status !== 0) return {};
  const [server, load] = readAllowedCores();
  return load === undefined ? {} : { server, load };
}

function readAllowedCores() {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (list ?? '').split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
