import { coversTemplate } from './compare-templates.js';
import { describePlace, type LedgerEntry, type Place } from './ledger-entry.js';

type Guard = Extract<LedgerEntry, { kind: 'guard' }>;
type Route = Extract<LedgerEntry, { kind: 'route' }>;
type Layer = Extract<LedgerEntry, { kind: 'layer' }>;

/** Layers that answer requests even where they are mounted on no path of their own. */
const SERVERS: ReadonlySet<string> = new Set(['serveStatic', 'serveIndex', 'mounted_app']);

/**
 * Everything through which a request could reach a handler unjudged, a sentence each; empty where there is nothing. A
 * guard counts for what comes after it, in its router or in routers below; where a comparison can't be made, not.
 */
export function findUncovered(entries: readonly LedgerEntry[], guardsAbove: readonly Guard[] = []): readonly string[] {
  const guards = [...guardsAbove];
  return entries.flatMap((entry) => {
    if (entry.kind === 'router') return findUncovered(entry.entries, guards);
    if (entry.kind === 'layer') return judgeLayer(entry, guards);
    if (entry.kind === 'route') return judgeRoute(entry, guards);
    guards.push(entry);
    return [];
  });
}

function judgeRoute({ method, place, steps }: Route, guards: readonly Guard[]): readonly string[] {
  const name = `${method} ${describePlace(place)}`;
  const inForce = guards.filter((guard) => covers(guard.place, place));
  const own = steps.flatMap(({ requirement }) => (requirement ? [requirement] : []));
  const all = [...inForce.map(({ requirement }) => requirement), ...own];
  if (all.length === 0)
    return [`${name} demands nothing: put a guard before its handlers, or gate.public(why)${hintUntold(guards)}`];
  if (all.some((one) => one.public !== undefined) && all.some((one) => one.public === undefined)) {
    return [`${name} is public and guarded at once: keep one of the two`];
  }
  if (inForce.length > 0) return [];
  const early = steps
    .slice(
      0,
      steps.findIndex(({ requirement }) => requirement),
    )
    .filter(({ passes }) => passes === undefined);
  return early.map(
    (step) => `${name}: ${step.name} stands before the guard: move it behind, or mark it gate.passes(handler, why)`,
  );
}

/** Says where a guard could not be counted, rather than guess what it covers. */
function hintUntold(guards: readonly Guard[]): string {
  const isUntold = guards.some(({ place }) => place.labels.some((label) => label.includes('(untold)')));
  return isUntold ? '; a guard stands on a path that this router does not tell, so it is not counted here' : '';
}

function judgeLayer(
  { place, name, isMounted, isTerminal, passes }: Layer,
  guards: readonly Guard[],
): readonly string[] {
  if (passes !== undefined || !(isMounted || isTerminal || SERVERS.has(name))) return [];
  if (guards.some((guard) => covers(guard.place, place))) return [];
  return [
    `${name} on ${describePlace(place)} can't be looked into: put a guard before it, or mark it gate.passes(layer, why)`,
  ];
}

function covers(guard: Place, target: Place): boolean {
  if (!guard.templates) return false;
  const { templates } = guard;
  if (templates.some((template) => template.length === 0)) return true;
  return target.templates?.every((template) => templates.some((above) => coversTemplate(above, template))) ?? false;
}
