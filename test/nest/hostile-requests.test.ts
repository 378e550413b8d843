import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { CountersignModule, RequirePermission } from 'countersign/nest';
import { createTestIssuer, type TestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { hostileRequests } from '../support/hostile-requests.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

describe.each(nestPlatforms)('Nest on %s', (_platform, makeAdapter) => {
  const log = captureLog();
  let issuer: TestIssuer;
  let base: string;
  let reached = 0;

  @Controller('orders')
  class OrdersController {
    @RequirePermission('orders:read', { kinds: ['service'] })
    @Get(':id')
    find(): string {
      reached++;
      return 'reached';
    }
  }

  beforeAll(async () => {
    issuer = await createTestIssuer({ audience: 'api://orders' });
    base = await startNest(makeAdapter, {
      imports: [
        CountersignModule.forRoot({
          service: 'order-service',
          audience: 'api://orders',
          trust: issuer.trust,
          accessLog: { destination: log.destination },
        }),
      ],
      controllers: [OrdersController],
    });
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
    expect(answer.lines('x-request-id')).toEqual([record.requestId]);
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
    const answer = await sendRequest(base, '/orders/42', {
      headers: [bearer(await issuer.sign({ scope: 'orders:read' }))],
    });
    expect([answer.status, answer.body, reached]).toEqual([200, 'reached', 1]);
    expect(await log.next()).toMatchObject({
      decision: 'permit',
      statusCode: 200,
      caller: { subject: 'test-service' },
      route: '/orders/:id',
    });
  });
});
