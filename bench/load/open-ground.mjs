import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseCores } from './choose-cores.mjs';
import { startProcess } from './start-process.mjs';

const locate = (path) => new URL(`../${path}.mjs`, import.meta.url);

/** What all servers under test stand on: an issuer, a load generator, a folder for files, and a core for each side. */
export async function openGround() {
  const cores = chooseCores();
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const inFolder = (name) => join(folder, name);
  const processes = [];

  async function start(path, options) {
    const process = await startProcess(locate(path), options);
    processes.push(process);
    return process;
  }

  const issuer = await start('servers/issuer', { core: cores.load });
  const load = await start('load/main', { core: cores.load });
  const trust = { issuer: issuer.issuer, jwksUri: `http://127.0.0.1:${issuer.port}/jwks.json` };

  async function startServer(
    { file, isBatched, processes: count },
    { log = '/dev/null', isSpread = false, flags } = {},
  ) {
    return start(count === undefined ? `servers/${file}` : 'servers/cluster', {
      core: isSpread ? cores.spread : cores.server,
      flags,
      settings: { ...trust, log, isBatched, file, processes: count },
    });
  }

  return {
    isPinned: cores.load !== undefined,
    inFolder,
    load: (work) => load.ask(work),
    /** A file of that many tokens, all of them different. */
    async signTokens(name, { count, scope = 'orders:read', isForged = false }) {
      return (await issuer.ask({ file: inFolder(name), count, scope, isForged })).file;
    },
    startServer,
    /** All of them at once, each with its process. */
    startServers: (contestants, options) =>
      Promise.all(
        contestants.map(async (contestant) => ({ ...contestant, process: await startServer(contestant, options) })),
      ),
    async close() {
      await Promise.all(processes.map((each) => each.end()));
      rmSync(folder, { recursive: true });
    },
  };
}
