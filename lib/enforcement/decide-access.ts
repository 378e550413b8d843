import type { AssessRisk } from '../context/assess-risk.js';
import { checkRisk } from '../context/check-risk.js';
import { checkStepUp } from '../context/check-step-up.js';
import { AccessDenied } from '../errors.js';
import type { Principal } from '../identity/principal.js';
import type { ContextDemand } from '../identity/read-context-demand.js';
import type { Risk } from '../identity/risk.js';
import { askDecisionPoints, type Fulfil } from '../policy/ask-decision-points.js';
import { checkDelegation, checkKind, decide } from '../policy/decide.js';
import type { DecisionPoint, Resource } from '../policy/decision.js';
import { describeRequest } from '../policy/describe-request.js';
import { loadResource } from '../policy/load-resource.js';
import type { ProofDemand, SettledRequirement } from '../policy/read-requirement.js';
import type { VerificationRules } from '../token/verify-token.js';
import type { RequestAttempt } from './request-attempt.js';

/** How a verified caller is judged, settled at start. */
export interface DecisionRules {
  readonly rules: VerificationRules;
  /** Whoever decides about every route, beside what the route itself says. */
  readonly decisionPoint?: DecisionPoint | undefined;
  /** How risky a request is, where the gate has signals. */
  readonly assessRisk?: AssessRisk | undefined;
  readonly obligations: ReadonlyMap<string, Fulfil>;
}

/**
 * Returns, with what the request is about, when the caller may do what the route is for; a promise only where somebody has to
 * be asked. @throws {AccessDenied}
 */
export type DecideAccess = (
  attempt: RequestAttempt,
  principal: Principal,
  requirement: SettledRequirement,
) => undefined | Promise<Resource | undefined>;

/** A route that says nothing of whom it is for is for nobody. */
export function refuseUndeclared(): never {
  throw new AccessDenied('route_undeclared', 'the route declares no requirement');
}

/** What the request is about, by the route's loader, which is asked once. @throws {AccessDenied} */
export function findResource(
  attempt: RequestAttempt,
  requirement: SettledRequirement,
): undefined | Promise<Resource | undefined> {
  if (!requirement.loadResource) return undefined;
  const { carrier, source } = attempt.request;
  return attempt.findOnce(requirement, () => loadResource(requirement, carrier ?? source));
}

/** A token that is anybody's who holds it will not do where a proof is demanded. @throws {AccessDenied} `binding_missing` */
export function checkDemand(
  { isBound }: Pick<RequestAttempt, 'isBound'>,
  requirement: SettledRequirement,
  otherwise: ProofDemand,
): void {
  if ((requirement.proof ?? otherwise) === 'required' && !isBound) {
    throw new AccessDenied('binding_missing', 'the route wants a token that is bound to a key, with its proof');
  }
}

/** The stations behind the identity: kind, context, permissions, and whoever else has a say. */
export function createDecider({ rules, decisionPoint, assessRisk, obligations }: DecisionRules): DecideAccess {
  const always = decisionPoint ? [decisionPoint] : [];

  /** Signals are asked once for a request, whoever wants to know. */
  async function assess(attempt: RequestAttempt, principal: Principal): Promise<Risk | undefined> {
    const { request, hopHeaders } = attempt;
    attempt.assessed ??= assessRisk?.({ principal, request, hopHeaders, certificate: attempt.vouchedCertificate });
    const risk = await attempt.assessed;
    if (risk) attempt.weighed(risk);
    return risk;
  }

  async function checkContext(attempt: RequestAttempt, principal: Principal, demand: ContextDemand): Promise<void> {
    const risk = await assess(attempt, principal);
    if (!risk) throw new Error('countersign: a route asks for the risk, and there are no signals');
    checkRisk(risk, principal, { ...demand, ...rules, now: rules.now() });
  }

  async function askAround(
    attempt: RequestAttempt,
    principal: Principal,
    requirement: SettledRequirement,
  ): Promise<Resource | undefined> {
    if (requirement.context) await checkContext(attempt, principal, requirement.context);
    decide(principal, requirement);
    const resource = await findResource(attempt, requirement);
    const points = requirement.policies ? [...requirement.policies, ...always] : always;
    if (points.length > 0) {
      await assess(attempt, principal);
      const { method, target } = attempt.request;
      const occasion = {
        principal,
        requirement,
        method,
        target,
        resource,
        context: attempt.describeContext(rules.now()),
      };
      const witness = attempt.decided.bind(attempt);
      await askDecisionPoints(points, describeRequest(occasion), { obligations, witness });
    }
    return resource;
  }

  return function decideAccess(attempt, principal, requirement) {
    if (requirement.undeclared) refuseUndeclared();
    checkKind(principal, requirement);
    checkDelegation(principal, requirement);
    if (requirement.stepUp) checkStepUp(principal, requirement.stepUp, { ...rules, now: rules.now() });
    const { context, loadResource: load, policies } = requirement;
    if (context || load || policies || decisionPoint) return askAround(attempt, principal, requirement);
    decide(principal, requirement);
    return undefined;
  };
}
