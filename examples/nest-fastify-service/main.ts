import { Controller, Get, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Principal } from 'countersign';
import { Caller, CountersignModule, RequirePermission } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';

// Stands in for an identity provider, without a network. A real one: trust: [{ issuer: 'https://idp.example' }].
const issuer = await createTestIssuer({ audience: 'api://orders', service: 'web-shop' });

@Controller('orders')
class OrdersController {
  @RequirePermission('orders:read')
  @Get(':id')
  find(@Param('id') id: string): object {
    return { id, item: 'sentry box' };
  }

  @RequirePermission('orders:pay')
  @Post(':id/payment')
  pay(@Param('id') id: string, @Caller() caller: Principal): object {
    return { id, paidBy: caller.subject };
  }
}

const countersign = CountersignModule.forRoot({
  service: 'order-service',
  audience: 'api://orders',
  trust: issuer.trust,
  signing: { issuer: 'https://orders.example' },
  endpoints: { metrics: '/metrics', jwks: '/.well-known/jwks.json' },
  undeclaredRoutes: 'refuse-start',
});

@Module({ imports: [countersign], controllers: [OrdersController] })
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['warn', 'error'],
});
app.setGlobalPrefix('api');
await app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');
const origin = await app.getUrl();
console.log(`order-service on Nest with Fastify: ${origin}`);

async function call(told: string, path: string, scope?: string, method = 'GET'): Promise<void> {
  const headers = scope === undefined ? {} : await issuer.headers({ scope });
  const response = await fetch(origin + path, { method, headers });
  const [firstLine] = (await response.text()).split('\n');
  console.log(`${told}: ${response.status} ${firstLine}`);
}

await call('no token', '/api/orders/42');
await call('a token for orders:read', '/api/orders/42', 'orders:read');
await call('the same, to pay', '/api/orders/42/payment', 'orders:read', 'POST');
await call('a token for orders:pay', '/api/orders/42/payment', 'orders:pay', 'POST');
await call('public keys', '/.well-known/jwks.json');
await call('metrics', '/metrics', 'metrics:read');
await app.close();
