import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type DecisionPoint, opaDecisionPoint } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express from 'express';
import { captureLog } from '../support/capture-log.js';
import { type DecisionServer, startDecisionServer } from '../support/decision-server.js';
import { type Answer, hangUp, json } from '../support/key-server.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://payments', now: clock.now });
let opa: DecisionServer;
let decisionPoint: DecisionPoint;
beforeEach(async () => {
  opa = await startDecisionServer();
  decisionPoint = opaDecisionPoint({
    url: `${opa.base}/v1/data/payments/allow`,
    timeoutMilliseconds: 3000,
    now: clock.now,
  });
});

/** What a verified caller hears where OPA decides, and what the record says. */
async function call(times = 1) {
  const log = captureLog();
  const gate = countersign({
    service: 'payment-service',
    audience: 'api://payments',
    trust: issuer.trust,
    accessLog: { destination: log.destination },
    decisionPoint,
    now: clock.now,
  });
  const app = express();
  app.use(gate.accessLog());
  app.get('/payments', gate.verifyToken(), (_req, res) => void res.end('payments'));
  const base = await startServer(app);
  const headers = [bearer(await issuer.sign())];
  for (let time = 1; time < times; time++) {
    await sendRequest(base, '/payments', { headers });
    await log.next();
  }
  const answer = await sendRequest(base, '/payments', { headers });
  const record = await log.next();
  return { status: answer.status, retryAfter: answer.headers['retry-after'], reason: record.reason };
}

describe('a caller where OPA decides', () => {
  const refuse =
    (status: number): Answer =>
    (_req, res) =>
      void res.writeHead(status).end();
  it.each<[string, Answer, number, string | undefined]>([
    ['comes in', json({ result: true }), 200, undefined],
    ['is denied', json({ result: false }), 403, 'policy_denied'],
    ['is denied by the text "true"', json({ result: 'true' }), 403, 'policy_denied'],
    [
      'is denied for what nobody here knows how to do',
      json({ result: { allow: true, obligations: [{ type: 'x' }] } }),
      403,
      'policy_denied',
    ],
    ['hears 503 where OPA refuses our credential', refuse(401), 503, 'decision_unavailable'],
    ['hears 503 where OPA is not there', hangUp, 503, 'decision_unavailable'],
  ])('%s', async (_what, answer, status, reason) => {
    opa.answer = answer;
    expect(await call()).toMatchObject({ status, reason });
  });

  it('hears when to come again while OPA is left alone', async () => {
    expect(await call(6)).toEqual({ status: 503, reason: 'decision_unavailable', retryAfter: '1' });
    expect(opa.asked).toHaveLength(5);
  });
});
