import { REASON_CODES, type ReasonCode } from '../errors.js';
import type { CountedCall } from './read-record.js';

/** What is kept at most: a log of hostile or endless names can't fill the memory, and what is beyond is still counted. */
const MAX_ROUTES = 1000;
const MAX_CALLERS = 10_000;
const MAX_PERMISSIONS = 20;

/** The calls of one route. */
export interface RouteCount {
  /** Undefined for calls of no route, and for those of routes beyond the ones that are told apart. */
  readonly method?: string;
  readonly route?: string;
  calls: number;
  readonly reasons: Map<ReasonCode, number>;
}

/** Calls that are denied for one reason on one route, or would be. */
export interface DenialCount {
  readonly reason: ReasonCode;
  readonly at: RouteCount;
  calls: number;
  /** Permissions that the route demanded of them. */
  readonly required: Set<string>;
  readonly callers: Map<string, { readonly subject: string; readonly issuer: string; calls: number }>;
  /** Calls of nobody who was known, and of callers beyond those that are told apart. */
  unknown: number;
  uncounted: number;
}

/** Everything that was counted. */
export interface Tally {
  readonly routes: readonly RouteCount[];
  readonly unmatched: RouteCount;
  readonly further: RouteCount;
  readonly denials: readonly DenialCount[];
  /** Calls of routes that demand nothing. */
  readonly unjudged: number;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Counts calls by route, and the denied ones by reason, route and caller. */
export class CallTally {
  readonly #routes = new Map<string, RouteCount>();
  readonly #unmatched: RouteCount = { calls: 0, reasons: new Map() };
  readonly #further: RouteCount = { calls: 0, reasons: new Map() };
  readonly #denials = new Map<RouteCount, Map<ReasonCode, DenialCount>>();
  #callers = 0;
  #unjudged = 0;
  #from: string | undefined;
  #to: string | undefined;

  add(call: CountedCall): void {
    const at = this.#findRoute(call);
    at.calls++;
    if (call.isUnjudged && call.route !== undefined) this.#unjudged++;
    this.#noteTime(call.time);
    if (call.reason === undefined) return;
    at.reasons.set(call.reason, (at.reasons.get(call.reason) ?? 0) + 1);
    this.#addDenial(this.#findDenial(at, call.reason), call);
  }

  /** What was counted so far. */
  sum(): Tally {
    const denials = [...this.#denials.values()].flatMap((ofRoute) => [...ofRoute.values()]);
    return {
      routes: [...this.#routes.values()],
      unmatched: this.#unmatched,
      further: this.#further,
      denials,
      unjudged: this.#unjudged,
      from: this.#from,
      to: this.#to,
    };
  }

  #findRoute({ method, route }: CountedCall): RouteCount {
    if (route === undefined) return this.#unmatched;
    const name = `${method} ${route}`;
    const known = this.#routes.get(name);
    if (known) return known;
    if (this.#routes.size >= MAX_ROUTES) return this.#further;
    const fresh = { method, route, calls: 0, reasons: new Map() };
    this.#routes.set(name, fresh);
    return fresh;
  }

  #findDenial(at: RouteCount, reason: ReasonCode): DenialCount {
    const ofRoute = this.#denials.get(at) ?? new Map<ReasonCode, DenialCount>();
    this.#denials.set(at, ofRoute);
    const known = ofRoute.get(reason);
    if (known) return known;
    const fresh = { reason, at, calls: 0, required: new Set<string>(), callers: new Map(), unknown: 0, uncounted: 0 };
    ofRoute.set(reason, fresh);
    return fresh;
  }

  #addDenial(denial: DenialCount, { caller, required }: CountedCall): void {
    denial.calls++;
    for (const name of required) if (denial.required.size < MAX_PERMISSIONS) denial.required.add(name);
    if (!caller) {
      denial.unknown++;
      return;
    }
    const name = JSON.stringify([caller.subject, caller.issuer]);
    const known = denial.callers.get(name);
    if (known) known.calls++;
    else if (this.#callers >= MAX_CALLERS) denial.uncounted++;
    else {
      this.#callers++;
      denial.callers.set(name, { ...caller, calls: 1 });
    }
  }

  /** ISO 8601 in UTC sorts as text. */
  #noteTime(time: string | undefined): void {
    if (time === undefined) return;
    if (this.#from === undefined || time < this.#from) this.#from = time;
    if (this.#to === undefined || time > this.#to) this.#to = time;
  }
}

/** How many of a route's calls are denied, or would be. */
export function countDenied({ reasons }: RouteCount): number {
  let sum = 0;
  for (const calls of reasons.values()) sum += calls;
  return sum;
}

/** Denials by their reason, in the order of the codes' list. */
export function groupByReason(denials: readonly DenialCount[]): ReadonlyMap<ReasonCode, readonly DenialCount[]> {
  const groups = REASON_CODES.map((reason) => [reason, denials.filter((denial) => denial.reason === reason)] as const);
  return new Map(groups.filter(([, group]) => group.length > 0));
}
