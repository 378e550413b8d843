import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  authzenDecisionPoint,
  cedarDecisionPoint,
  type DecisionPoint,
  definePolicy,
  opaDecisionPoint,
} from 'countersign';
import { type Asked, decisionRequest } from '../support/decision-request.js';
import { startDecisionServer } from '../support/decision-server.js';
import { json } from '../support/key-server.js';
import { CEDAR_RULE, CERBOS_RULE } from '../support/payment-rule.js';
import { hasCerbos, startCerbos, stopCerbos } from '../support/start-cerbos.js';
import { stopServers } from '../support/start-server.js';

afterAll(async () => {
  await stopCerbos();
  await stopServers();
});

/** No npm package brings OPA: the server speaks its API, and the rule is written in JavaScript here, not in Rego. */
async function openOpa(): Promise<DecisionPoint> {
  const server = await startDecisionServer();
  server.judge = ({ body: { input } }) => {
    const { roles } = input.subject.properties;
    const amount = input.resource.properties?.amount;
    const isWithinLimit = roles.includes('payment-manager') && typeof amount === 'number' && amount <= 10_000;
    if (input.action.name !== 'payments:approve' || input.resource.type !== 'payment')
      return json({ decision_id: '1' });
    return json({ decision_id: '1', result: { allow: isWithinLimit || roles.includes('cfo') } });
  };
  return opaDecisionPoint({ url: `${server.base}/v1/data/payments/approve`, timeoutMilliseconds: 3000 });
}

async function openPolicy(): Promise<DecisionPoint> {
  return definePolicy<{ amount?: unknown }>('approve-payment', ({ subject, action, resource }) => {
    const { roles } = subject.properties;
    const { amount } = resource.properties;
    if (action.name !== 'payments:approve' || resource.type !== 'payment') return false;
    const isWithinLimit = typeof amount === 'number' && amount <= 10_000;
    return roles.includes('cfo') || (roles.includes('payment-manager') && isWithinLimit);
  });
}

const places: [string, () => Promise<DecisionPoint>][] = [
  ['in process', openPolicy],
  ["by OPA's API", openOpa],
  ['by Cedar', () => cedarDecisionPoint(CEDAR_RULE)],
];
/** The real one. */
async function openCerbos(): Promise<DecisionPoint> {
  const url = await startCerbos({ 'payment.yaml': CERBOS_RULE });
  return authzenDecisionPoint({ url, timeoutMilliseconds: 3000 });
}
if (hasCerbos()) places.push(['by AuthZEN, in Cerbos', openCerbos]);

const pay = (roles: string[], properties: object, asked: Asked = {}): Asked => ({
  roles,
  resource: { type: 'payment', id: '7', properties: { ...properties } },
  ...asked,
});
const cases: [string, Asked, 'permit' | 'deny'][] = [
  ['a manager approves 9,000', pay(['payment-manager'], { amount: 9000 }), 'permit'],
  ['a manager approves 10,000', pay(['payment-manager'], { amount: 10_000 }), 'permit'],
  ['a manager approves 10,001', pay(['payment-manager'], { amount: 10_001 }), 'deny'],
  ['a manager approves 10,000.01', pay(['payment-manager'], { amount: 10_000.01 }), 'deny'],
  ['a manager approves the text "9000"', pay(['payment-manager'], { amount: '9000' }), 'deny'],
  ['a manager approves a list of 9,000', pay(['payment-manager'], { amount: [9000] }), 'deny'],
  ['a manager approves an amount of null', pay(['payment-manager'], { amount: null }), 'deny'],
  ['a manager approves what has no amount', pay(['payment-manager'], {}), 'deny'],
  ['the CFO approves 1,000,000', pay(['cfo'], { amount: 1_000_000 }), 'permit'],
  ['the CFO approves what has no amount', pay(['cfo'], {}), 'permit'],
  ['a manager who is the CFO approves 1,000,000', pay(['payment-manager', 'cfo'], { amount: 1_000_000 }), 'permit'],
  ['nobody in particular approves 1', pay([], { amount: 1 }), 'deny'],
  ['an auditor approves 1', pay(['auditor'], { amount: 1 }), 'deny'],
  ['somebody called CFO approves 1', pay(['CFO'], { amount: 1 }), 'deny'],
  [
    'somebody with the permission alone approves 1',
    pay([], { amount: 1 }, { permissions: ['cfo', 'payment-manager'] }),
    'deny',
  ],
  ['a payment that says that its reader is the CFO', pay([], { amount: 1, roles: ['cfo'] }), 'deny'],
  ['the CFO does something else', pay(['cfo'], { amount: 1 }, { action: 'payments:delete' }), 'deny'],
  [
    'the CFO approves something else',
    { roles: ['cfo'], resource: { type: 'order', id: '7', properties: { amount: 1 } } },
    'deny',
  ],
];

describe.each(places)('managers approve up to 10,000, the CFO anything: %s', (_where, open) => {
  let point: DecisionPoint;
  beforeAll(async () => {
    point = await open();
  }, 30_000);

  it.each(cases)('%s', async (_who, asked, effect) => {
    expect((await point.decide(decisionRequest(asked))).effect).toBe(effect);
  });
});
