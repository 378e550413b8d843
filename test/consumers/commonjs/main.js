const assert = require('node:assert/strict');
const { AccessDenied, createTokenVerifier } = require('countersign');
const { countersign } = require('countersign/express');
const { createTestIssuer } = require('countersign/testing');
const express = require('express');

async function main() {
  const issuer = await createTestIssuer({ audience: 'api://orders' });
  const accessLog = { destination: { write() {} } };
  const gate = countersign({ service: 'order-service', audience: 'api://orders', trust: issuer.trust, accessLog });

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

  const remote = { issuer: issuer.issuer, keys: { jwksUri: `${origin}/keys` } };
  const verifier = createTokenVerifier({ audience: 'api://orders', trust: [remote] });
  assert.equal((await verifier.verify(await issuer.sign())).subject, 'test-service');
  await new Promise((resolve) => server.close(resolve));

  // One copy for both ways of loading: `instanceof` holds across them.
  assert.equal((await import('countersign')).AccessDenied, AccessDenied);
  assert.equal(require('countersign/package.json').name, 'countersign');
  assert.throws(() => require('countersign/dist/errors.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
}

main().catch((error) => {
  console.error(error);
  process.exit(1); // the server may still be listening
});
