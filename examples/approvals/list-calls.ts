import type { TestClock, TestIssuer } from 'countersign/testing';
import type { Chapter } from './make-call.js';

/** Where the service is, who signs its callers in, and the clock of them all. */
export interface Scene {
  readonly origin: string;
  readonly provider: TestIssuer;
  readonly clock: TestClock;
}

type Claims = Readonly<Record<string, unknown>>;

const HOUR_SECONDS = 3600;
const THIRTY_ONE_DAYS_SECONDS = 31 * 86_400;

const user = { client_id: 'web-shop', device: 'compliant', amr: ['pwd'] };
const mary = { ...user, sub: 'mary', roles: ['payment-manager'] };
const carol = { ...user, sub: 'carol', roles: ['cfo'] };
const ivan = { ...user, sub: 'ivan', roles: ['intern'] };
const byMfa = { amr: ['pwd', 'mfa'] };

/** Every call of the demonstration, in its order. */
export function listCalls({ origin, provider, clock }: Scene): readonly Chapter[] {
  const send = async (method: string, path: string, claims: Claims) => {
    const headers = await provider.headers({ auth_time: clock.now(), ...claims });
    return fetch(origin + path, { method, headers });
  };
  const approve = (id: string, claims: Claims) => () => send('POST', `/payments/${id}/approval`, claims);
  const list = (claims: Claims) => () => send('GET', '/payments', claims);
  return [
    {
      title: 'POST /payments/:id/approval  roles and amounts, on a compliant device',
      calls: [
        { told: 'mary, payment-manager: 500 EUR', expected: { status: 201 }, make: approve('1', mary) },
        {
          told: 'mary: 50,000 EUR',
          expected: { status: 403, reason: 'policy_denied' },
          make: approve('2', mary),
        },
        { told: 'carol, cfo: 50,000 EUR', expected: { status: 201 }, make: approve('2', carol) },
        {
          told: 'ivan, intern, a role that is worth nothing here',
          expected: { status: 403, reason: 'permission_missing' },
          make: approve('1', ivan),
        },
        {
          told: 'ivan, whose client was given the scope payments:approve',
          expected: { status: 403, reason: 'policy_denied' },
          make: approve('1', { ...ivan, scope: 'payments:approve' }),
        },
      ],
    },
    {
      title: 'POST /payments/:id/approval  device and step-up',
      calls: [
        {
          told: 'mary on a managed device, signed in with a password',
          expected: { status: 401, reason: 'authentication_too_weak' },
          make: approve('1', { ...mary, device: 'managed' }),
        },
        {
          told: 'mary on it, signed in anew with a second factor',
          expected: { status: 201 },
          make: approve('1', { ...mary, ...byMfa, device: 'managed' }),
        },
        {
          told: 'mary on it, who did so an hour ago',
          expected: { status: 401, reason: 'authentication_too_old' },
          make: () => approve('1', { ...mary, ...byMfa, device: 'managed', auth_time: clock.now() - HOUR_SECONDS })(),
        },
        {
          told: 'mary on an unknown device, with a second factor: 50,000',
          expected: { status: 403, reason: 'policy_denied' },
          make: approve('2', { ...mary, ...byMfa, device: undefined }),
        },
        {
          told: 'payout-service: no device, and no user to ask',
          expected: { status: 403, reason: 'risk_too_high' },
          make: approve('1', { sub: 'payout-service', client_id: 'payout-service', roles: ['payment-manager'] }),
        },
      ],
    },
    {
      title: 'POST /payments/9/approval  what is not there',
      calls: [
        { told: 'mary', expected: { status: 404, reason: 'resource_missing' }, make: approve('9', mary) },
        {
          told: 'ivan, who does not get so far as to learn it',
          expected: { status: 403, reason: 'permission_missing' },
          make: approve('9', ivan),
        },
      ],
    },
    {
      title: 'GET /payments  in shadow mode for 30 days',
      calls: [
        { told: 'ivan', expected: { status: 200, wouldDeny: 'permission_missing' }, make: list(ivan) },
        {
          told: 'ivan, 31 days later',
          expected: { status: 403, reason: 'permission_missing' },
          async make() {
            clock.advance(THIRTY_ONE_DAYS_SECONDS);
            return list(ivan)();
          },
        },
      ],
    },
  ];
}
