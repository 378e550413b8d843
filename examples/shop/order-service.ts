import { createKeyRing, type LineDestination } from 'countersign';
import { countersign } from 'countersign/express';
import express from 'express';
import { forwardTrace } from './forward-trace.js';

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

const orderBook = new Map([['42', { id: '42', item: 'sentry box', cents: 129_900 }]]);

/** Orders. To have one paid it calls payment-service, in its own name. */
export function createOrderService({ origins, jwk, destination }: Surroundings) {
  const keyRing = createKeyRing({ active: { jwk } });
  const gate = countersign({
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
  });
  const payments = gate.client({
    audience: 'api://payments',
    origins: [origins.payments],
    permissions: ['payments:create'],
  });

  const app = express();
  app.use(gate.accessLog());
  app.get('/health', gate.public('liveness probe, says nothing'), (_req, res) => void res.json({ status: 'up' }));
  app.get('/.well-known/jwks.json', gate.jwks());
  app.get('/.well-known/oauth-authorization-server', gate.metadata());
  app.get('/metrics', gate.requirePermission('metrics:read'), gate.metrics());

  app.get('/orders/:id', gate.verifyServiceToken(), gate.requirePermission('orders:read'), (req, res) => {
    const order = orderBook.get(req.params.id);
    if (order) res.json(order);
    else res.sendStatus(404);
  });

  app.post('/orders/:id/payment', gate.verifyServiceToken(), gate.requirePermission('orders:pay'), async (req, res) => {
    const answer = await payments(`${origins.payments}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...forwardTrace(req) },
      body: JSON.stringify({ orderId: req.params.id }),
    });
    if (answer.ok) res.status(201).json({ paidFor: req.principal?.subject, payment: await answer.json() });
    else res.sendStatus(502);
  });

  gate.assertCovered(app);
  return { app, gate, keyId: keyRing.activeKey().keyId };
}
