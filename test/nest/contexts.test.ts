import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, UseGuards } from '@nestjs/common';
import { ExternalContextCreator, NestFactory } from '@nestjs/core';
import { CountersignGuard, CountersignModule, Public } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { checkGateways } from '../../lib/nest/check-gateways.js';
import { runNode } from '../support/run-node.js';
import { moduleOf, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://orders' });

describe('a context that nobody knows', () => {
  it('is refused, whatever its handler declares', async () => {
    @Injectable()
    class Bot {
      @Public('test')
      answer(): string {
        return 'reached';
      }
    }
    @Controller()
    class Unused {
      @Public('test')
      @Get()
      get(): string {
        return 'reached';
      }
    }
    const imports = [
      CountersignModule.forRoot({
        service: 's',
        audience: 'a',
        trust: issuer.trust,
        accessLog: { destination: { write() {} } },
      }),
    ];
    const app = await NestFactory.create(moduleOf({ imports, controllers: [Unused], providers: [Bot] }), {
      logger: false,
    });
    await app.init();
    const bot = app.get(Bot);
    const creator = app.get(ExternalContextCreator);
    const call = creator.create(
      bot,
      bot.answer,
      'answer',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'bot',
    );
    await expect(call({ rawHeaders: [] })).rejects.toMatchObject({ status: 403 });
    await app.close();
  });
});

describe('gateways under a Nest that applies no global guard to them', () => {
  it('stop the start, unless each names the guard itself', () => {
    class Open {}
    @UseGuards(CountersignGuard)
    class Guarded {}
    class Inherits extends Guarded {}
    expect(() => checkGateways([Guarded, Open, Inherits], false)).toThrow(
      /gateways would be open.*: Open, Inherits; write @UseGuards\(CountersignGuard\)/,
    );
    expect(() => checkGateways([Guarded], false)).not.toThrow();
    expect(() => checkGateways([Open])).not.toThrow(); // this one is Nest 12
  });
});

describe('shutdown', () => {
  it('by a signal loses no line of a batched log', async () => {
    const script = `
      import 'reflect-metadata';
      import { Module } from '@nestjs/common';
      import { NestFactory } from '@nestjs/core';
      import { CountersignModule, Countersign } from 'countersign/nest';
      class Root {}
      Module({ imports: [CountersignModule.forRoot({ service: 's', audience: 'a', trust: [{ issuer: 'https://i.example' }], accessLog: { batch: true } })] })(Root);
      const app = await NestFactory.create(Root, { logger: false });
      app.enableShutdownHooks();
      await app.listen(0, '127.0.0.1');
      const { port } = app.getHttpServer().address();
      for (let at = 0; at < 20; at++) await fetch('http://127.0.0.1:' + port + '/' + at).then((answer) => answer.text());
      process.kill(process.pid, 'SIGTERM');`;
    const { stdout, signal } = await runNode(script);
    expect(signal).toBe('SIGTERM');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).path),
    ).toEqual(Array.from({ length: 20 }, (_, at) => `/${at}`));
  });
});
