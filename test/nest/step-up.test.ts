import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Countersign,
  CountersignModule,
  RequireAuthenticated,
  RequireMfa,
  RequirePermission,
  RequireStepUp,
} from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(async () => {
  await stopNest();
  await stopServers();
});

const callee = await startServer((req, res) => {
  const wants = req.url === '/more' && 'Bearer error="insufficient_user_authentication", acr_values="strong"';
  res.writeHead(wants ? 401 : 200, wants ? { 'www-authenticate': wants } : {}).end();
});
const issuer = await createTestIssuer({ audience: 'api://payments' });

@Controller('payments')
class PaymentsController {
  @RequireStepUp({ acr: 'strong', maxAgeSeconds: 300 }, { permissions: 'payments:approve' })
  @Get('approve')
  approve(): string {
    return 'approved';
  }

  @RequireMfa()
  @Get('list')
  list(): string {
    return 'listed';
  }
}

@Controller('between')
class BetweenController {
  constructor(private readonly countersign: Countersign) {}

  @RequireAuthenticated()
  @Get('more')
  async more(@Req() req: object): Promise<string> {
    this.countersign.relayStepUp(req, await fetch(`${callee}/more`));
    return 'handed on nothing';
  }

  @RequireAuthenticated()
  @Get('enough')
  async enough(@Req() req: object): Promise<string> {
    this.countersign.relayStepUp(req, await fetch(`${callee}/enough`));
    return 'handed on nothing';
  }
}

const options = {
  service: 'payment-service',
  audience: 'api://payments',
  trust: issuer.trust,
  accessLog: { destination: { write() {} } },
};

describe.each(nestPlatforms)('a handler that asks for more, Nest on %s', (_platform, makeAdapter) => {
  it('lets in who was authenticated so, and tells the others', async () => {
    const base = await startNest(makeAdapter, {
      imports: [CountersignModule.forRoot(options)],
      controllers: [PaymentsController],
    });
    const ask = async (path: string, claims: object) => {
      const token = await issuer.sign({ sub: 'alice', client_id: 'web', ...claims });
      const answer = await sendRequest(base, `/payments/${path}`, { headers: [bearer(token)] });
      return [answer.status, ...answer.lines('www-authenticate')];
    };
    const present = Math.floor(Date.now() / 1000);
    const strong = { acr: 'strong', auth_time: present };
    expect(await ask('approve', { ...strong, scope: 'payments:approve' })).toEqual([200]);
    expect((await ask('approve', strong))[0]).toBe(403);
    const [status, challenge] = await ask('approve', { acr: 'weak', scope: 'payments:approve' });
    expect(status).toBe(401);
    expect(challenge).toContain('acr_values="strong", max_age="300"');
    expect(await ask('list', { amr: ['mfa'] })).toEqual([200]);
    expect((await ask('list', { amr: ['pwd'] }))[0]).toBe(401);
  });

  it('may hand on what a callee asks for', async () => {
    const log = captureLog();
    const base = await startNest(makeAdapter, {
      imports: [CountersignModule.forRoot({ ...options, accessLog: { destination: log.destination } })],
      controllers: [BetweenController],
    });
    const token = await issuer.sign({ sub: 'alice', client_id: 'web' });
    const more = await sendRequest(base, '/between/more', { headers: [bearer(token)] });
    expect([more.status, more.lines('www-authenticate'), more.headers['content-type']]).toEqual([
      401,
      [expect.stringMatching(/^Bearer error="insufficient_user_authentication".*acr_values="strong"$/)],
      'application/problem+json',
    ]);
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'authentication_too_weak', statusCode: 401 });
    const enough = await sendRequest(base, '/between/enough', { headers: [bearer(token)] });
    expect([enough.status, enough.body]).toEqual([200, 'handed on nothing']);
    expect(await log.next()).toMatchObject({ decision: 'permit' });
  });
});

describe('a handler that demands a proof', () => {
  it('stops the start of an application that understands none', async () => {
    @Controller()
    class BoundController {
      @RequirePermission('a', { proof: 'required' })
      @Get()
      get(): string {
        return '';
      }
    }
    const start = async (more: object) => {
      @Module({ imports: [CountersignModule.forRoot({ ...options, ...more })], controllers: [BoundController] })
      class App {}
      const app = await NestFactory.create(App, { logger: false, abortOnError: false });
      return app.init().then(
        () => app.close(),
        (error: Error) => error.message,
      );
    };
    expect(await start({})).toMatch(
      /BoundController\.get .*requirement\.proof is required, and no proof is understood/,
    );
    expect(await start({ publicOrigin: 'https://payments.example' })).toBeUndefined();
  });
});
