import { afterAll, describe, expect, it } from '@jest/globals';
import { HttpService } from '@nestjs/axios';
import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import type { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { CountersignModule, type ModuleExtras, Public, provideHttpService } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';
import { firstValueFrom } from 'rxjs';
import { moduleOf, nestPlatforms, startNest, stopNest } from '../support/start-nest.js';
import { freePort, startServer, stopServers } from '../support/start-server.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://orders' });

@Controller('declared')
class DeclaredController {
  @Public('test')
  @Get()
  get(): string {
    return 'reached';
  }

  @Public('test')
  @Get('items/:id')
  item(): string {
    return 'reached';
  }

  @Public('test')
  @Post('items/:id/parts/:part')
  part(): string {
    return 'reached';
  }
}

describe.each(nestPlatforms)('what is added beside Nest, on %s', (platform, makeAdapter) => {
  const metadata = (extras: ModuleExtras = {}) => ({
    imports: [
      CountersignModule.forRoot({
        service: 's',
        audience: 'a',
        trust: issuer.trust,
        accessLog: { destination: { write() {} } },
        ...extras,
      }),
    ],
    controllers: [DeclaredController],
  });
  const addRoute = (app: INestApplication) =>
    void app.getHttpAdapter().get('/raw/:x', (_req: unknown, res: { send(text: string): void }) => res.send('raw'));

  it('stops the start, where that is wanted, and is named', async () => {
    await expect(startNest(makeAdapter, metadata({ undeclaredRoutes: 'refuse-start' }), addRoute)).rejects.toThrow(
      /routes bypass every guard, because they were added beside Nest: GET \/raw\/:x demands nothing/,
    );
    await expect(startNest(makeAdapter, metadata({ undeclaredRoutes: 'refuse-start' }))).resolves.toBeDefined();
  });

  it('is told otherwise', async () => {
    const told: string[] = [];
    const logger = {
      log() {},
      error() {},
      warn: (message: string) => void told.push(message),
      debug() {},
      verbose() {},
      fatal() {},
    };
    const app = await NestFactory.create(moduleOf(metadata()), makeAdapter() as ExpressAdapter, { logger });
    addRoute(app);
    if (platform === 'Express') app.use('/assets', express.static('.'));
    await app.init();
    await app.close();
    expect(told.join()).toMatch(/These routes bypass every guard.*GET \/raw\/:x demands nothing/);
    expect(told.join()).not.toMatch(/declared|items/);
    if (platform === 'Express') expect(told.join()).toMatch(/serveStatic on \/assets can't be looked into/);
  });
});

describe('plugins of Fastify', () => {
  it('are told when they have added their routes', async () => {
    const told: string[] = [];
    const logger = {
      log() {},
      error() {},
      warn: (message: string) => void told.push(message),
      debug() {},
      verbose() {},
      fatal() {},
    };
    const [, makeFastify] = nestPlatforms[1];
    const imports = [
      CountersignModule.forRoot({
        service: 's',
        audience: 'a',
        trust: issuer.trust,
        accessLog: { destination: { write() {} } },
      }),
    ];
    const app = await NestFactory.create(
      moduleOf({ imports, controllers: [DeclaredController] }),
      makeFastify() as never,
      { logger },
    );
    const fastify = app.getHttpAdapter().getInstance() as {
      register(plugin: (instance: Routed) => Promise<void>): void;
    };
    fastify.register(async (instance) => {
      instance.get('/assets/*', async () => 'a file');
    });
    await app.listen(0, '127.0.0.1');
    await app.close();
    expect(told).toEqual([
      expect.stringMatching(/^These routes bypass every guard.*: GET \/assets\/\* demands nothing/),
    ]);
  });
});

interface Routed {
  get(path: string, handler: () => Promise<string>): void;
}

describe('an application that serves messages beside HTTP', () => {
  it('is told that its guards must be inherited, and is closed where they are', async () => {
    @Controller()
    class Calls {
      @MessagePattern('undeclared')
      undeclared(): string {
        return 'reached';
      }
    }
    const [, makeExpress] = nestPlatforms[0];
    const told: string[] = [];
    const logger = {
      log() {},
      error() {},
      warn: (message: string) => void told.push(message),
      debug() {},
      verbose() {},
      fatal() {},
    };
    const imports = [
      CountersignModule.forRoot({
        service: 's',
        audience: 'a',
        trust: issuer.trust,
        accessLog: { destination: { write() {} } },
      }),
    ];
    const app = await NestFactory.create(moduleOf({ imports, controllers: [Calls] }), makeExpress(), { logger });
    const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port: await freePort() } } as const;
    app.connectMicroservice(options, { inheritAppConfig: true });
    await app.startAllMicroservices();
    await app.init();
    expect(told.join()).toMatch(/guarded only where connectMicroservice\(…, \{ inheritAppConfig: true \}\) says so/);
    expect(told.join()).toMatch(/Calls\.undeclared/);
    const client = ClientProxyFactory.create(options);
    expect(await firstValueFrom(client.send('undeclared', {})).catch((error: object) => error)).toMatchObject({
      status: 403,
    });
    client.close();
    await app.close();
  });
});

describe('HttpService of @nestjs/axios', () => {
  it('carries tokens by one provider, to its origins alone', async () => {
    const seen: (string | undefined)[] = [];
    const target = await startServer((req, res) => {
      seen.push(req.headers.authorization);
      res.end('answered');
    });
    const testing = await Test.createTestingModule({
      imports: [
        CountersignModule.forRoot({
          service: 's',
          audience: 'a',
          trust: issuer.trust,
          signing: { issuer: 'https://s.internal' },
          accessLog: { destination: { write() {} } },
        }),
      ],
      providers: [provideHttpService(HttpService, { audience: 'api://payments', origins: [target] })],
    }).compile();
    const http = testing.get(HttpService);
    expect((await firstValueFrom(http.get(`${target}/x`))).data).toBe('answered');
    expect(seen).toEqual([expect.stringMatching(/^Bearer eyJ/)]);
    await expect(firstValueFrom(http.get('https://elsewhere.example/'))).rejects.toThrow();
    await stopServers();
  });
});
