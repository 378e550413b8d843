import { fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A child process on the core, which told that it is ready: what it told, and ways to ask it and to end it. */
export async function startProcess(url, { core, settings, flags = [] } = {}) {
  const file = fileURLToPath(url);
  const command =
    core === undefined
      ? { execArgv: flags }
      : { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...flags] };
  const child = fork(file, settings ? [JSON.stringify(settings)] : [], {
    ...command,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let waiting;
  child.on('message', (message) => waiting?.resolve(message));
  child.on('exit', (code) => waiting?.reject(new Error(`${basename(file)} ended with ${code}`)));
  const hear = () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });

  const told = await hear();
  return {
    ...told,
    pid: child.pid,
    ask(message) {
      const answer = hear();
      child.send(message);
      return answer;
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
