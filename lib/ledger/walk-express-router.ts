import { ConfigurationError } from '../errors.js';
import { describeFound } from '../options.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import type { ExpressApplication, ExpressLayer, ExpressRoute, ExpressRouter } from './express-router.js';
import type { LedgerEntry, Place, Step } from './ledger-entry.js';
import { readPassesMark, readRequirementMark } from './mark-handler.js';
import { openMountedApplication } from './open-mounted-application.js';
import { placeBelow } from './place-express-path.js';
import { readLayerPath } from './read-layer-path.js';

const HANDLER_LENGTH = 3;
const ERROR_HANDLER_LENGTH = 4;

/** How far a walk goes. */
export interface WalkOptions {
  /** Whether applications that are mounted in this one are looked into, for which Express has to be asked. */
  readonly opensApplications: boolean;
  /** What a handler demands; its mark by default. */
  readonly readRequirement?: (handler: object) => SettledRequirement | undefined;
}

/**
 * Everything that a request can meet in an application, in order. What it can't see: a function that is mounted on no
 * path of its own, and answers or hands over to a router by itself.
 *
 * @throws {ConfigurationError} for something that is no Express application
 */
export function walkApplication(app: unknown, place: Place, options: WalkOptions): readonly LedgerEntry[] {
  const router = readRouter(app);
  return router ? walkRouter(router, place, options) : [];
}

function readRouter(app: unknown): ExpressRouter | undefined {
  if (typeof app !== 'function') {
    throw new ConfigurationError('app', `must be an Express application or router, found ${describeFound(app)}`);
  }
  const application = app as Partial<ExpressApplication & ExpressRouter>;
  if (Array.isArray(application.stack)) return application as ExpressRouter;
  if (application.lazyrouter) return application._router; // Express 4 has none before the first route
  if (Array.isArray(application.router?.stack)) return application.router;
  throw new ConfigurationError('app', 'must be an Express application or router, found a function without routes');
}

function walkRouter(router: ExpressRouter, above: Place, options: WalkOptions): readonly LedgerEntry[] {
  return router.stack.flatMap((layer) => {
    const isRoute = layer.route !== undefined;
    const place = placeBelow(above, readLayerPath(layer), { caseSensitive: router.caseSensitive === true, isRoute });
    const early = listParameterSteps(readLayerPath(layer), router.params);
    if (layer.route) return walkRoute(layer.route, { place, early, options });
    if (layer.handle.length === ERROR_HANDLER_LENGTH) return [];
    return [...early.map((step) => describeEarly(step, place)), walkLayer(layer, place, options)];
  });
}

function walkLayer(layer: ExpressLayer, place: Place, options: WalkOptions): LedgerEntry {
  const { handle, name } = layer;
  const requirement = requirementOf(handle, options);
  if (requirement) return { kind: 'guard', place, source: handle, requirement };
  const passes = readPassesMark(handle);
  const isMounted = readLayerPath(layer) !== '/';
  const isTerminal = (handle.length ?? 0) < HANDLER_LENGTH; // without `next` it can only answer
  const opaque: LedgerEntry = { kind: 'layer', place, name, passes, isMounted, isTerminal };
  if (passes !== undefined) return opaque;
  if (Array.isArray(handle.stack))
    return { kind: 'router', place, entries: walkRouter(handle as ExpressRouter, place, options) };
  const application = options.opensApplications ? findApplication(layer) : undefined;
  return application ? { kind: 'router', place, entries: walkApplication(application, place, options) } : opaque;
}

/** `app.use` wraps an application, the `use` of a router takes it as it is. */
function findApplication(layer: ExpressLayer): unknown {
  const { handle, set } = layer.handle as { handle?: unknown; set?: unknown };
  return typeof handle === 'function' && typeof set === 'function' ? layer.handle : openMountedApplication(layer);
}

/** A handler of a parameter in a mount path runs before what is mounted, and so before a guard that is. */
function describeEarly({ name, passes }: Step, place: Place): LedgerEntry {
  return { kind: 'layer', place, name, passes, isMounted: true, isTerminal: false };
}

interface RouteContext {
  readonly place: Place;
  /** Handlers of parameters, which come first. */
  readonly early: readonly Step[];
  readonly options: WalkOptions;
}

function walkRoute(route: ExpressRoute, { place, early, options }: RouteContext): readonly LedgerEntry[] {
  return listMethods(route).map(({ method, layers }) => ({
    kind: 'route' as const,
    place,
    source: route,
    method,
    steps: [...early, ...layers.flatMap((layer) => readStep(layer, options))],
  }));
}

function requirementOf(
  handler: object,
  { readRequirement = readRequirementMark }: WalkOptions,
): SettledRequirement | undefined {
  return readRequirement(handler);
}

interface MethodLayers {
  readonly method: string;
  readonly layers: readonly ExpressLayer[];
}

/** More methods than anybody writes down: `app.all`, which Express 4 and 5 keep as a handler for each. */
const ALL_METHODS = 20;

/** The methods of a route, each with its handlers; one entry for all of them, where all have the same. */
function listMethods({ stack }: ExpressRoute): readonly MethodLayers[] {
  const named = new Set(stack.flatMap(({ method }) => (method === undefined ? [] : [method])));
  if (named.size === 0) return [{ method: 'ALL', layers: stack }];
  const listed = [...named].map((name) => ({
    method: name.toUpperCase(),
    layers: stack.filter(({ method }) => method === undefined || method === name),
  }));
  const [first] = listed;
  const isAll = listed.length > ALL_METHODS && listed.every((one) => hasSameHandlers(one, first as MethodLayers));
  return isAll ? [{ ...(first as MethodLayers), method: 'ALL' }] : listed;
}

function hasSameHandlers(one: MethodLayers, other: MethodLayers): boolean {
  return (
    one.layers.length === other.layers.length &&
    one.layers.every(({ handle }, at) => handle === other.layers[at]?.handle)
  );
}

function readStep({ handle, name }: ExpressLayer, options: WalkOptions): Step[] {
  if (handle.length === ERROR_HANDLER_LENGTH) return [];
  return [{ name: `the handler ${name}`, requirement: requirementOf(handle, options), passes: readPassesMark(handle) }];
}

/** `app.param` handlers run when a path matches, so before its first handler: a guard there comes too late for them. */
function listParameterSteps(path: unknown, params: ExpressRouter['params'] = {}): Step[] {
  return Object.entries(params).flatMap(([name, handlers]) => {
    if (!mayHaveParameter(path, name)) return [];
    return handlers.map((handler) => ({ name: `the handler of param('${name}')`, passes: readPassesMark(handler) }));
  });
}

/** What can't be read may have it. */
function mayHaveParameter(path: unknown, name: string): boolean {
  if (Array.isArray(path)) return path.some((one) => mayHaveParameter(one, name));
  return (
    typeof path !== 'string' ||
    path.split(/(?=[:*])|[^\w$:*]/).some((part) => part === `:${name}` || part === `*${name}`)
  );
}
