import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, type INestApplication, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, GrpcMethod, MessagePattern, Transport } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Principal } from 'countersign';
import { Caller, CountersignModule, Public, RequireAuthenticated, RequirePermission } from 'countersign/nest';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { moduleOf } from '../support/start-nest.js';
import { freePort } from '../support/start-server.js';

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const log = captureLog();
const countersign = CountersignModule.forRoot({
  service: 'order-service',
  audience: 'api://orders',
  trust: issuer.trust,
  accessLog: { destination: log.destination },
  now: clock.now,
});

const started: (INestApplication | INestMicroservice)[] = [];
afterAll(async () => {
  for (const app of started) await app.close();
});

@WebSocketGateway()
class OrdersGateway {
  @RequirePermission('orders:read')
  @SubscribeMessage('read')
  read(@Caller() caller: Principal): object {
    return { event: 'read', data: caller.subject };
  }

  @Public('test')
  @SubscribeMessage('open')
  open(): object {
    return { event: 'open', data: 'reached' };
  }

  @SubscribeMessage('undeclared')
  undeclared(): object {
    return { event: 'undeclared', data: 'reached' };
  }
}

describe('messages to a gateway', () => {
  async function open(token?: string) {
    const app = await NestFactory.create(
      moduleOf({ imports: [countersign], providers: [OrdersGateway] }),
      new ExpressAdapter(),
      { logger: false },
    );
    started.push(app);
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as { port: number };
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return (event: string, data: unknown = {}) =>
      new Promise<{ event: string; data: unknown }>((resolve) => {
        socket.once('message', (text) => resolve(JSON.parse(String(text))));
        socket.send(JSON.stringify({ event, data }));
      });
  }

  it('are judged by the credential of the upgrade request, each anew', async () => {
    const ask = await open(await issuer.sign({ scope: 'orders:read' }));
    expect(await ask('read')).toEqual({ event: 'read', data: 'test-service' });
    expect(await log.next()).toMatchObject({
      method: 'MESSAGE',
      route: 'OrdersGateway.read',
      decision: 'permit',
      caller: { subject: 'test-service' },
    });
    clock.advance(400);
    expect(await ask('read')).toMatchObject({ event: 'exception' });
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'token_expired', statusCode: 401 });
  });

  it('are closed unless declared, and what they say is not read as a request', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    const ask = await open();
    expect(await ask('open')).toEqual({ event: 'open', data: 'reached' });
    expect(await log.next()).toMatchObject({ decision: 'permit' });
    const forged = {
      headers: { authorization: `Bearer ${token}` },
      rawHeaders: ['authorization', `Bearer ${token}`],
      request: { rawHeaders: ['authorization', `Bearer ${token}`] },
    };
    expect(await ask('read', forged)).toMatchObject({
      event: 'exception',
      data: { status: 401, title: 'Unauthorized' },
    });
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'token_missing' });
    expect(await ask('undeclared')).toMatchObject({ event: 'exception', data: { status: 403 } });
    expect(await log.next()).toMatchObject({
      decision: 'deny',
      reason: 'route_undeclared',
      route: 'OrdersGateway.undeclared',
    });
  });
});

@Controller()
class OrdersCalls {
  @RequireAuthenticated()
  @MessagePattern('guarded')
  guarded(): string {
    return 'reached';
  }

  @Public('test')
  @MessagePattern('open')
  open(): string {
    return 'reached';
  }

  @MessagePattern('undeclared')
  undeclared(): string {
    return 'reached';
  }

  @RequirePermission('orders:read')
  @GrpcMethod('Orders', 'Find')
  find(_data: object, _metadata: object, @Caller() caller: Principal): object {
    return { subject: caller.subject };
  }
}

