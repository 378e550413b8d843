import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { countersign } from 'countersign/express';
import { ServiceTokenStrategy, tellAuthenticationRefused } from 'countersign/passport';
import { createTestIssuer } from 'countersign/testing';
import express, { type RequestHandler } from 'express';
import passport from 'passport';

// In place of your identity provider, so that this runs by itself.
const issuer = await createTestIssuer({ audience: 'api://orders' });

const gate = countersign({ service: 'order-service', audience: 'api://orders', trust: issuer.trust });
passport.use(new ServiceTokenStrategy(gate));
const authenticate = passport.authenticate('countersign') as RequestHandler;

const app = express();
app.use(gate.accessLog());
app.get('/me', authenticate, gate.verifyToken(), (req, res) => void res.json({ caller: req.principal?.subject }));
app.get('/orders/:id', authenticate, gate.requirePermission('orders:read'), (req, res) => {
  res.json({ order: req.params['id'], caller: req.principal?.subject });
});
app.use(tellAuthenticationRefused);

const server = createServer(app).listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function call(path: string, headers: Record<string, string>): Promise<void> {
  const response = await fetch(base + path, { headers });
  console.log(`${path} ${response.status} ${response.headers.get('www-authenticate') ?? (await response.text())}`);
}

await call('/me', {});
await call('/me', await issuer.headers());
await call('/orders/7', await issuer.headers({ scope: 'orders:list' }));
await call('/orders/7', await issuer.headers({ scope: 'orders:read' }));

server.close();
await gate.close();
