import type { ReasonCode } from 'countersign';

/** What is called. */
export interface Target {
  readonly service: 'order-service' | 'payment-service';
  readonly method: 'GET' | 'POST';
  readonly path: string;
}

/** One call, and what must come of it. */
export interface Call {
  readonly told: string;
  /** One `Authorization` line each. */
  readonly authorization: readonly string[];
  readonly query?: string;
  readonly expected: { readonly status: number; readonly reason?: ReasonCode };
}

/** Calls to one target, under one heading. */
export interface Chapter {
  readonly title: string;
  readonly target: Target;
  readonly calls: readonly Call[];
}

/** A call that must get through, with a token or without. */
export function permitted(told: string, token?: string, status = 200): Call {
  return { told, authorization: token === undefined ? [] : [bearer(token)], expected: { status } };
}

/** A call that must be refused, for exactly this reason. */
export function refused(told: string, token: string, status: number, reason: ReasonCode): Call {
  return refusedField(told, [bearer(token)], status, reason);
}

/** The same for whatever else an `Authorization` field may hold, or several. */
export function refusedField(
  told: string,
  authorization: readonly string[],
  status: number,
  reason: ReasonCode,
  query?: string,
): Call {
  return { told, authorization, expected: { status, reason }, ...(query !== undefined && { query }) };
}

/** The credential as the field carries it (RFC 6750 section 2.1). */
export function bearer(token: string): string {
  return `Bearer ${token}`;
}
