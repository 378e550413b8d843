import type { ReasonCode } from '../errors.js';
import type { Actor, CallerKind } from '../identity/principal.js';
import type { Risk } from '../identity/risk.js';

/** What was decided: `none` where no route matched, or where the route demanded nothing and declared nothing. */
export type Effect = 'permit' | 'deny' | 'none';

/** What was decided about a request so far. */
export interface Decision {
  readonly effect: Effect;
  /** Why, where the effect is `deny`. */
  readonly reason?: ReasonCode;
}

/** How far a credential was proved, one step after the other. */
export interface Verdicts {
  /** Signed by a trusted issuer, its claims in order. */
  readonly authentic: boolean;
  /** Its sender proved to hold the key that it is bound to; false for a token that is bound to none. */
  readonly bound: boolean;
  /** For now and for here: its times, its lifetime, its audience. */
  readonly intended: boolean;
}

/** Who called, as far as it was verified. */
export interface RecordedCaller {
  readonly issuer: string;
  readonly subject: string;
  readonly kind: CallerKind;
  readonly clientId?: string;
  readonly actor?: Actor;
}

/** Whose certificate came along, where certificates name callers and it was verified. */
export interface RecordedWorkload {
  readonly issuer: string;
  readonly subject: string;
}

/** What the request was about, as the route's loader found it. */
export interface RecordedResource {
  readonly type: string;
  readonly id: string;
}

/** What a policy or decision point said. */
export interface RecordedPolicy {
  readonly effect: 'permit' | 'deny';
  readonly policyId: string;
  readonly policyVersion?: string;
  /** By which a decision point outside finds it again. */
  readonly decisionId?: string;
  readonly reason?: string;
}

/** One request that reached the application, whatever became of it. It never holds a token, a cookie or a payload. */
export interface AccessRecord {
  /** When the request was first seen; ISO 8601 in UTC. */
  readonly time: string;
  readonly event: 'api_access';
  /** The service that was called. */
  readonly service: string;
  readonly requestId: string;
  /** W3C trace-id that came along. */
  readonly traceId?: string;
  /** Only where the credential was authentic. */
  readonly caller?: RecordedCaller;
  /** Who sent the request, whoever its token speaks of. */
  readonly workload?: RecordedWorkload;
  /** The user, where the caller is one. */
  readonly userId?: string;
  readonly method: string;
  /** Template of the route, never a real value; absent where none matched. */
  readonly route?: string;
  /** Path without query, at most 1024 characters of it. */
  readonly path: string;
  readonly ip?: string;
  readonly statusCode: number;
  readonly durationMs: number;
  /** The connection ended before the response did: the status was never seen. */
  readonly aborted?: true;
  readonly decision: Effect;
  readonly reason?: ReasonCode;
  /** In shadow mode: why the request would have been denied. */
  readonly wouldDeny?: ReasonCode;
  /** Permissions that the route demanded. */
  readonly required: readonly string[];
  /** Only where the route has a loader, and it found something. */
  readonly resource?: RecordedResource;
  /** How risky the request was; only where the route asked, or a policy could. */
  readonly risk?: Risk;
  /** What each policy said that was asked, in its order. */
  readonly policies?: readonly RecordedPolicy[];
  /** Only where a credential was shown. */
  readonly verdicts?: Verdicts;
  /** `jti` of the token, where it was authentic. */
  readonly tokenId?: string;
  /** `kid` of the key that verified it; of a certificate alone, its SHA-256. */
  readonly keyId?: string;
  /** The record stands for so many requests of its peer, this one among them, that were refused alike within a second. */
  readonly repeated?: number;
  /** The issuer's keys were past their time, because their source can't be reached. */
  readonly keysStale?: true;
}
