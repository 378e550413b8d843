import { REASON_CODES, type ReasonCode } from '../errors.js';
import { UsageError } from './usage-error.js';

/** The reason code of an argument. @throws {UsageError} it says which ones are alike */
export function readReason(name: string): ReasonCode {
  if (isReasonCode(name)) return name;
  const words = name.toLowerCase().split(/[^a-z]+/);
  const alike = REASON_CODES.filter((code) => words.some((word) => word.length > 2 && code.includes(word)));
  const hint = alike.length > 0 ? `did you mean ${alike.join(', ')}?` : '"countersign docs" lists them all';
  throw new UsageError(`there is no such reason; ${hint}`);
}

/** Whether the value is one of the reason codes. */
export function isReasonCode(value: unknown): value is ReasonCode {
  return (REASON_CODES as readonly unknown[]).includes(value);
}
