import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readGateOptions } from '../gate/read-gate-options.js';
import { readEntries, readOptions } from '../options.js';
import { UsageError } from './usage-error.js';

/** What `--config` names: the options of a gate, and what its routes demand. */
export interface ReplayConfig {
  readonly gate: Readonly<Record<string, unknown>>;
  /** What each route demands, by `GET /orders/:id`. */
  readonly routes: ReadonlyMap<string, unknown>;
}

const EXAMPLE =
  "export default { gate: { service, audience, trust }, routes: { 'GET /orders/:id': { permissions: 'orders:read' } } }";

/**
 * The default export of an ES module: `{ gate, routes }`, or a function that gives it. It is the user's own code, and runs.
 *
 * @throws {UsageError} where it can't be loaded; {ConfigurationError} for what is wrong with it
 */
export async function loadConfig(path: string): Promise<ReplayConfig> {
  const exported = await importDefault(path);
  const value: unknown = typeof exported === 'function' ? await exported() : exported;
  const given = readOptions('config', value, ['gate', 'routes'], EXAMPLE);
  const routes = readEntries('config.routes', given.routes, { what: 'an object of requirements', example: EXAMPLE });
  return {
    gate: readGateOptions(given.gate),
    routes: new Map(routes.map(([name, requirement]) => [normalizeRoute(name), requirement])),
  };
}

/** A method in upper case, one space, and the template. */
export function normalizeRoute(text: string): string {
  const [method = '', ...template] = text.trim().split(/\s+/);
  return `${method.toUpperCase()} ${template.join(' ')}`;
}

async function importDefault(path: string): Promise<unknown> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError("can't find the file of --config");
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new UsageError(`the file of --config does not load: ${(error as Error)?.message ?? error}`);
  }
  if (loaded.default === undefined)
    throw new UsageError(`the file of --config has no default export; write ${EXAMPLE}`);
  return loaded.default;
}
