import { fitsPath } from './compare-templates.js';
import type { ExpressApplication, ExpressRoute } from './express-router.js';
import type { LedgerEntry, Place } from './ledger-entry.js';
import { placeBelow, ROOT, UNTOLD } from './place-express-path.js';
import { walkApplication } from './walk-express-router.js';

/** Where each route, and each guard that stands outside of routes, was found. */
type PlaceIndex = Map<object, readonly Place[]>;

const indexes = new WeakMap<object, PlaceIndex>();

/**
 * The full template of a route, from the application that it belongs to; never a real value. Several where the route
 * stands in several places and the path doesn't tell them apart.
 */
export function findRouteTemplate(app: ExpressApplication | undefined, route: ExpressRoute, path: string): string {
  const places = app ? findPlaces(app, route) : [];
  // A route that stands nowhere was made by somebody for this request: what it calls its path may be a real one.
  return places.length === 0 ? UNTOLD : chooseTemplate(places, path);
}

/** What a guard that stands before routes stands for: everything below its place. */
export function findGuardTemplate(app: ExpressApplication | undefined, guard: object): string | undefined {
  const places = app ? findPlaces(app, guard) : [];
  return places.length === 0
    ? undefined
    : listLabels(places)
        .map((label) => `${label}/*`)
        .join('|');
}

function chooseTemplate(places: readonly Place[], path: string): string {
  const templates = listLabels(places);
  if (templates.length === 1) return templates[0] || '/';
  const fitting = templates.filter((template) => fitsPath(template, path));
  return (fitting.length === 1 ? fitting[0] : templates.join('|')) || '/';
}

function listLabels(places: readonly Place[]): readonly string[] {
  return [...new Set(places.flatMap(({ labels }) => labels))];
}

/** The application is walked again for what was added since; what is not in it then, is not in it. */
function findPlaces(app: ExpressApplication, source: object): readonly Place[] {
  const known = indexes.get(app)?.get(source);
  if (known) return known;
  const misses = [...(indexes.get(app) ?? [])].filter(([, places]) => places.length === 0);
  const index = new Map([
    ...misses,
    [source, []],
    ...indexPlaces(walkApplication(app, placeOf(app), { opensApplications: false }), new Map()),
  ]);
  indexes.set(app, index);
  return index.get(source) ?? [];
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
