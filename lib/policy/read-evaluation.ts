import type { Decision } from './decision.js';
import { isObject, readObligations, shorten } from './read-decision.js';

/**
 * What an AuthZEN decision point says of one question (section 6.2).
 *
 * @throws {Error} where it says nothing: `decision` is neither true nor false
 */
export function readEvaluation(evaluation: unknown): Decision {
  const { decision, ...rest } = (isObject(evaluation) ? evaluation : {}) as Record<string, unknown>;
  const context = rest['context'] ?? {};
  if (typeof decision !== 'boolean') throw new Error('the answer has no decision that is true or false');
  if (!isObject(context)) throw new Error('the context of the decision is not an object');
  const reason = readReason(context['reason_admin']);
  const told = reason === undefined ? {} : { reason };
  if (context['obligations'] === undefined) return { effect: decision ? 'permit' : 'deny', ...told };
  const obligations = readObligations(context['obligations']);
  // What can't be read can't be met.
  if (!obligations) return { effect: 'deny', reason: "the obligations of the decision can't be read" };
  return { effect: decision ? 'permit' : 'deny', ...told, obligations };
}

/** For the operator alone; `reason_user` is left where it is. */
function readReason(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : shorten(value);
  return isObject(value) ? shorten(JSON.stringify(value)) : undefined;
}
