import { readPath } from '../http/read-path.js';
import type { Principal } from '../identity/principal.js';
import type { DecisionContext, DecisionRequest, Resource, Subject } from './decision.js';
import type { SettledRequirement } from './read-requirement.js';

/** What is to be decided, and by whom it is wanted. */
export interface Occasion {
  readonly principal: Principal;
  readonly requirement: Pick<SettledRequirement, 'permissions' | 'anyOf'>;
  readonly method: string;
  /** Path and query as they were received. */
  readonly target: string;
  readonly resource: Resource | undefined;
  readonly context: DecisionContext;
}

/** A decision request in AuthZEN's words (Authorization API 1.0, section 5). */
export function describeRequest({
  principal,
  requirement,
  method,
  target,
  resource,
  context,
}: Occasion): DecisionRequest {
  const permissions = [...requirement.permissions, ...requirement.anyOf];
  return Object.freeze<DecisionRequest>({
    subject: describeSubject(principal),
    action: Object.freeze({ name: permissions[0] ?? method, properties: Object.freeze({ method, permissions }) }),
    resource: resource ?? Object.freeze({ type: 'endpoint', id: `${method} ${readPath(target)}` }),
    context: Object.freeze(context),
  });
}

function describeSubject(principal: Principal): Subject {
  const { issuer, subject, kind, permissions, roles, clientId, actor, workload, authentication, claims } = principal;
  return Object.freeze<Subject>({
    type: kind,
    id: subject,
    properties: Object.freeze({
      issuer,
      permissions,
      roles,
      ...(clientId !== undefined && { clientId }),
      ...(actor && { actor }),
      ...(workload && { workload }),
      authentication,
      claims,
    }),
  });
}
