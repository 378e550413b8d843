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
  readonly aborted?: boolean | undefined;
  readonly route?: string | undefined;
  readonly decision: Decision;
  readonly required: readonly string[];
  readonly caller: Principal | undefined;
  readonly workload: Workload | undefined;
  readonly resource: RecordedResource | undefined;
  readonly risk: Risk | undefined;
  readonly policies: readonly RecordedPolicy[] | undefined;
  readonly verdicts: Verdicts | undefined;
  readonly keysStale: boolean;
  readonly wouldDeny: ReasonCode | undefined;
}

const MAX_PATH_LENGTH = 1024;

/** A value that is still being written. */
type Draft<T> = { -readonly [Member in keyof T]?: T[Member] };

/** The one record of a request, its members in the order in which they are read. What is not known is left out. */
export function composeRecord(facts: RecordFacts): AccessRecord {
  const { request, caller, workload, decision } = facts;
  const traceId = readTraceId(request.header('traceparent'));
  // Member by member: this is done for each request, and spreading what may be absent costs ten times as much.
  const record: Draft<AccessRecord> = {
    event: 'api_access',
    time: writeTime(facts.time),
    service: facts.service,
    requestId: facts.requestId,
  };
  if (traceId !== undefined) record.traceId = traceId;
  if (caller) record.caller = describeCaller(caller);
  if (workload) record.workload = { issuer: workload.issuer, subject: workload.subject };
  if (caller?.kind === 'user') record.userId = caller.subject;
  record.method = request.method;
  if (facts.route !== undefined) record.route = facts.route;
  record.path = readPath(request.target).slice(0, MAX_PATH_LENGTH);
  if (request.ip !== undefined) record.ip = request.ip;
  record.statusCode = facts.statusCode;
  record.durationMs = Math.round(facts.durationMs * 1000) / 1000;
  if (facts.aborted) record.aborted = true;
  record.decision = decision.effect;
  if (decision.reason !== undefined) record.reason = decision.reason;
  if (facts.wouldDeny !== undefined) record.wouldDeny = facts.wouldDeny;
  record.required = facts.required;
  if (facts.resource) record.resource = facts.resource;
  if (facts.risk) record.risk = facts.risk;
  if (facts.policies) record.policies = facts.policies;
  if (facts.verdicts) record.verdicts = facts.verdicts;
  if (caller?.token.id !== undefined) record.tokenId = caller.token.id;
  if (caller?.token.keyId !== undefined) record.keyId = caller.token.keyId;
  if (facts.keysStale) record.keysStale = true;
  return record as AccessRecord;
}

function describeCaller({ issuer, subject, kind, clientId, actor }: Principal): RecordedCaller {
  const caller: Draft<RecordedCaller> = { issuer, subject, kind };
  if (clientId !== undefined) caller.clientId = clientId;
  if (actor) caller.actor = actor;
  return caller as RecordedCaller;
}

let writtenSecond = Number.NaN;
let writtenText = '';

/** Up to the second it is the same text for many requests. */
function writeTime(time: number): string {
  const milliseconds = Math.round(time * 1000);
  const second = Math.floor(milliseconds / 1000);
  if (second !== writtenSecond) {
    writtenText = new Date(second * 1000).toISOString().slice(0, -4);
    writtenSecond = second;
  }
  return `${writtenText}${String(milliseconds - second * 1000).padStart(3, '0')}Z`;
}
