import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countersign } from 'countersign/express';
import { createTestIssuer, type TestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { expressVersions } from '../support/express-versions.js';
import { hostileRequests } from '../support/hostile-requests.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

describe.each(expressVersions)('%s', (_version, express) => {
  const log = captureLog();
  let issuer: TestIssuer;
  let base: string;
  let reached = 0;

  beforeAll(async () => {
    issuer = await createTestIssuer({ audience: 'api://orders' });
    const gate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: log.destination },
    });
    const app = express();
    app.use(gate.accessLog());
    app.get('/orders/:id', gate.verifyServiceToken(), gate.requirePermission('orders:read'), (_req, res) => {
      reached++;
      res.send('reached');
    });
    gate.assertCovered(app);
    base = await startServer(app);
  });

  it.each(hostileRequests.map((request) => [request.name, request] as const))('refuses %s', async (_name, hostile) => {
    const answer = await sendRequest(base, `/orders/42${hostile.query ?? ''}`, {
      headers: await hostile.headers(issuer),
    });
    const record = await log.next();
    expect({ status: answer.status, challenge: answer.lines('www-authenticate'), reason: record.reason }).toEqual({
      status: hostile.status,
      challenge: hostile.challenge === undefined ? [] : [hostile.challenge],
      reason: hostile.reason,
    });
    expect(reached).toBe(0);
    expect(record).toMatchObject({
      decision: 'deny',
      statusCode: hostile.status,
      route: '/orders/:id',
      path: '/orders/42',
      required: ['orders:read'],
    });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.body)).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status: hostile.status,
      detail: expect.any(String),
      instance: record.requestId,
    });
    expect(answer.body + JSON.stringify(answer.headers)).not.toContain(hostile.reason);
  });

  it('lets the honest twin of them all pass', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    const answer = await sendRequest(base, '/orders/42', { headers: [bearer(token)] });
    expect([answer.status, answer.body, reached]).toEqual([200, 'reached', 1]);
    expect(await log.next()).toMatchObject({
      decision: 'permit',
      statusCode: 200,
      caller: { issuer: issuer.issuer, subject: 'test-service', kind: 'service', clientId: 'test-service' },
      required: ['orders:read'],
      verdicts: { authentic: true, bound: false, intended: true },
    });
  });

  it('never wrote a token down', async () => {
    expect(log.lines.join('')).not.toMatch(/eyJ/);
  });
});
