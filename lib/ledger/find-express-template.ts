import { fitsPath } from './compare-templates.js';
import type { ExpressApplication, ExpressRoute } from './express-router.js';
import type { LedgerEntry, Place } from './ledger-entry.js';
import { placeBelow, ROOT, UNTOLD } from './place-express-path.js';
import { walkApplication } from './walk-express-router.js';

/** Where each route, and each guard that stands outside of routes, was found. */
type PlaceIndex = Map<object, readonly Place[]>;

/** The same, as their templates. */
type TemplateIndex = ReadonlyMap<object, readonly string[]>;

const indexes = new WeakMap<object, TemplateIndex>();
const NOWHERE: readonly string[] = Object.freeze([]);

/**
 * The full template of a route, from the application that it belongs to; never a real value. Several where the route
 * stands in several places and the path of the target doesn't tell them apart.
 */
export function findRouteTemplate(app: ExpressApplication | undefined, route: ExpressRoute, target: string): string {
  const templates = app ? findTemplates(app, route) : NOWHERE;
  // A route that stands nowhere was made by somebody for this request: what it calls its path may be a real one.
  return templates.length === 0 ? UNTOLD : chooseTemplate(templates, target);
}

/** What a guard that stands before routes stands for: everything below its place. */
export function findGuardTemplate(app: ExpressApplication | undefined, guard: object): string | undefined {
  const templates = app ? findTemplates(app, guard) : NOWHERE;
  return templates.length === 0 ? undefined : templates.map((template) => `${template}/*`).join('|');
}

function chooseTemplate(templates: readonly string[], target: string): string {
  if (templates.length === 1) return templates[0] || '/';
  const path = target.split('?', 1)[0] ?? '';
  const fitting = templates.filter((template) => fitsPath(template, path));
  return (fitting.length === 1 ? fitting[0] : templates.join('|')) || '/';
}

function listLabels(places: readonly Place[]): readonly string[] {
  return [...new Set(places.flatMap(({ labels }) => labels))];
}

/** The application is walked again for what was added since; what is not in it then, is not in it. */
function findTemplates(app: ExpressApplication, source: object): readonly string[] {
  const known = indexes.get(app)?.get(source);
  if (known) return known;
  const misses = [...(indexes.get(app) ?? [])].filter(([, templates]) => templates.length === 0);
  const places = indexPlaces(walkApplication(app, placeOf(app), { opensApplications: false }), new Map());
  const found = Array.from(places, ([each, where]) => [each, listLabels(where)] as const);
  const index = new Map([...misses, [source, NOWHERE], ...found]);
  indexes.set(app, index);
  return index.get(source) ?? NOWHERE;
}

function indexPlaces(entries: readonly LedgerEntry[], index: PlaceIndex): PlaceIndex {
  for (const entry of entries) {
    if (entry.kind === 'router') indexPlaces(entry.entries, index);
    if (entry.kind !== 'route' && entry.kind !== 'guard') continue;
    const places = index.get(entry.source) ?? [];
    index.set(entry.source, [...places, entry.place]);
  }
  return index;
}

/** An application that is mounted in another one knows where. */
function placeOf(app: ExpressApplication): Place {
  if (!app.parent) return ROOT;
  return placeBelow(placeOf(app.parent), app.mountpath, { caseSensitive: false, isRoute: false });
}
