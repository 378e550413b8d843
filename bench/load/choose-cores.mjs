import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A core for the load, another one for a server, and those over which several processes of a server are spread; none where
 * processes can't be kept on a core, or there is only one.
 */
export function chooseCores() {
  if (spawnSync('taskset', ['--version']).status !== 0) return {};
  const allowed = readAllowedCores();
  const [server, load] = allowed;
  if (load === undefined) return {};
  // Of two cores, several processes get both: on one core more of them would only stand in each other's way.
  const spread = allowed.length > 2 ? allowed.filter((core) => core !== load) : allowed;
  return { server, load, spread: spread.join(',') };
}

function readAllowedCores() {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (list ?? '').split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
