import { findUncovered } from '../ledger/find-uncovered.js';
import type { LedgerEntry } from '../ledger/ledger-entry.js';
import { readRequirementMark } from '../ledger/mark-handler.js';
import { ROOT } from '../ledger/place-express-path.js';
import { walkApplication } from '../ledger/walk-express-router.js';
import { type SettledRequirement, settleRequirement } from '../policy/read-requirement.js';

/** Nest copies the metadata of a handler, its path among them, to the function that it gives to the router. */
const PATH = 'path';
const JUDGED = settleRequirement({});

/** A route as Fastify tells of it when it is added. */
interface AddedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly handler: object;
}

/** Fastify's way to tell of routes. */
export interface RouteTeller {
  addHook(name: 'onRoute', hook: (route: AddedRoute) => void): void;
}

/** What an Express application answers with beside Nest: none of it passes Nest's guards. */
export function findExpressBypasses(application: unknown): readonly string[] {
  const entries = walkApplication(application, ROOT, { opensApplications: true, readRequirement: readJudged });
  return findUncovered(entries.map(pardonMiddleware));
}

/** Nest's methods by which routes are added. */
const VERBS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'search', 'all'];

type AddRoute = (...values: unknown[]) => unknown;

/**
 * The list of what is added to Fastify beside Nest; it grows. Nest's adapter wraps some handlers, so what it is given is
 * looked at, rather than what arrives.
 */
export function watchFastifyRoutes(adapter: object, instance: RouteTeller): readonly string[] {
  const methods = adapter as Record<string, AddRoute | undefined>;
  const bypasses: string[] = [];
  let isJudged = false;
  for (const verb of VERBS) {
    const add = methods[verb];
    if (!add) continue;
    methods[verb] = (...values) => {
      isJudged = values.some((value) => typeof value === 'function' && readJudged(value) !== undefined);
      try {
        return add.apply(adapter, values);
      } finally {
        isJudged = false;
      }
    };
  }
  instance.addHook('onRoute', ({ method, url, handler }) => {
    const names = [method].flat();
    if (isJudged || readJudged(handler) || names.join() === 'HEAD') return; // Fastify adds HEAD to each GET
    bypasses.push(`${names.length > 5 ? 'ALL' : names.join('|')} ${url} demands nothing: write a controller`);
  });
  return bypasses;
}

/** Nest's own handlers are judged by the global guard; which requirement they declare is checked elsewhere. */
function readJudged(handler: object): SettledRequirement | undefined {
  return Reflect.hasMetadata(PATH, handler) ? JUDGED : readRequirementMark(handler);
}

/** Middleware that modules apply to paths is declared in Nest itself; it is told only where it can do nothing but answer. */
function pardonMiddleware(entry: LedgerEntry): LedgerEntry {
  return entry.kind === 'layer' ? { ...entry, isMounted: false } : entry;
}
