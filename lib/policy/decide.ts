import { AccessDenied } from '../errors.js';
import type { Principal } from '../identity/principal.js';
import type { SettledRequirement } from './read-requirement.js';

/** Whether callers of this kind may come in. @throws {AccessDenied} `caller_kind_refused` */
export function checkKind({ kind }: Principal, { kinds }: SettledRequirement): void {
  if (kinds && !kinds.includes(kind)) {
    throw new AccessDenied('caller_kind_refused', 'callers of this kind may not come in here');
  }
}

/**
 * Whether a service may call here on behalf of a user. Of a chain of them only the current one counts.
 *
 * @throws {AccessDenied} `caller_kind_refused`
 */
export function checkDelegation({ actor }: Principal, { delegation }: SettledRequirement): void {
  if (actor && !delegation?.actors.includes(actor.subject)) {
    throw new AccessDenied('caller_kind_refused', 'the route lets nobody call on behalf of others, or others do');
  }
}

/**
 * The decision: returns when the caller may do what the requirement demands.
 *
 * @throws {AccessDenied} `permission_missing`
 */
export function decide({ permissions }: Principal, requirement: SettledRequirement): void {
  const { anyOf } = requirement;
  const holdsAll = requirement.permissions.every((name) => permissions.has(name));
  if (!holdsAll || (anyOf.length > 0 && !anyOf.some((name) => permissions.has(name)))) {
    throw new AccessDenied('permission_missing', 'the caller lacks a permission that the route demands');
  }
}
