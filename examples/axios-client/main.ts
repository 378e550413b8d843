import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axios from 'axios';
import { createKeyRing } from 'countersign';
import { countersign } from 'countersign/express';
import express from 'express';

const server = createServer();
await once(server.listen(0, '127.0.0.1'), 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

// The caller: all that it has to do with tokens is this gate.
const keyRing = createKeyRing();
const shop = countersign({
  service: 'shop',
  audience: 'api://shop',
  trust: [{ issuer: 'https://idp.example' }],
  signing: { issuer: 'https://shop.example', keyRing },
});
const orders = axios.create({
  baseURL: origin,
  adapter: 'fetch',
  env: { fetch: shop.client({ audience: 'api://orders', origins: [origin], permissions: ['orders:read'] }) },
});

// The callee: it has got the caller's public keys beforehand, and writes its access log to standard output.
const gate = countersign({
  service: 'order-service',
  audience: 'api://orders',
  trust: [{ service: 'shop', issuer: 'https://shop.example', grants: ['orders:read'], keys: { jwks: keyRing.jwks() } }],
});
const app = express();
app.use(gate.accessLog());
app.get('/orders/:id', gate.requirePermission('orders:read'), (req, res) => {
  res.json({ id: req.params.id, soldTo: req.principal?.subject });
});
gate.assertCovered(app);
server.on('request', app);

try {
  const { status, data } = await orders.get('/orders/42');
  console.log(`axios with the gate's fetch: ${status} ${JSON.stringify(data)}`);

  const bare = await axios.get(`${origin}/orders/42`, { validateStatus: null });
  console.log(`axios without it: ${bare.status} ${bare.headers['www-authenticate']}`);

  const elsewhere = await orders.get('https://elsewhere.example/orders/42').catch((error: Error) => error);
  console.log(`another origin: ${elsewhere instanceof Error ? elsewhere.message : 'NOT REFUSED'}`);
} finally {
  server.close();
  server.closeAllConnections();
}
