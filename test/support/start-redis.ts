import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from 'redis';
import { freePort } from './start-server.js';

/** A Redis server of a test's own, and a client that is connected to it. */
export interface TestRedis {
  readonly client: ReturnType<typeof connectTo>;
  /** Ends the server, as an outage would. */
  stop(): Promise<void>;
}

/** Whether there is a redis-server here. Where `CI` is set there must be one; elsewhere its tests say that they are skipped. */
export function hasRedis(): boolean {
  const isThere = spawnSync('redis-server', ['--version']).status === 0;
  if (isThere || process.env['CI']) return true;
  process.stderr.write('SKIPPED: tests that need redis-server, which is not installed\n');
  return false;
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
  return { client, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

/** Ends every server that was started here. */
export async function stopRedis(): Promise<void> {
  for (const { child, client } of running.splice(0)) {
    if (client.isOpen) client.destroy();
    await end(child);
  }
}
