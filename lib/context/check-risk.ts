import { AccessDenied } from '../errors.js';
import type { Principal } from '../identity/principal.js';
import type { ContextDemand } from '../identity/read-context-demand.js';
import type { Risk, RiskLevel } from '../identity/risk.js';
import { checkStepUp } from './check-step-up.js';

const RANKS: Readonly<Record<RiskLevel, number>> = { low: 0, medium: 1, high: 2 };

/**
 * Whether the risk keeps to the route's limit, or its user made up for it by a step-up. A service has none.
 *
 * @throws {AccessDenied} `risk_too_high`, `authentication_too_weak`, `authentication_too_old`
 */
export function checkRisk(
  { level }: Risk,
  principal: Principal,
  { maxRisk, stepUp, ...times }: ContextDemand & { readonly now: number; readonly clockToleranceSeconds: number },
): void {
  if (RANKS[level] <= RANKS[maxRisk]) return;
  if (!stepUp || principal.kind === 'service') {
    throw new AccessDenied('risk_too_high', 'the risk of the request is above the limit of the route');
  }
  checkStepUp(principal, stepUp, times);
}
