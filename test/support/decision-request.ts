import type { Risk } from '../../lib/identity/risk.js';
import { sealPermissions } from '../../lib/identity/seal-permissions.js';
import type { DecisionRequest } from '../../lib/policy/decision.js';

/** What a test asks: payment 7 of 9,000 is to be approved by alice, unless it says something else. */
export interface Asked {
  readonly id?: string;
  readonly issuer?: string;
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
  readonly action?: string;
  readonly resource?: DecisionRequest['resource'];
  readonly time?: string;
  readonly requestId?: string;
  readonly risk?: Risk;
}

/** A question to a decision point, as the enforcement asks it. */
export function decisionRequest({
  id = 'alice',
  issuer = 'https://idp.example',
  roles = ['payment-manager'],
  permissions = ['payments:approve'],
  action = 'payments:approve',
  resource = { type: 'payment', id: '7', properties: { amount: 9000 } },
  time = '2026-11-22T09:00:00.000Z',
  requestId = 'f45d0ab6942268fb1691052a7',
  risk,
}: Asked = {}): DecisionRequest {
  return {
    subject: {
      type: 'user',
      id,
      properties: {
        issuer,
        permissions: sealPermissions(permissions),
        roles,
        authentication: {},
        claims: { sub: id, iss: issuer },
      },
    },
    action: { name: action, properties: { method: 'POST', permissions } },
    resource,
    context: { time, requestId, bound: false, ...(risk && { risk }) },
  };
}
