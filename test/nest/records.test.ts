import { request } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpCode,
  type INestApplication,
  Post,
  Req,
  Res,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CountersignModule, type Endpoints, Public, RequirePermission } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://orders' });

@Controller({ path: 'cats', version: '2' })
class CatsController {
  @RequirePermission('cats:read')
  @Get(':id')
  find(): string {
    return 'reached';
  }

  @Public('test')
  @Post()
  create(@Body() body: object): object {
    return body;
  }

  @Public('test')
  @Get('throws/:x')
  throws(): void {
    throw new Error('broken');
  }

  @Public('test')
  @Get('hijacked/:x')
  hijacked(
    @Req() req: { raw?: unknown },
    @Res() res: { hijack?(): void; raw?: { end(text: string): void }; end(text: string): void },
  ): void {
    res.hijack?.();
    (req.raw ? res.raw : res)?.end('own words');
  }

  @Public('test')
  @Get('slow/:x')
  @HttpCode(200)
  slow(): Promise<void> {
    return new Promise(() => {});
  }
}

describe.each(nestPlatforms)('the access record, Nest on %s', (platform, makeAdapter) => {
  async function rig(
    endpoints: Endpoints = {},
    providers: object[] = [],
    prepare: (app: INestApplication) => void = () => {},
  ) {
    const log = captureLog();
    const gateOptions = {
      service: 'cat-service',
      audience: 'api://orders',
      trust: issuer.trust,
      signing: { issuer: 'https://cats.internal' },
      accessLog: { destination: log.destination },
    };
    const base = await startNest(
      makeAdapter,
      {
        imports: [CountersignModule.forRoot({ ...gateOptions, endpoints })],
        controllers: [CatsController],
        providers: providers as never,
      },
      (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI });
        prepare(app);
      },
    );
    return {
      base,
      log,
      async record(path: string, options: Parameters<typeof sendRequest>[2] = {}) {
        const answer = await sendRequest(base, path, options);
        return { ...(await log.next()), answer };
      },
    };
  }

  it('covers what interceptors never see, with prefix and version in the template', async () => {
    const { record, log, base } = await rig();
    expect(await record('/api/v2/cats/7')).toMatchObject({
      statusCode: 401,
      route: '/api/v2/cats/:id',
      decision: 'deny',
      required: ['cats:read'],
    });
    const token = await issuer.sign({ scope: 'cats:read' });
    expect(await record('/api/v2/cats/7', { headers: [bearer(token)] })).toMatchObject({
      statusCode: 200,
      decision: 'permit',
      caller: { kind: 'service' },
    });
    expect(await record('/api/v2/cats/throws/1')).toMatchObject({
      statusCode: 500,
      route: '/api/v2/cats/throws/:x',
      decision: 'permit',
    });
    expect(await record('/api/v2/cats/hijacked/1')).toMatchObject({
      statusCode: 200,
      route: '/api/v2/cats/hijacked/:x',
    });
    const malformed = await record('/api/v2/cats', {
      method: 'POST',
      headers: [
        ['content-type', 'application/json'],
        ['content-length', '1'],
      ],
      body: '{',
    });
    expect(malformed).toMatchObject({ statusCode: 400, method: 'POST', decision: 'none' });
    for (const path of ['/api/v2/nothing/secret', '/outside/secret', '/api/v1/cats/7']) {
      const unknown = await record(path);
      expect(unknown).toMatchObject({ statusCode: 404, decision: 'none', path });
      expect(unknown.route).toBeUndefined();
    }
    const outgoing = request(`${base}/api/v2/cats/slow/1`);
    outgoing.on('error', () => {});
    outgoing.end();
    setTimeout(() => outgoing.destroy(), 80);
    expect(await log.next()).toMatchObject({ aborted: true, route: '/api/v2/cats/slow/:x' });
  });

  it('returns the request id, of its own making or not', async () => {
    const { record } = await rig();
    expect(
      (await record('/api/v2/cats/7', { headers: [['x-request-id', 'request-0001']] })).answer.lines('x-request-id'),
    ).toEqual(['request-0001']);
    expect((await record('/api/nothing')).answer.lines('x-request-id')).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
  });

  it('covers what the platform answers before any layer of Nest', async () => {
    const { record } = await rig({}, [], (app) => app.enableCors({ origin: 'https://shop.test' }));
    const preflight = await record('/api/v2/cats/7', {
      method: 'OPTIONS',
      headers: [
        ['origin', 'https://shop.test'],
        ['access-control-request-method', 'GET'],
      ],
    });
    expect(preflight).toMatchObject({ decision: 'none', statusCode: 204, path: '/api/v2/cats/7', ip: '127.0.0.1' });
    expect(preflight.answer.lines('x-request-id')).toEqual([preflight.requestId]);
    for (const target of ['/api/v2/cats/%zz', '/%', 'https:////api']) {
      const malformed = await record(target);
      expect([400, 404]).toContain(malformed.statusCode);
      expect(malformed).toMatchObject({ decision: 'none', statusCode: malformed.answer.status, ip: '127.0.0.1' });
      expect(malformed).not.toHaveProperty('route');
    }
  });

  it('and the endpoints stand outside of the prefix, each with its own requirement', async () => {
    const { record } = await rig({
      metrics: '/metrics',
      jwks: '/.well-known/jwks.json',
      metadata: '/.well-known/oauth-authorization-server',
      health: '/health',
    });
    expect(await record('/health')).toMatchObject({ statusCode: 200, route: '/health', decision: 'permit' });
    const jwks = await record('/.well-known/jwks.json');
    expect([jwks.statusCode, jwks.answer.headers['cache-control'], JSON.parse(jwks.answer.body).keys.length]).toEqual([
      200,
      'public, max-age=300',
      2,
    ]);
    expect(JSON.parse((await record('/.well-known/oauth-authorization-server')).answer.body).issuer).toBe(
      'https://cats.internal',
    );
    const refused = await record('/metrics');
    expect(refused).toMatchObject({
      statusCode: 401,
      reason: 'token_missing',
      route: '/metrics',
      required: ['metrics:read'],
    });
    expect(refused.answer.lines('www-authenticate')).toEqual(['Bearer realm="cat-service"']);
    const metrics = await record('/metrics', { headers: [bearer(await issuer.sign({ scope: 'metrics:read' }))] });
    expect([metrics.statusCode, metrics.answer.body]).toEqual([
      200,
      expect.stringContaining('countersign_decisions_total{route="/health"'),
    ]);
  });

  it('and a filter that answers for everything can’t make a denial a success', async () => {
    @Catch()
    class Friendly implements ExceptionFilter {
      catch(_exception: unknown, host: ArgumentsHost): void {
        const response = host.switchToHttp().getResponse();
        if (platform === 'Fastify') response.code(200).send({ fine: true });
        else response.status(200).json({ fine: true });
      }
    }
    const { record } = await rig({}, [{ provide: APP_FILTER, useClass: Friendly }]);
    const answered = await record('/api/v2/cats/7');
    expect([answered.answer.status, answered.statusCode, answered.answer.lines('www-authenticate')]).toEqual([
      401,
      401,
      ['Bearer realm="cat-service"'],
    ]);
    expect((await record('/api/v2/cats/throws/1')).statusCode).toBe(200); // what is no denial is the filter's affair
  });
});

it('the access record has the address that trusted proxies tell, Nest on Fastify', async () => {
  const log = captureLog();
  const gate = { service: 's', audience: 'a', trust: issuer.trust, accessLog: { destination: log.destination } };
  const makeAdapter = () => new FastifyAdapter({ trustProxy: true });
  const base = await startNest(makeAdapter, {
    imports: [CountersignModule.forRoot(gate)],
    controllers: [CatsController],
  });
  await sendRequest(base, '/cats/7', { headers: [['x-forwarded-for', '203.0.113.7']] });
  expect((await log.next()).ip).toBe('203.0.113.7');
});
