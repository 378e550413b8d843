import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AuthzenDecisionPoint, authzenDecisionPoint, type EvaluationsSemantic } from 'countersign';
import { decisionRequest } from '../support/decision-request.js';
import { whyUnavailable } from '../support/decision-server.js';
import { CERBOS_RULE } from '../support/payment-rule.js';
import { hasCerbos, startCerbos, stopCerbos } from '../support/start-cerbos.js';

const describeCerbos = hasCerbos() ? describe : describe.skip;

describeCerbos('Cerbos, which speaks AuthZEN', () => {
  let point: AuthzenDecisionPoint;
  beforeAll(async () => {
    const issuer = await startCerbos({ 'payment.yaml': CERBOS_RULE });
    point = authzenDecisionPoint({ issuer, timeoutMilliseconds: 3000 });
  }, 30_000);
  afterAll(stopCerbos);

  const pay = (amount: number) =>
    decisionRequest({ resource: { type: 'payment', id: String(amount), properties: { amount } } });

  it('is found by its metadata, and decides', async () => {
    expect(await point.decide(pay(9000))).toEqual({ effect: 'permit' });
    expect(await point.decide(pay(20_000))).toEqual({ effect: 'deny' });
  });

  it.each<[EvaluationsSemantic, string]>([
    ['execute_all', 'permit deny permit'],
    ['deny_on_first_deny', 'permit deny'],
    ['permit_on_first_permit', 'permit'],
  ])('answers several questions at once by %s', async (semantic, effects) => {
    const decisions = await point.evaluateAll([pay(9000), pay(20_000), pay(5)], semantic);
    expect(decisions.map(({ effect }) => effect).join(' ')).toBe(effects);
  });

  it('refuses a question that it does not understand, and goes on', async () => {
    const error = await whyUnavailable(point.decide({ ...pay(1), resource: { type: '', id: '' } }));
    expect(error).toMatchObject({ reason: 'decision_unavailable', message: expect.stringMatching(/answered 400/) });
    expect(await point.decide(pay(9000))).toEqual({ effect: 'permit' });
  });
});
