import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, type ExecutionContext, Get, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { definePolicy, type Resource as Found } from 'countersign';
import { CountersignModule, RequirePermission, Resource } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { WebSocket } from 'ws';
import { bearer, sendRequest } from '../support/send-request.js';
import { moduleOf, nestPlatforms } from '../support/start-nest.js';

const issuer = await createTestIssuer({ audience: 'api://orders' });
const token = await issuer.sign({ scope: 'payments:approve payments:read' });
const started: INestApplication[] = [];
afterAll(async () => {
  for (const app of started) await app.close();
});

async function start(parts: { controllers?: Type[]; providers?: Type[] }, makeAdapter = () => new ExpressAdapter()) {
  const countersign = CountersignModule.forRoot({
    service: 'payments',
    audience: 'api://orders',
    trust: issuer.trust,
    accessLog: { destination: { write() {} } },
  });
  const app = await NestFactory.create(
    moduleOf({ imports: [countersign], ...parts }),
    makeAdapter() as ExpressAdapter,
    {
      logger: false,
    },
  );
  started.push(app);
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port as number;
}

const payment = (id: string) => ({ type: 'payment', id, properties: {} });
const own = definePolicy('own', ({ resource }) => resource.id === 'mine');
const loadFromRequest = (req: { readonly params: { readonly id: string } }) => payment(req.params.id);
const loadFromMessage = async (context: ExecutionContext) => {
  const data: unknown = context.switchToWs().getData();
  return payment(typeof data === 'string' ? data : (data as { id: string }).id);
};

@Controller()
class Payments {
  @RequirePermission('payments:approve', { resource: loadFromRequest, policy: own })
  @Get('payments/:id')
  approve(@Resource() found: Found): string {
    return `approved ${found.id}`;
  }
}

describe.each(nestPlatforms)('the resource of a request, Nest on %s', (_platform, makeAdapter) => {
  it('is what its loader found, and the policy permitted', async () => {
    const port = await start({ controllers: [Payments] }, makeAdapter as () => ExpressAdapter);
    const ask = (path: string) => sendRequest(`http://127.0.0.1:${port}`, path, { headers: [bearer(token)] });
    expect((await ask('/payments/mine')).body).toBe('approved mine');
    expect((await ask('/payments/other')).status).toBe(403);
  });
});

@WebSocketGateway()
class PaymentMessages {
  @RequirePermission('payments:approve', { resource: loadFromMessage, policy: own })
  @SubscribeMessage('approve')
  approve(@Resource() found: Found): object {
    return { event: 'approved', data: found.id };
  }

  @RequirePermission('payments:read', { resource: loadFromMessage })
  @SubscribeMessage('read')
  read(@Resource() found: Found): object {
    return { event: 'read', data: found.id };
  }
}

describe('the resource of a message', () => {
  async function send(...messages: readonly (readonly [event: string, data: unknown])[]) {
    const port = await start({ providers: [PaymentMessages] });
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { authorization: `Bearer ${token}` } });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const answers: string[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on('message', (text) => {
        const { event, data } = JSON.parse(String(text));
        answers.push(event === 'exception' ? event : `${event} ${data}`);
        if (answers.length === messages.length) resolve();
      });
    });
    for (const [event, data] of messages) socket.send(JSON.stringify({ event, data }));
    await all;
    socket.close();
    return new Set(answers);
  }

  it('is its own, whatever else is judged on its socket at the same time', async () => {
    const pairs = Array.from({ length: 20 }, () => [
      ['approve', { id: 'mine' }] as const,
      ['read', { id: 'other' }] as const,
    ]);
    expect(await send(...pairs.flat())).toEqual(new Set(['approved mine', 'read other']));
  });

  it('is nobody’s where the message is text, which two could have alike', async () => {
    expect(await send(['read', 'other'])).toEqual(new Set(['exception']));
  });
});
