import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { defineSignal, deviceSignal, timeSignal } from 'countersign';
import { CountersignModule, RequireContext } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://payments' });

@Controller('payments')
class PaymentsController {
  @RequireContext({ maxRisk: 'low' }, { permissions: 'payments:approve' })
  @Get('approve')
  approve(): string {
    return 'approved';
  }

  @RequireContext({ maxRisk: 'low', above: { amr: 'mfa' } })
  @Get('list')
  list(): string {
    return 'listed';
  }
}

const options = { service: 'payment-service', audience: 'api://payments', trust: issuer.trust };
const device = deviceSignal({ from: { header: 'x-device-state', hop: { loopback: true } } });
const anyTime = timeSignal({ hours: '00:00-24:00', timeZone: 'UTC' });

describe.each(nestPlatforms)('a handler that asks for the context, Nest on %s', (_platform, makeAdapter) => {
  it('lets in what is not too risky, and tells the others', async () => {
    const log = captureLog();
    const module = CountersignModule.forRoot({
      ...options,
      signals: [device, anyTime],
      accessLog: { destination: log.destination },
    });
    const base = await startNest(makeAdapter, { imports: [module], controllers: [PaymentsController] });
    const ask = async (path: string, state: string, claims: object = {}) => {
      const token = await issuer.sign({ sub: 'alice', client_id: 'web', ...claims });
      const headers = [bearer(token), ['x-device-state', state] as const];
      const { status } = await sendRequest(base, `/payments/${path}`, { headers });
      const { reason, risk } = await log.next();
      return [status, reason ?? 'permit', risk?.level];
    };
    const approver = { scope: 'payments:approve' };
    expect(await ask('approve', 'compliant', approver)).toEqual([200, 'permit', 'low']);
    expect(await ask('approve', 'managed', approver)).toEqual([403, 'risk_too_high', 'medium']);
    expect(await ask('approve', 'compliant')).toEqual([403, 'permission_missing', 'low']);
    expect(await ask('list', 'lost')).toEqual([401, 'authentication_too_weak', 'high']);
    expect(await ask('list', 'lost', { amr: ['mfa'] })).toEqual([200, 'permit', 'high']);
  });

  it('decides about each address, as the platform tells it', async () => {
    const seen: unknown[] = [];
    const look = defineSignal('look', ({ ip, path }) => {
      seen.push([ip, path]);
      return { score: 0, reason: 'looked' };
    });
    const module = CountersignModule.forRoot({
      ...options,
      signals: [look],
      accessLog: { destination: { write() {} } },
    });
    const base = await startNest(makeAdapter, { imports: [module], controllers: [PaymentsController] });
    await sendRequest(base, '/payments/list?a=1', { headers: [bearer(await issuer.sign())] });
    expect(seen).toEqual([['127.0.0.1', '/payments/list']]);
  });
});

describe('a handler that asks for the context', () => {
  it('stops the start of an application without signals', async () => {
    @Module({ imports: [CountersignModule.forRoot(options)], controllers: [PaymentsController] })
    class App {}
    const app = await NestFactory.create(App, { logger: false, abortOnError: false });
    await expect(app.init()).rejects.toThrow(
      /PaymentsController\.approve .*requirement\.context is demanded, and there are no signals/,
    );
  });
});
