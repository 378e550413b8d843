import type { ReasonCode } from '../errors.js';
import { isReasonCode } from './read-reason.js';

/** What of an access record counts for readiness, its types checked. */
export interface CountedCall {
  readonly time: string | undefined;
  readonly method: string;
  /** Template of the route; undefined where none matched. */
  readonly route: string | undefined;
  /** Why the call is denied, or would be; undefined where it passes. */
  readonly reason: ReasonCode | undefined;
  /** Nothing was demanded of it. */
  readonly isUnjudged: boolean;
  readonly required: readonly string[];
  readonly caller: { readonly subject: string; readonly issuer: string } | undefined;
}

const EFFECTS: readonly unknown[] = ['permit', 'deny', 'none'];
const MAX_TEXT = 300;
const MAX_REQUIRED = 20;

/**
 * A line of an access log. `other`: a line of something else, as a log of the whole process has them; `broken`: no record
 * that could be counted.
 */
export function readRecord(line: string): CountedCall | 'other' | 'broken' {
  const value = parse(line);
  if (!isObject(value)) return value === undefined && line.startsWith('{') ? 'broken' : 'other';
  const record = value as Readonly<Record<string, unknown>>;
  if (own(record, 'event') !== 'api_access') return 'other';
  const method = readText(own(record, 'method'));
  const decision = own(record, 'decision');
  const reason = own(record, 'wouldDeny') ?? own(record, 'reason') ?? undefined;
  if (method === undefined || !EFFECTS.includes(decision)) return 'broken';
  if (reason !== undefined && !isReasonCode(reason)) return 'broken';
  if (reason === undefined && decision === 'deny') return 'broken';
  return {
    time: readTime(own(record, 'time')),
    method,
    route: readText(own(record, 'route')),
    reason,
    isUnjudged: decision === 'none',
    required: readTexts(own(record, 'required')),
    caller: readCaller(own(record, 'caller')),
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the record itself holds: `__proto__` and its like are names as any other. */
function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined;
}

function readTexts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_REQUIRED).flatMap((item) => readText(item) ?? []);
}

function readTime(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z$/.test(value) ? value : undefined;
}

function readCaller(value: unknown): CountedCall['caller'] {
  if (!isObject(value)) return undefined;
  const caller = value as Readonly<Record<string, unknown>>;
  const subject = readText(own(caller, 'subject'));
  const issuer = readText(own(caller, 'issuer'));
  return subject !== undefined && issuer !== undefined ? { subject, issuer } : undefined;
}
