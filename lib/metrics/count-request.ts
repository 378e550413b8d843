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
  readonly duration: Distribution;
  readonly decisions: Figure;
}

/** Counts requests out of their records. What is counted into is looked up once for all of a kind. */
export function createRequestCounter({ duration, decisions, wouldDeny }: Series): (record: AccessRecord) => void {
  const kinds = new Map<string, Kind>();

  function openKind(name: string, [route, method, status, decision, reason]: readonly [string, ...string[]]): Kind {
    const kind = {
      duration: duration.at(route, method as string, status as string, decision as string),
      decisions: decisions.at(route, method as string, decision as string, reason as string),
    };
    kinds.set(name, kind);
    return kind;
  }

  return function countRequest(record) {
    const { decision, reason = '', route = UNMATCHED } = record;
    const method = METHODS.has(record.method) ? record.method : OTHER;
    const status = labelStatus(record);
    const name = `${route}\0${method}\0${status}\0${decision}\0${reason}`;
    const kind = kinds.get(name) ?? openKind(name, [route, method, status, decision, reason]);
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
