import type { Obligation } from './decision.js';

const MAX_REASON_LENGTH = 300;

/** Text from outside, as long as a record wants it. */
export function shorten(text: string): string {
  return text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH - 1)}…` : text;
}

/** What a decision point says of itself; undefined where it is not text. */
export function readShortText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? shorten(value) : undefined;
}

/** An object out of JSON that is no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Obligations as a decision point wrote them; undefined where they are none: what can't be read can't be met. */
export function readObligations(value: unknown): readonly Obligation[] | undefined {
  if (!Array.isArray(value) || !value.every(isObligation)) return undefined;
  return value.map(({ type, id, properties }) => ({
    type,
    ...(id !== undefined && { id }),
    ...(properties !== undefined && { properties }),
  }));
}

function isObligation(value: unknown): value is Obligation {
  if (!isObject(value)) return false;
  const { type, id, properties } = value;
  return (
    typeof type === 'string' &&
    type !== '' &&
    (id === undefined || typeof id === 'string') &&
    (properties === undefined || isObject(properties))
  );
}
