import { ConfigurationError } from '../errors.js';
import type { LedgerEntry, Place, Step } from '../ledger/ledger-entry.js';
import { describeFound } from '../options.js';
import type { ExpressApplication, ExpressLayer, ExpressRoute, ExpressRouter } from './handler.js';
import { readPassesMark, readRequirementMark } from './mark-handler.js';
import { openMountedApplication } from './open-mounted-application.js';
import { readLayerPath } from './read-layer-path.js';

const ROOT: Place = { label: '', templates: [''], caseSensitive: true };
const ERROR_HANDLER_LENGTH = 4;
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
    const place = placeBelow(above, readLayerPath(layer), router.caseSensitive === true);
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
  const methods = new Set(route.stack.map(({ method }) => method));
  const isForAllOnly = methods.size === 1 && methods.has(undefined);
  if (!isForAllOnly) methods.delete(undefined);
  return [...methods].map((method) => ({
    kind: 'route' as const,
    place,
    source: route,
    method: method?.toUpperCase() ?? 'ALL',
    steps: [
      ...listParameterSteps(place, params),
      ...route.stack.filter((step) => step.method === undefined || step.method === method).flatMap(readStep),
    ],
  }));
}

function readStep({ handle, name }: ExpressLayer): Step[] {
  if (handle.length === ERROR_HANDLER_LENGTH) return [];
  return [{ name: `the handler ${name}`, requirement: readRequirementMark(handle), passes: readPassesMark(handle) }];
}

/** `app.param` handlers run when a route matches, so before its first handler: a guard there comes too late for them. */
function listParameterSteps({ label }: Place, params: ExpressRouter['params'] = {}): Step[] {
  return Object.entries(params).flatMap(([name, handlers]) => {
    if (!label.includes(`:${name}`) && !label.includes(`*${name}`)) return [];
    return handlers.map((handler) => ({ name: `the handler of param('${name}')`, passes: readPassesMark(handler) }));
  });
}

/** The place of a path within the place of its router. */
export function placeBelow(above: Place, path: unknown, caseSensitive: boolean): Place {
  const written = Array.isArray(path) ? path.flat(Number.POSITIVE_INFINITY) : [path];
  const texts = written.filter((one) => typeof one === 'string').map((text) => text.replace(/\/$/, ''));
  const isReadable = texts.length === written.length && above.templates !== undefined;
  return {
    label: written.map((one) => above.label + labelPath(one)).join('|'),
    templates: isReadable ? above.templates?.flatMap((prefix) => texts.map((text) => prefix + text)) : undefined,
    caseSensitive: above.caseSensitive && caseSensitive,
  };
}

function labelPath(path: unknown): string {
  if (typeof path === 'string') return path.replace(/\/$/, '');
  return path instanceof RegExp ? `/(${path.source})` : '/(a path that this router does not tell)';
}
