import type { ContextOptions } from '../identity/read-context-demand.js';
import type { StepUpOptions } from '../identity/read-step-up.js';
import type { CallerRequirement } from '../policy/read-requirement.js';
import { declareRequirement, type RequirementDecorator } from './declare-requirement.js';

/**
 * Lets callers in that hold the permission, or all of several. On a handler it replaces what its controller declares.
 *
 * @example @RequirePermission('orders:read') @Get(':id') find() {}
 */
export function RequirePermission(
  permissions: string | readonly string[],
  options: Omit<CallerRequirement, 'permissions'> = {},
): RequirementDecorator {
  return declareRequirement({ ...options, permissions });
}

/**
 * Lets callers in that meet the requirement; the other decorators are short for it.
 *
 * @example @Require({ permissions: 'orders:read', kinds: ['service'] })
 */
export function Require(requirement: CallerRequirement): RequirementDecorator {
  return declareRequirement(requirement);
}

/**
 * Lets every verified caller in.
 *
 * @example @RequireAuthenticated() @Get('me') me(@Caller() caller: Principal) {}
 */
export function RequireAuthenticated(): RequirementDecorator {
  return declareRequirement({});
}

/**
 * Lets users in, and no service that speaks for itself.
 *
 * @example @RequireUser({ permissions: 'payments:approve' }) @Post() approve() {}
 */
export function RequireUser(options: Omit<CallerRequirement, 'kinds'> = {}): RequirementDecorator {
  return declareRequirement({ ...options, kinds: ['user'] });
}

/**
 * Lets services in that call on behalf of a user, beside users themselves. What such a call may do is what both may.
 *
 * @example @AllowDelegated({ actors: ['order-service'] }, { permissions: 'payments:read' }) @Get() list() {}
 */
export function AllowDelegated(
  delegation: { readonly actors: readonly string[] },
  options: Omit<CallerRequirement, 'delegation'> = {},
): RequirementDecorator {
  return declareRequirement({ ...options, delegation });
}

/**
 * Lets users in that were authenticated in one of these ways, by these methods, not too long ago; others are told so
 * (RFC 9470), services are refused.
 *
 * @example @RequireStepUp({ acr: 'urn:example:strong', maxAgeSeconds: 300 }, { permissions: 'payments:approve' }) @Post() approve() {}
 */
export function RequireStepUp(
  stepUp: StepUpOptions,
  options: Omit<CallerRequirement, 'stepUp'> = {},
): RequirementDecorator {
  return declareRequirement({ ...options, stepUp });
}

/**
 * Lets callers in whose request is not riskier than that, by the gate's `signals`; above it, denies or asks for a step-up.
 *
 * @example @RequireContext({ maxRisk: 'low' }, { permissions: 'payments:approve' }) @Post() approve() {}
 */
export function RequireContext(
  context: ContextOptions,
  options: Omit<CallerRequirement, 'context'> = {},
): RequirementDecorator {
  return declareRequirement({ ...options, context });
}

/**
 * Lets users in whose token names the method `mfa` (RFC 8176).
 *
 * @example @RequireMfa({ permissions: 'payments:approve' }) @Post() approve() {}
 */
export function RequireMfa(options: Omit<CallerRequirement, 'stepUp'> = {}): RequirementDecorator {
  return RequireStepUp({ amr: 'mfa' }, options);
}

/**
 * Lets everybody in, and says why. Credentials are not read.
 *
 * @example @Public('liveness probe, says nothing') @Get('health') health() {}
 */
export function Public(why: string): RequirementDecorator {
  return declareRequirement({ public: why });
}
