import type { ReasonCode } from 'countersign';
import type { RecordBook } from '../shop/keep-records.js';

/** What must come of a call: on the wire, and in the access record. */
export interface Outcome {
  readonly status: number;
  readonly reason?: ReasonCode;
  /** In shadow mode: why it would have been denied. */
  readonly wouldDeny?: ReasonCode;
}

/** One call, and what must come of it. */
export interface Call {
  readonly told: string;
  readonly expected: Outcome;
  readonly make: () => Promise<Response>;
}

/** Calls under one heading, made in this order. */
export interface Chapter {
  readonly title: string;
  readonly calls: readonly Call[];
}

/** What came of a call. */
export interface Result {
  readonly call: Call;
  readonly got: Outcome;
  /** What the caller was told to do before it comes again. */
  readonly asked: string | undefined;
  readonly isAsExpected: boolean;
}

/** Makes the call, and reads its record: the reason is never on the wire. */
export async function makeCall(call: Call, records: RecordBook): Promise<Result> {
  const { status, headers } = await call.make();
  const { record } = await records.read(headers.get('x-request-id') ?? '');
  const { reason, wouldDeny } = record;
  const challenge = headers.get('www-authenticate') ?? '';
  const asked = /error="insufficient_user_authentication".*(max_age="\d+")/.exec(challenge)?.[1];
  const { expected } = call;
  const isAsExpected =
    status === expected.status &&
    record.statusCode === status &&
    reason === expected.reason &&
    wouldDeny === expected.wouldDeny;
  return { call, got: { status, ...(reason && { reason }), ...(wouldDeny && { wouldDeny }) }, asked, isAsExpected };
}
