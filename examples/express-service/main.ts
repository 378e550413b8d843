import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';

// Stands in for an identity provider, without a network. A real one: trust: [{ issuer: 'https://idp.example' }].
const issuer = await createTestIssuer({ audience: 'api://orders', service: 'web-shop' });

const gate = countersign({
  service: 'order-service',
  audience: 'api://orders',
  trust: issuer.trust,
  signing: { issuer: 'https://orders.example' },
});

const orders = express.Router();
orders.get('/:id', gate.requirePermission('orders:read'), (req, res) => {
  res.json({ id: req.params.id, item: 'sentry box' });
});
orders.post('/:id/payment', gate.requirePermission('orders:pay'), (req, res) => {
  res.status(201).json({ id: req.params.id, paidBy: req.principal?.subject });
});

const app = express();
app.use(gate.accessLog());
app.use('/api/orders', orders);
app.get('/health', gate.public('liveness probe, says nothing'), (_req, res) => void res.json({ status: 'up' }));
app.get('/.well-known/jwks.json', gate.jwks());
app.get('/.well-known/oauth-authorization-server', gate.metadata());
app.get('/metrics', gate.requirePermission('metrics:read'), gate.metrics());
gate.assertCovered(app);

const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
console.log(`order-service on Express: ${origin}`);

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
server.close();
await gate.close();
