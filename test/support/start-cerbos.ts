import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, hasProgram } from './other-programs.js';
import { freePort } from './start-server.js';

const PROGRAM = join(process.cwd(), 'test/cerbos/node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64');

/** Whether there is a Cerbos here: `npm ci --prefix test/cerbos` brings one. */
export function hasCerbos(): boolean {
  return hasProgram('Cerbos (npm ci --prefix test/cerbos)', existsSync(PROGRAM));
}

const running: { readonly child: ChildProcess; readonly folder: string }[] = [];

/** Starts a real Cerbos, which speaks AuthZEN, with policies by the names of their files; its base URL. */
export async function startCerbos(policies: Readonly<Record<string, string>>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cerbos-'));
  const http = `127.0.0.1:${await freePort()}`;
  const config = {
    server: { httpListenAddr: http, grpcListenAddr: `unix:${join(folder, 'grpc.sock')}` },
    storage: { driver: 'disk', disk: { directory: join(folder, 'policies'), watchForChanges: false } },
    telemetry: { disabled: true },
  };
  mkdirSync(join(folder, 'policies'));
  for (const [name, text] of Object.entries(policies)) writeFileSync(join(folder, 'policies', name), text);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config)); // JSON is YAML
  const child = spawn(PROGRAM, ['server', `--config=${join(folder, 'config.json')}`, '--debug-listen-addr='], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push({ child, folder });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text;
    });
  }
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) break;
    const health = await fetch(`http://${http}/_cerbos/health`).catch(() => undefined);
    if (health?.ok) return `http://${http}`;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Cerbos did not start: ${said}`);
}

/** Ends every Cerbos that was started here. */
export async function stopCerbos(): Promise<void> {
  for (const { child, folder } of running.splice(0)) {
    await endProcess(child);
    rmSync(folder, { recursive: true });
  }
}
