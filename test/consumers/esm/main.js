import assert from 'node:assert/strict';
import { createTokenVerifier } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';

const records = [];
const issuer = await createTestIssuer({ audience: 'api://orders' });
const gate = countersign({
  service: 'order-service',
  audience: 'api://orders',
  trust: issuer.trust,
  accessLog: { destination: { write: (line) => records.push(JSON.parse(line)) } },
});

const app = express();
app.get('/keys', gate.public('public keys'), (_req, res) => res.json(issuer.jwks));
app.get('/orders/:id', gate.requirePermission('orders:read'), (req, res) => res.send(req.principal.subject));
gate.assertCovered(app);

const server = app.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const refused = await fetch(`${origin}/orders/42`);
assert.equal(refused.status, 401);

const headers = await issuer.headers({ scope: 'orders:read' });
const permitted = await fetch(`${origin}/orders/42`, { headers });
assert.equal(permitted.status, 200);
assert.equal(await permitted.text(), 'test-service');

// Loads what fetches keys, which nothing above has needed.
const remote = { issuer: issuer.issuer, keys: { jwksUri: `${origin}/keys` } };
const principal = await createTokenVerifier({ audience: 'api://orders', trust: [remote] }).verify(await issuer.sign());
assert.equal(principal.subject, 'test-service');

await new Promise((resolve) => server.close(resolve));
assert.deepEqual(
  records.map(({ route, reason }) => [route, reason]),
  [
    ['/orders/:id', 'token_missing'],
    ['/orders/:id', undefined],
    ['/keys', undefined],
  ],
);

// Nest is not there, and need not be: only who asks for it is told what is missing.
await assert.rejects(import('countersign/nest'), {
  code: 'ERR_MODULE_NOT_FOUND',
  message: /@nestjs\/\w+|reflect-metadata/,
});
