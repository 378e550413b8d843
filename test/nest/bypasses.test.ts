import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ExpressAdapter } from '@nestjs/platform-express';
import { CountersignModule, type ModuleExtras, Public } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';
import { moduleOf, nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://orders' });

@Controller('declared')
class DeclaredController {
  @Public('test')
  @Get()
  get(): string {
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
    if (platform === 'Express') expect(told.join()).toMatch(/serveStatic on \/assets can't be looked into/);
  });
});
