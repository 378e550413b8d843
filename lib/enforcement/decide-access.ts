import { checkStepUp } from '../context/check-step-up.js';
import { AccessDenied } from '../errors.js';
import type { Principal } from '../identity/principal.js';
import { askDecisionPoints, type Fulfil } from '../policy/ask-decision-points.js';
import { checkDelegation, checkKind, decide } from '../policy/decide.js';
import type { DecisionPoint, Resource } from '../policy/decision.js';
import { describeRequest } from '../policy/describe-request.js';
import { loadResource } from '../policy/load-resource.js';
import type { SettledRequirement } from '../policy/read-requirement.js';
import type { VerificationRules } from '../token/verify-token.js';
import type { RequestAttempt } from './request-attempt.js';

/** How a verified caller is judged, settled at start. */
export interface DecisionRules {
  readonly rules: VerificationRules;
  /** Whoever decides about every route, beside what the route itself says. */
  readonly decisionPoint?: DecisionPoint | undefined;
  readonly obligations: ReadonlyMap<string, Fulfil>;
}

/** Returns, with what the request is about, when the caller may do what the route is for. @throws {AccessDenied} */
export type DecideAccess = (
  attempt: RequestAttempt,
  principal: Principal,
  requirement: SettledRequirement,
) => Promise<Resource | undefined>;

/** A route that says nothing of whom it is for is for nobody. */
export function refuseUndeclared(): never {
  throw new AccessDenied('route_undeclared', 'the route declares no requirement');
}

/** The stations behind the identity: kind, context, permissions, and whoever else has a say. */
export function createDecider({ rules, decisionPoint, obligations }: DecisionRules): DecideAccess {
  const always = decisionPoint ? [decisionPoint] : [];

  return async function decideAccess(attempt, principal, requirement) {
    if (requirement.undeclared) refuseUndeclared();
    checkKind(principal, requirement);
    checkDelegation(principal, requirement);
    if (requirement.stepUp) checkStepUp(principal, requirement.stepUp, { ...rules, now: rules.now() });
    decide(principal, requirement);
    const { request } = attempt;
    const resource = await loadResource(requirement, request.carrier ?? request.source);
    if (resource) attempt.concerns(resource);
    const points = requirement.policies ? [...requirement.policies, ...always] : always;
    if (points.length > 0) {
      const { method, target } = request;
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
  };
}
