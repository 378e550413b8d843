import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, hasProgram } from './other-programs.js';

/** Where Debian's package puts what hands on connections as they are. */
const MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Whether there is an nginx here that can hand on connections as they are. */
export function hasNginx(): boolean {
  const isThere = spawnSync('nginx', ['-v']).status === 0 && existsSync(MODULE);
  return hasProgram('nginx with libnginx-mod-stream', isThere);
}

/** What an nginx does, and where. */
export interface NginxSetup {
  /** The ports that its servers listen on. */
  readonly ports: readonly number[];
  /** Within `http { … }`. */
  readonly http: string;
  /** Within `stream { … }`. */
  readonly stream: string;
  /** Files that its servers read, by their names. */
  readonly files: Readonly<Record<string, string>>;
}

const running: { readonly child: ChildProcess; readonly folder: string }[] = [];

/** Starts a real nginx, one process, in a folder of its own. */
export async function startNginx({ ports, http, stream, files }: NginxSetup): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
  const config = `
    load_module ${MODULE};
    daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr warn;
    events { worker_connections 64; }
    http { access_log off; ${places.join(' ')} ${http} }
    stream { ${stream} }`;
  for (const [name, text] of Object.entries({ ...files, 'nginx.conf': config })) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  const child = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf']);
  running.push({ child, folder });
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text;
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`nginx ended with ${code}: ${said}`)));
  });
  failed.catch(() => {}); // it ends when it is ended
  for (const port of ports) await Promise.race([listensOn(port), failed]);
}

/** Ends every nginx that was started here. */
export async function stopNginx(): Promise<void> {
  for (const { child, folder } of running.splice(0)) {
    await endProcess(child);
    rmSync(folder, { recursive: true });
  }
}

async function listensOn(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing listens on ${port}`);
}
