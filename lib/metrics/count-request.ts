import type { AccessRecord } from '../audit/access-record.js';
import type { Series } from './compose-series.js';
import type { Figure } from './keep-counter.js';
import type { Distribution } from './keep-histogram.js';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const UNMATCHED = 'unmatched';

/** The label of whatever is outside of its closed set. */
export const OTHER = 'other';

/** What requests of one kind are counted into. */
interface Kind {
  readonly method: string;
  readonly status: string;
  readonly decision: string;
  readonly reason: string;
  readonly duration: Distribution;
  readonly decisions: Figure;
}

/** Counts requests out of their records. What is counted into is looked up once for all of a kind. */
export function createRequestCounter({ duration, decisions, wouldDeny }: Series): (record: AccessRecord) => void {
  const kindsByRoute = new Map<string, Kind[]>();

  function openRoute(route: string): Kind[] {
    const kinds: Kind[] = [];
    kindsByRoute.set(route, kinds);
    return kinds;
  }

  function findKind(record: AccessRecord, route: string, method: string): Kind {
    const { decision, reason = '' } = record;
    const status = labelStatus(record);
    const kinds = kindsByRoute.get(route) ?? openRoute(route);
    for (const kind of kinds) {
      const isSame = kind.status === status && kind.method === method && kind.decision === decision;
      if (isSame && kind.reason === reason) return kind;
    }
    const kind: Kind = {
      method,
      status,
      decision,
      reason,
      duration: duration.at(route, method, status, decision),
      decisions: decisions.at(route, method, decision, reason),
    };
    kinds.push(kind);
    return kind;
  }

  return function countRequest(record) {
    const { route = UNMATCHED } = record;
    const method = METHODS.has(record.method) ? record.method : OTHER;
    const kind = findKind(record, route, method);
    kind.duration.observe(record.durationMs / 1000);
    kind.decisions.value++;
    if (record.wouldDeny) wouldDeny.at(route, method, record.wouldDeny).value++;
  };
}

/** A handler may set any number; what was aborted was answered with none. */
function labelStatus({ statusCode, aborted }: AccessRecord): string {
  if (aborted) return 'aborted';
  return statusCode >= 100 && statusCode < 600 ? String(statusCode) : OTHER;
}
