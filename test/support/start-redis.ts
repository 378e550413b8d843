import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createClient } from 'redis';
import { endProcess, hasProgram } from './other-programs.js';
import { freePort } from './start-server.js';

/** A Redis server of a test's own, and a client that is connected to it. */
export interface TestRedis {
  readonly client: ReturnType<typeof connectTo>;
  /** Ends the server, as an outage would. */
  stop(): Promise<void>;
}

/** Whether there is a redis-server here. */
export function hasRedis(): boolean {
  return hasProgram('redis-server', spawnSync('redis-server', ['--version']).status === 0);
}

const running: { child: ChildProcess; client: TestRedis['client'] }[] = [];

const connectTo = (port: number) =>
  createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } });

/** Starts a real redis-server on loopback that keeps nothing. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const child = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--daemonize',
    'no',
  ]);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.on('data', (text: Buffer) => text.includes('Ready to accept') && resolve());
  });
  const client = connectTo(port);
  client.on('error', () => {});
  await client.connect();
  running.push({ child, client });
  return { client, stop: () => endProcess(child) };
}

/** Ends every server that was started here. */
export async function stopRedis(): Promise<void> {
  for (const { child, client } of running.splice(0)) {
    if (client.isOpen) client.destroy();
    await endProcess(child);
  }
}
