import { AccessDenied } from '../errors.js';
import { describeFound } from '../options.js';
import type { Decision, DecisionPoint, DecisionRequest, Obligation } from './decision.js';

/** What one decision point said, as it stands in the record. */
export interface RecordedDecision {
  readonly effect: 'permit' | 'deny';
  readonly policyId: string;
  readonly policyVersion?: string;
  readonly decisionId?: string;
  readonly reason?: string;
}

/** Does what a permit obliges to. What it throws is a denial. */
export type Fulfil = (obligation: Obligation, request: DecisionRequest) => void | Promise<void>;

/** What asking needs beside the question. */
export interface AskContext {
  /** How obligations are met, by their type. */
  readonly obligations: ReadonlyMap<string, Fulfil>;
  /** Is told of each answer. */
  readonly witness: (decision: RecordedDecision) => void;
}

const MAX_TEXT = 300;
const MAX_OBLIGATIONS = 20;

/**
 * Deny-overrides (XACML 3.0 appendix C.2): each is asked, the first that doesn't permit decides. Obligations are met when
 * all of them permit; one that nobody here knows is a denial (AuthZEN obligations, section 4).
 *
 * @throws {AccessDenied} `policy_denied`, `decision_unavailable`
 */
export async function askDecisionPoints(
  points: readonly DecisionPoint[],
  request: DecisionRequest,
  { obligations, witness }: AskContext,
): Promise<void> {
  const owed: Obligation[] = [];
  for (const point of points) {
    const decision: Decision = await point.decide(request);
    witness(describe(decision, point));
    if (decision.effect !== 'permit') throw new AccessDenied('policy_denied', 'a policy denies it');
    owed.push(...readObligations(decision, point));
  }
  // Before any of them is met, so that nothing is done for what is denied then.
  const known = owed.map((obligation) => ({ obligation, fulfil: obligations.get(obligation.type) ?? refuseUnknown() }));
  for (const { obligation, fulfil } of known) await fulfil(obligation, request);
}

function refuseUnknown(): never {
  throw new AccessDenied('policy_denied', 'a permit obliges to something that is not known here');
}

/** What a decision point outside says is not trusted for its types or lengths. */
function describe(decision: Decision, { name }: DecisionPoint): RecordedDecision {
  const { effect, policyId = name, policyVersion, decisionId, reason } = decision as Decision | Record<string, never>;
  return {
    effect: effect === 'permit' ? 'permit' : 'deny',
    policyId: shorten(policyId) ?? name,
    ...pick('policyVersion', policyVersion),
    ...pick('decisionId', decisionId),
    ...pick('reason', reason),
  };
}

function pick<Name extends string>(name: Name, value: unknown): { readonly [name in Name]?: string } {
  const text = shorten(value);
  return (text === undefined ? {} : { [name]: text }) as { readonly [name in Name]?: string };
}

function shorten(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined;
}

function readObligations({ obligations }: Decision, { name }: DecisionPoint): readonly Obligation[] {
  if (obligations === undefined) return [];
  const isList = Array.isArray(obligations) && obligations.length <= MAX_OBLIGATIONS;
  if (isList && obligations.every((each: Partial<Obligation> | null) => typeof each?.type === 'string')) {
    return obligations;
  }
  throw new TypeError(
    `countersign: the obligations of ${name} are no list of { type }, found ${describeFound(obligations)}`,
  );
}
