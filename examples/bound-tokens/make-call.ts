import type { ReasonCode } from 'countersign';
import type { RecordBook } from '../shop/keep-records.js';

/** One call, and what must come of it. */
export interface Call {
  readonly told: string;
  readonly expected: { readonly status: number; readonly reason?: ReasonCode };
  readonly make: () => Promise<Response>;
}

/** Calls under one heading, made in this order. */
export interface Chapter {
  readonly title: string;
  readonly calls: readonly Call[];
}

/** What came of a call: on the wire, and in the access record. */
export interface Result {
  readonly call: Call;
  readonly status: number;
  readonly reason: ReasonCode | undefined;
  /** What the caller was told to do before it comes again. */
  readonly asked: string | undefined;
  readonly isAsExpected: boolean;
}

/** Makes the call, and reads its record: the reason is never on the wire. */
export async function makeCall(call: Call, records: RecordBook): Promise<Result> {
  const { status, headers } = await call.make();
  const { record } = await records.read(headers.get('x-request-id') ?? '');
  const asked = /acr_values="[^"]*"(?:, max_age="\d+")?/.exec(headers.get('www-authenticate') ?? '')?.[0];
  const { expected } = call;
  const isAsExpected = status === expected.status && record.statusCode === status && record.reason === expected.reason;
  return { call, status, reason: record.reason, asked, isAsExpected };
}
