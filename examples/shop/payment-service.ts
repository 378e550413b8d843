import { createKeyRing } from 'countersign';
import { countersign } from 'countersign/express';
import express from 'express';
import { forwardTrace } from './forward-trace.js';
import type { Surroundings } from './order-service.js';

const ledger = new Map([['7', { id: '7', orderId: '41', cents: 4_950 }]]);

/** Payments. What an order costs it asks order-service, in its own name: it believes no amount that a caller names. */
export function createPaymentService({ origins, jwk, destination }: Surroundings) {
  const keyRing = createKeyRing({ active: { jwk } });
  const gate = countersign({
    service: 'payment-service',
    audience: 'api://payments',
    trust: [
      { service: 'order-service', issuer: origins.orders, grants: ['payments:create', 'payments:read'] },
      { service: 'warehouse-service', issuer: origins.warehouse, grants: ['payments:read'] },
      { issuer: origins.provider, permissions: { grants: { prometheus: ['metrics:read'] } } },
    ],
    signing: { issuer: origins.payments, keyRing },
    accessLog: { destination },
  });
  const orders = gate.client({ audience: 'api://orders', origins: [origins.orders], permissions: ['orders:read'] });

  const app = express();
  app.use(gate.accessLog());
  app.get('/health', gate.public('liveness probe, says nothing'), (_req, res) => void res.json({ status: 'up' }));
  app.get('/.well-known/jwks.json', gate.jwks());
  app.get('/.well-known/oauth-authorization-server', gate.metadata());

  app.get('/payments/:id', gate.verifyServiceToken(), gate.requirePermission('payments:read'), (req, res) => {
    const payment = ledger.get(req.params.id);
    if (payment) res.json(payment);
    else res.sendStatus(404);
  });

  app.post(
    '/payments',
    gate.verifyServiceToken(),
    gate.requirePermission('payments:create'),
    express.json(),
    async (req, res) => {
      const { orderId } = (req.body ?? {}) as { readonly orderId?: unknown };
      const url = `${origins.orders}/orders/${encodeURIComponent(String(orderId))}`;
      const answer = await orders(url, { headers: forwardTrace(req.get('traceparent')) });
      if (!answer.ok) return void res.sendStatus(422);
      const { cents } = (await answer.json()) as { readonly cents: number };
      const payment = { id: String(ledger.size + 7), orderId: String(orderId), cents };
      ledger.set(payment.id, payment);
      res.status(201).json(payment);
    },
  );

  app.post(
    '/payments/:id/refund',
    gate.require({ kinds: ['service'], permissions: 'payments:refund' }),
    (_req, res) => {
      res.sendStatus(204);
    },
  );

  app.get('/metrics', gate.requirePermission('metrics:read'), gate.metrics());
  gate.assertCovered(app);
  return { app, gate, keyId: keyRing.activeKey().keyId };
}
