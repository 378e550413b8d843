import type { ReasonCode } from '../errors.js';
import type { AccessRequest } from '../http/from-node-request.js';
import { readPath } from '../http/read-path.js';
import { readTraceId } from '../http/read-trace-id.js';
import type { Principal, Workload } from '../identity/principal.js';
import type { Risk } from '../identity/risk.js';
import type {
  AccessRecord,
  Decision,
  RecordedCaller,
  RecordedPolicy,
  RecordedResource,
  RecordedWorkload,
  Verdicts,
} from './access-record.js';

/** Everything that is known of a request at its end. */
export interface RecordFacts {
  readonly service: string;
  readonly request: AccessRequest;
  readonly requestId: string;
  /** When it was first seen, in seconds since the epoch. */
  readonly time: number;
  readonly durationMs: number;
  readonly statusCode: number;
  readonly aborted?: boolean;
  readonly route?: string | undefined;
  readonly decision: Decision;
  readonly required: ReadonlySet<string>;
  readonly caller: Principal | undefined;
  readonly workload: Workload | undefined;
  readonly resource: RecordedResource | undefined;
  readonly risk: Risk | undefined;
  readonly policies: readonly RecordedPolicy[];
  readonly verdicts: Verdicts | undefined;
  readonly keysStale: boolean;
  readonly wouldDeny: ReasonCode | undefined;
}

const MAX_PATH_LENGTH = 1024;

/** The one record of a request. What is not known is left out. */
export function composeRecord({ request, caller, verdicts, decision, ...facts }: RecordFacts): AccessRecord {
  const traceId = readTraceId(request.header('traceparent'));
  return {
    time: new Date(facts.time * 1000).toISOString(),
    event: 'api_access',
    service: facts.service,
    requestId: facts.requestId,
    ...(traceId !== undefined && { traceId }),
    ...(caller && { caller: describeCaller(caller) }),
    ...(facts.workload && { workload: describeWorkload(facts.workload) }),
    ...(caller?.kind === 'user' && { userId: caller.subject }),
    method: request.method,
    ...(facts.route !== undefined && { route: facts.route }),
    path: readPath(request.target).slice(0, MAX_PATH_LENGTH),
    ...(request.ip !== undefined && { ip: request.ip }),
    statusCode: facts.statusCode,
    durationMs: Math.round(facts.durationMs * 1000) / 1000,
    ...(facts.aborted && { aborted: true as const }),
    decision: decision.effect,
    ...(decision.reason !== undefined && { reason: decision.reason }),
    ...(facts.wouldDeny !== undefined && { wouldDeny: facts.wouldDeny }),
    required: [...facts.required],
    ...(facts.resource && { resource: facts.resource }),
    ...(facts.risk && { risk: facts.risk }),
    ...(facts.policies.length > 0 && { policies: facts.policies }),
    ...(verdicts && { verdicts }),
    ...(caller?.token.id !== undefined && { tokenId: caller.token.id }),
    ...(caller?.token.keyId !== undefined && { keyId: caller.token.keyId }),
    ...(facts.keysStale && { keysStale: true as const }),
  };
}

function describeCaller({ issuer, subject, kind, clientId, actor }: Principal): RecordedCaller {
  return { issuer, subject, kind, ...(clientId !== undefined && { clientId }), ...(actor && { actor }) };
}

function describeWorkload({ issuer, subject }: Workload): RecordedWorkload {
  return { issuer, subject };
}
