import { ConfigurationError } from '../errors.js';
import type { LedgerEntry, Place, Step } from '../ledger/ledger-entry.js';
import { describeFound } from '../options.js';
import type { ExpressApplication, ExpressLayer, ExpressRoute, ExpressRouter } from './handler.js';
import { readPassesMark, readRequirementMark } from './mark-handler.js';
import { openMountedApplication } from './open-mounted-application.js';
import { readLayerPath, UntoldPath } from './read-layer-path.js';

/** The place of an application that is mounted nowhere. */
export const ROOT: Place = { labels: [''], templates: [''], caseSensitive: true };
const ERROR_HANDLER_LENGTH = 4;
const UNTOLD = '/(untold)';
/** Express' own first layers: they read the query and set prototypes. */
const OWN_LAYERS: ReadonlySet<string> = new Set(['query', 'expressInit']);

/**
 * Everything that a request can meet in an application, in order.
 *
 * @throws {ConfigurationError} for something that is no Express application
 */
export function walkApplication(app: unknown, place: Place = ROOT): readonly LedgerEntry[] {
  const router = readRouter(app);
  return router ? walkRouter(router, place) : [];
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

function walkRouter(router: ExpressRouter, above: Place): readonly LedgerEntry[] {
  return router.stack.flatMap((layer) => {
    const isRoute = layer.route !== undefined;
    const place = placeBelow(above, readLayerPath(layer), { caseSensitive: router.caseSensitive === true, isRoute });
    if (layer.route) return walkRoute(layer.route, place, router);
    if (OWN_LAYERS.has(layer.name) || layer.handle.length === ERROR_HANDLER_LENGTH) return [];
    return [walkLayer(layer, place)];
  });
}

function walkLayer(layer: ExpressLayer, place: Place): LedgerEntry {
  const { handle, name } = layer;
  const requirement = readRequirementMark(handle);
  if (requirement) return { kind: 'guard', place, source: handle, requirement };
  const passes = readPassesMark(handle);
  if (passes === undefined) {
    if (handle.stack) return { kind: 'router', place, entries: walkRouter(handle as ExpressRouter, place) };
    const mounted = openMountedApplication(layer);
    if (mounted) return { kind: 'router', place, entries: walkApplication(mounted, place) };
  }
  return { kind: 'layer', place, name, passes, isMounted: readLayerPath(layer) !== '/' };
}

function walkRoute(route: ExpressRoute, place: Place, { params }: ExpressRouter): readonly LedgerEntry[] {
  const early = listParameterSteps(place, params);
  return listMethods(route).map(({ method, layers }) => ({
    kind: 'route' as const,
    place,
    source: route,
    method,
    steps: [...early, ...layers.flatMap(readStep)],
  }));
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

function readStep({ handle, name }: ExpressLayer): Step[] {
  if (handle.length === ERROR_HANDLER_LENGTH) return [];
  return [{ name: `the handler ${name}`, requirement: readRequirementMark(handle), passes: readPassesMark(handle) }];
}

/** `app.param` handlers run when a route matches, so before its first handler: a guard there comes too late for them. */
function listParameterSteps({ labels }: Place, params: ExpressRouter['params'] = {}): Step[] {
  return Object.entries(params).flatMap(([name, handlers]) => {
    if (!labels.some((label) => label.includes(`:${name}`) || label.includes(`*${name}`))) return [];
    return handlers.map((handler) => ({ name: `the handler of param('${name}')`, passes: readPassesMark(handler) }));
  });
}

/** The place of a path within the place of its router. */
export function placeBelow(
  above: Place,
  path: unknown,
  { caseSensitive, isRoute }: { readonly caseSensitive: boolean; readonly isRoute: boolean },
): Place {
  const written: readonly unknown[] = Array.isArray(path) ? path.flat(Number.POSITIVE_INFINITY) : [path];
  const texts = written.map((one) => comparePath(one, isRoute));
  const isComparable = above.templates !== undefined && !texts.includes(undefined);
  return {
    labels: above.labels.flatMap((prefix) => written.map((one) => prefix + labelPath(one))),
    templates: isComparable ? above.templates?.flatMap((prefix) => texts.map((text) => prefix + text)) : undefined,
    caseSensitive: above.caseSensitive && caseSensitive,
  };
}

function labelPath(path: unknown): string {
  if (typeof path === 'string') return path.replace(/\/$/, '');
  return path instanceof RegExp ? `/(${path.source})` : UNTOLD;
}

/** A path for comparing. One pattern twice matches the same, but only where both match a beginning, as mounts do. */
function comparePath(path: unknown, isRoute: boolean): string | undefined {
  if (typeof path === 'string') return path.replace(/\/$/, '');
  const pattern = path instanceof UntoldPath ? path.pattern : path;
  return pattern instanceof RegExp && !isRoute ? `/(${encodeURIComponent(String(pattern))})` : undefined;
}
