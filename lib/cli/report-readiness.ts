import type { ReasonCode } from '../errors.js';
import { explanations } from './explanations.js';
import { countDenied, type DenialCount, groupByReason, type RouteCount, type Tally } from './tally-calls.js';

const MOST_CALLERS = 5;

/** Whether a service could begin to enforce, as `--json` prints it. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly calls: number;
  readonly wouldPass: number;
  readonly wouldBeDenied: number;
  /** Calls of routes that demand nothing; they pass. */
  readonly unjudged: number;
  readonly from?: string;
  readonly to?: string;
  /** Lines that are no records, but look as if they were meant to be. */
  readonly brokenLines: number;
  /** Lines of something else. */
  readonly otherLines: number;
  /** Those with most denials first. */
  readonly routes: readonly RouteReport[];
  /** The most frequent reason first. */
  readonly changes: readonly ChangeReport[];
}

/** One route's calls. `route` is null where none matched, and for all routes beyond those that are told apart. */
export interface RouteReport {
  readonly method: string | null;
  readonly route: string | null;
  readonly further?: true;
  readonly calls: number;
  readonly wouldPass: number;
  readonly wouldBeDenied: number;
  readonly reasons: Readonly<Partial<Record<ReasonCode, number>>>;
}

/** What has to change for one reason. */
export interface ChangeReport {
  readonly reason: ReasonCode;
  readonly calls: number;
  readonly cause: string;
  readonly cure: string;
  readonly routes: readonly ChangeAtRoute[];
}

/** Who is denied at one route for that reason, or would be. */
export interface ChangeAtRoute {
  readonly method: string | null;
  readonly route: string | null;
  readonly further?: true;
  readonly calls: number;
  /** Permissions that the route demanded. */
  readonly required: readonly string[];
  /** The most frequent ones, five at most. */
  readonly callers: readonly { readonly subject: string; readonly issuer: string; readonly calls: number }[];
  /** Callers beyond those, and their calls; `callers` is a lower bound where there were too many to be told apart. */
  readonly more?: { readonly callers: number; readonly atLeast?: true; readonly calls: number };
  /** Calls of nobody who was known. */
  readonly unknownCallerCalls: number;
}

/** The report of what was counted. */
export function reportReadiness(
  tally: Tally,
  lines: { readonly broken: number; readonly other: number },
): ReadinessReport {
  const routes = [...tally.routes, tally.unmatched, tally.further].filter(({ calls }) => calls > 0);
  const calls = sum(routes.map((each) => each.calls));
  const wouldBeDenied = sum(routes.map(countDenied));
  const { from, to, unjudged } = tally;
  const changes = [...groupByReason(tally.denials)].map(([reason, group]) => reportChange(reason, group, tally));
  return {
    ready: calls > 0 && wouldBeDenied === 0,
    calls,
    wouldPass: calls - wouldBeDenied,
    wouldBeDenied,
    unjudged,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    brokenLines: lines.broken,
    otherLines: lines.other,
    routes: routes.map((each) => reportRoute(each, tally)).sort(byDenialsThenCalls),
    changes: changes.sort(byCalls),
  };
}

function reportRoute(counted: RouteCount, tally: Tally): RouteReport {
  const wouldBeDenied = countDenied(counted);
  return {
    ...nameRoute(counted, tally),
    calls: counted.calls,
    wouldPass: counted.calls - wouldBeDenied,
    wouldBeDenied,
    reasons: Object.fromEntries([...counted.reasons].sort(([, a], [, b]) => b - a)),
  };
}

function reportChange(reason: ReasonCode, group: readonly DenialCount[], tally: Tally): ChangeReport {
  return {
    reason,
    calls: sum(group.map(({ calls }) => calls)),
    ...explanations[reason],
    routes: group.map((denial) => reportDenial(denial, tally)).sort(byCalls),
  };
}

function reportDenial({ at, calls, required, callers, unknown, uncounted }: DenialCount, tally: Tally): ChangeAtRoute {
  const sorted = [...callers.values()].sort(byCalls);
  const unnamed = sorted.slice(MOST_CALLERS);
  const more = {
    callers: unnamed.length,
    ...(uncounted > 0 && { atLeast: true as const }),
    calls: sum(unnamed.map((each) => each.calls)) + uncounted,
  };
  return {
    ...nameRoute(at, tally),
    calls,
    required: [...required],
    callers: sorted.slice(0, MOST_CALLERS),
    ...(more.calls > 0 && { more }),
    unknownCallerCalls: unknown,
  };
}

function nameRoute(counted: RouteCount, { further }: Tally): Pick<RouteReport, 'method' | 'route' | 'further'> {
  const { method = null, route = null } = counted;
  return { method, route, ...(counted === further && { further: true as const }) };
}

function byCalls(a: { readonly calls: number }, b: { readonly calls: number }): number {
  return b.calls - a.calls;
}

function byDenialsThenCalls(a: RouteReport, b: RouteReport): number {
  return b.wouldBeDenied - a.wouldBeDenied || b.calls - a.calls;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
