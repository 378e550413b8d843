import { alignTable } from './align-table.js';
import type { Style } from './choose-style.js';
import { escapeText } from './escape-text.js';
import type { ChangeAtRoute, ChangeReport, ReadinessReport, RouteReport } from './report-readiness.js';

const MOST_ROUTES = 20;

/** A readiness report in lines for people. */
export function describeReadiness(report: ReadinessReport, style: Style): readonly string[] {
  return [
    ...describeWhole(report, style),
    '',
    ...describeRoutes(report.routes, style),
    ...(report.changes.length > 0 ? ['', style.bold('what has to change before enforcing')] : []),
    ...report.changes.flatMap((change) => ['', ...describeChange(change, style)]),
  ];
}

function describeWhole(report: ReadinessReport, style: Style): readonly string[] {
  const { ready, calls, wouldPass, wouldBeDenied, unjudged, from, to, brokenLines, otherLines } = report;
  const verdict = ready ? 'ready: every call would pass' : `not ready: ${count(wouldBeDenied, 'call')} would be denied`;
  const span = from !== undefined && to !== undefined ? `, ${from} to ${to}` : '';
  return [
    style.bold(verdict),
    `${count(calls, 'call')}${span}: ${wouldPass} would pass, ${wouldBeDenied} would be denied`,
    ...(unjudged > 0 ? [`${count(unjudged, 'call')} to routes that demand nothing: see gate.assertCovered(app)`] : []),
    ...(brokenLines > 0 ? [`${count(brokenLines, 'line')} could not be read`] : []),
    ...(otherLines > 0 ? [`${count(otherLines, 'line')} of something else`] : []),
  ];
}

function describeRoutes(routes: readonly RouteReport[], style: Style): readonly string[] {
  const rows = routes.map((each) => [
    tellRoute(each),
    each.calls,
    each.wouldPass,
    each.wouldBeDenied,
    Object.entries(each.reasons)
      .map(([reason, calls]) => `${reason} ${calls}`)
      .join(', '),
  ]);
  const [head = '', ...lines] = alignTable([['route', 'calls', 'would pass', 'would be denied', 'reasons'], ...rows]);
  return [style.bold(head), ...lines];
}

function describeChange({ reason, calls, cause, cure, routes }: ChangeReport, style: Style): readonly string[] {
  const unnamed = routes.slice(MOST_ROUTES);
  const rest = unnamed.reduce((sum, each) => sum + each.calls, 0);
  return [
    `${style.bold(reason)}: ${count(calls, 'call')}`,
    `  cause  ${cause}`,
    `  cure   ${cure}`,
    ...routes.slice(0, MOST_ROUTES).flatMap((each) => describePlace(each, reason === 'permission_missing')),
    ...(unnamed.length > 0 ? [`  and ${count(unnamed.length, 'more route')}: ${count(rest, 'call')}`] : []),
  ];
}

function describePlace(place: ChangeAtRoute, needsPermissions: boolean): readonly string[] {
  const { callers, more, required, unknownCallerCalls } = place;
  const needs = needsPermissions && required.length > 0 ? `, demands ${escapeText(required.join(' '))}` : '';
  const rows: (readonly [string, number])[] = callers.map(({ subject, issuer, calls }) => [
    escapeText(`${subject}@${issuer}`),
    calls,
  ]);
  if (more) rows.push([`and ${more.atLeast ? `more than ${more.callers}` : more.callers} more`, more.calls]);
  if (unknownCallerCalls > 0) rows.push(['caller not known', unknownCallerCalls]);
  return [`  ${tellRoute(place)}${needs}`, ...alignTable(rows).map((line) => `    ${line}`)];
}

function tellRoute({ method, route, further }: Pick<RouteReport, 'method' | 'route' | 'further'>): string {
  if (further) return '(further routes)';
  return route === null ? '(no route matched)' : escapeText(`${method} ${route}`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