describe('calls of a microservice', () => {
  it('over TCP carry no credential, and are closed unless public; what they say is not read', async () => {
    const port = await freePort();
    const app = await NestFactory.createMicroservice(moduleOf({ imports: [countersign], controllers: [OrdersCalls] }), {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
      logger: false,
    });
    started.push(app);
    await app.listen();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    const ask = (pattern: string, data: unknown = {}) =>
      firstValueFrom(client.send(pattern, data)).catch((error: object) => error);
    expect(await ask('open')).toBe('reached');
    expect(await log.next()).toMatchObject({ method: 'CALL', decision: 'permit', route: 'OrdersCalls.open' });
    const token = await issuer.sign();
    expect(
      await ask('guarded', {
        rawHeaders: ['authorization', `Bearer ${token}`],
        headers: { authorization: `Bearer ${token}` },
      }),
    ).toMatchObject({ status: 401 });
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'token_missing' });
    expect(await ask('undeclared')).toMatchObject({ status: 403 });
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'route_undeclared' });
    client.close();
  });

  it('over gRPC carry their credential in the metadata', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'proto-'));
    const protoPath = join(folder, 'orders.proto');
    writeFileSync(
      protoPath,
      'syntax = "proto3"; package shop; service Orders { rpc Find (Id) returns (Order); } message Id { string id = 1; } message Order { string subject = 1; }',
    );
    const url = `127.0.0.1:${await freePort()}`;
    const app = await NestFactory.createMicroservice(moduleOf({ imports: [countersign], controllers: [OrdersCalls] }), {
      transport: Transport.GRPC,
      options: { package: 'shop', protoPath, url },
      logger: false,
    });
    started.push(app);
    await app.listen();
    const { shop } = loadPackageDefinition(loadSync(protoPath)) as unknown as {
      shop: { Orders: new (url: string, channel: object) => OrdersClient };
    };
    const client = new shop.Orders(url, credentials.createInsecure());
    const find = (token?: string) =>
      new Promise<object>((resolve) => {
        const metadata = new Metadata();
        if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
        client.find({ id: '7' }, metadata, (error, order) => resolve(error ? { code: error.code } : order));
      });
    expect(await find(await issuer.sign({ scope: 'orders:read' }))).toEqual({ subject: 'test-service' });
    expect(await log.next()).toMatchObject({
      method: 'CALL',
      decision: 'permit',
      route: 'OrdersCalls.find',
      required: ['orders:read'],
    });
    expect(await find()).toEqual({ code: 16 });
    expect(await log.next()).toMatchObject({ reason: 'token_missing' });
    expect(await find(await issuer.sign({ scope: 'other' }))).toEqual({ code: 7 });
    expect(await log.next()).toMatchObject({ reason: 'permission_missing', statusCode: 403 });
    client.close();
    rmSync(folder, { recursive: true });
  });
});

interface OrdersClient {
  find(id: object, metadata: Metadata, done: (error: ServiceError | null, order: object) => void): void;
  close(): void;
}

@Resolver()
class OrdersResolver {
  @RequirePermission('orders:read')
  @Query(() => String)
  order(@Caller() caller: Principal): string {
    return caller.subject;
  }

  @Query(() => String)
  undeclared(): string {
    return 'reached';
  }
}

describe('GraphQL', () => {
  it('is judged by the credential of its HTTP request, and closed unless declared', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      context: ({ req }: { req: object }) => ({ req }),
    });
    const app = await NestFactory.create(
      moduleOf({ imports: [countersign, graphql], providers: [OrdersResolver] }),
      new ExpressAdapter(),
      { logger: false },
    );
    started.push(app);
    await app.listen(0, '127.0.0.1');
    const base = `http://127.0.0.1:${(app.getHttpServer().address() as { port: number }).port}`;
    const ask = async (query: string, token?: string) => {
      const body = JSON.stringify({ query });
      const headers = [
        ['content-type', 'application/json'],
        ['content-length', String(body.length)],
        ...(token === undefined ? [] : [bearer(token)]),
      ] as [string, string][];
      return (await sendRequest(base, '/graphql', { method: 'POST', headers, body })).body;
    };
    expect(await ask('{ order }', await issuer.sign({ scope: 'orders:read' }))).toBe(
      '{"data":{"order":"test-service"}}\n',
    );
    expect(await log.next()).toMatchObject({
      decision: 'permit',
      caller: { subject: 'test-service' },
      required: ['orders:read'],
    });
    expect(await ask('{ order }')).toContain('"code":"UNAUTHENTICATED"');
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'token_missing' });
    expect(await ask('{ undeclared }', await issuer.sign())).toContain('"code":"FORBIDDEN"');
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'route_undeclared' });
  });
});
