import type { Decision } from './decision.js';
import { type Cedar, describeTroubles } from './load-cedar.js';
import { shorten } from './read-decision.js';

/**
 * What Cedar decided. It passes over a policy that fails: where that one would have forbidden, a permit of the others is
 * worth nothing, so it denies here.
 */
export function readCedarAnswer(answer: ReturnType<Cedar['statefulIsAuthorized']>): Decision {
  if (answer.type === 'failure') {
    return {
      effect: 'deny',
      reason: shorten(`the request does not fit the schema: ${describeTroubles(answer.errors)}`),
    };
  }
  const { decision, diagnostics } = answer.response;
  if (diagnostics.errors.length > 0) {
    const failed = diagnostics.errors.map(({ policyId, error }) => `${policyId}: ${error.message}`);
    const policyId = diagnostics.errors.map((error) => error.policyId).join(', ');
    return { effect: 'deny', policyId, reason: shorten(`a policy fails: ${failed.join('; ')}`) };
  }
  const determining = diagnostics.reason.join(', ');
  return {
    effect: decision === 'allow' ? 'permit' : 'deny',
    ...(determining === '' ? { reason: 'no policy permits it' } : { policyId: determining }),
  };
}
