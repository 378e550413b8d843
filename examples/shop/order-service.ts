import type { RequestListener } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createKeyRing, type LineDestination } from 'countersign';
import { Countersign, CountersignModule } from 'countersign/nest';
import { OrdersController } from './orders-controller.js';
import { composePayOrder, PAY_ORDER } from './pay-order.js';

/** Who is where. */
interface Origins {
  readonly orders: string;
  readonly payments: string;
  readonly provider: string;
  readonly warehouse: string;
}

/** What a service of the shop is given. */
export interface Surroundings {
  readonly origins: Origins;
  /** Its own signing key. */
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly destination: LineDestination;
}

@Module({})
class OrderModule {}

/** Orders, on Nest. To have one paid it calls payment-service, in its own name. */
export async function openOrderService({ origins, jwk, destination }: Surroundings) {
  const keyRing = createKeyRing({ active: { jwk } });
  const countersignModule = CountersignModule.forRoot({
    service: 'order-service',
    audience: 'api://orders',
    trust: [
      { service: 'payment-service', issuer: origins.payments, grants: ['orders:read'] },
      {
        issuer: origins.provider,
        permissions: { grants: { 'web-shop': ['orders:read', 'orders:pay'], prometheus: ['metrics:read'] } },
      },
    ],
    signing: { issuer: origins.orders, keyRing },
    accessLog: { destination },
    endpoints: {
      health: '/health',
      jwks: '/.well-known/jwks.json',
      metadata: '/.well-known/oauth-authorization-server',
      metrics: '/metrics',
    },
  });
  const payOrder = {
    provide: PAY_ORDER,
    inject: [Countersign],
    useFactory: (countersign: Countersign) => composePayOrder(countersign, origins.payments),
  };

  const app = await NestFactory.create(
    { module: OrderModule, imports: [countersignModule], controllers: [OrdersController], providers: [payOrder] },
    { logger: false },
  );
  await app.init();
  return {
    listener: app.getHttpAdapter().getInstance() as RequestListener,
    countersign: app.get(Countersign),
    keyId: keyRing.activeKey().keyId,
    close: () => app.close(),
  };
}
