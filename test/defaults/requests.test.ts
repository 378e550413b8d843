import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { All, Controller, Get, type INestApplication, Req } from '@nestjs/common';
import { countersign } from 'countersign/express';
import { CountersignModule, Public, RequireAuthenticated } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';
import { captureLog } from '../support/capture-log.js';
import { optionRefused } from '../support/option-refused.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';
import { startServer, stopServers } from '../support/start-server.js';

// What every adapter answers to a credential that isn't right is in test/support/hostile-requests.ts.

afterAll(async () => {
  await stopServers();
  await stopNest();
});

const issuer = await createTestIssuer({ audience: 'api://orders' });
const options = {
  service: 's',
  audience: 'api://orders',
  trust: issuer.trust,
  accessLog: { destination: { write() {} } },
};
const preflight = [
  ['origin', 'https://shop.test'],
  ['access-control-request-method', 'GET'],
  ['access-control-request-headers', 'authorization'],
] as const;
let reached = 0;
beforeEach(() => {
  reached = 0;
});

@Controller()
class OrdersController {
  @RequireAuthenticated()
  @All('all')
  all(): void {
    reached++;
  }

  @RequireAuthenticated()
  @Get('orders')
  orders(): void {
    reached++;
  }

  @Public('test')
  @Get('public')
  open(@Req() request: { principal?: unknown }): string {
    return request.principal === undefined ? 'nobody' : 'somebody';
  }
}

describe.each(nestPlatforms)('without any option, Nest on %s', (_platform, makeAdapter) => {
  const start = (prepare?: (app: INestApplication) => void) =>
    startNest(makeAdapter, { imports: [CountersignModule.forRoot(options)], controllers: [OrdersController] }, prepare);

  it('answers a preflight by the CORS layer alone, and without one the guard stands', async () => {
    const [closed, open] = [await start(), await start((app) => app.enableCors({ origin: 'https://shop.test' }))];
    for (const path of ['/all', '/orders']) {
      const send = (base: string) => sendRequest(base, path, { method: 'OPTIONS', headers: preflight });
      expect([401, 404]).toContain((await send(closed)).status); // where the handler is for GET alone, it isn't there
      expect((await send(open)).status).toBe(204);
      expect((await sendRequest(open, path, { headers: [['origin', 'https://shop.test']] })).status).toBe(401);
    }
    expect(reached).toBe(0);
  });

  it('never wrote a token down, wherever it was shown', async () => {
    const log = captureLog();
    const module = CountersignModule.forRoot({ ...options, accessLog: { destination: log.destination } });
    const base = await startNest(makeAdapter, { imports: [module], controllers: [OrdersController] });
    const token = await issuer.sign();
    await sendRequest(base, `/orders?access_token=${token}`, {
      headers: [
        ['cookie', token],
        ['referer', `/?${token}`],
      ],
    });
    await sendRequest(base, '/orders', { headers: [bearer(token), ['user-agent', token], ['x-request-id', token]] });
    await sendRequest(base, `/none?jwt=${token}`, { headers: [['authorization', `Basic ${token}`]] });
    for (const path of ['/orders', '/orders', '/none']) expect((await log.next()).path).toBe(path);
    expect(log.lines.join('')).not.toMatch(/eyJ/);
  });

  it('knows no optional authentication: a public route reads no credential, forged or honest', async () => {
    const base = await start();
    for (const token of [await issuer.forge('wrong-key'), await issuer.sign()]) {
      expect((await sendRequest(base, '/public', { headers: [bearer(token)] })).body).toBe('nobody');
    }
  });
});

describe('without any option, Express', () => {
  const gate = countersign(options);

  it('answers a preflight by the CORS layer alone, and without one the guard stands', async () => {
    const app = express();
    app.use('/shared', (req, res, next) => void (req.method === 'OPTIONS' ? res.sendStatus(204) : next()));
    app.all(['/shared/x', '/own/x'], gate.verifyToken(), () => void reached++);
    const base = await startServer(app);
    const send = (path: string) => sendRequest(base, path, { method: 'OPTIONS', headers: preflight });
    expect([(await send('/shared/x')).status, (await send('/own/x')).status, reached]).toEqual([204, 401, 0]);
  });

  it('knows no optional authentication: a guard can’t be asked to let nobody pass', async () => {
    for (const name of ['optional', 'credentialsRequired', 'authRequired', 'anonymous']) {
      expect(optionRefused(() => gate.require({ [name]: name === 'optional' }))).toBe(`requirement.${name}`);
      expect(optionRefused(() => countersign({ ...options, [name]: false }))).toBe(`options.${name}`);
    }
  });
});
