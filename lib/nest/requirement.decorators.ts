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
 * Lets everybody in, and says why. Credentials are not read.
 *
 * @example @Public('liveness probe, says nothing') @Get('health') health() {}
 */
export function Public(why: string): RequirementDecorator {
  return declareRequirement({ public: why });
}
