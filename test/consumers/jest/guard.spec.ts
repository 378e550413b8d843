import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { createTokenVerifier } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';

test('a guarded route lets in whom the gate permits', async () => {
  const issuer = await createTestIssuer({ audience: 'api://orders' });
  const accessLog = { destination: { write() {} } };
  const gate = countersign({ service: 'order-service', audience: 'api://orders', trust: issuer.trust, accessLog });
  const app = express();
  app.get('/keys', gate.public('public keys'), (_req, res) => void res.json(issuer.jwks));
  app.get('/me', gate.verifyToken(), (req, res) => void res.send(req.principal?.subject));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const refused = await fetch(`${origin}/me`);
  expect(refused.status).toBe(401);
  const permitted = await fetch(`${origin}/me`, { headers: await issuer.headers() });
  expect(await permitted.text()).toBe('test-service');

  // Loads jwks-rsa, and jose behind it, as every service with a remote issuer does.
  const remote = { issuer: issuer.issuer, keys: { jwksUri: `${origin}/keys` } };
  const verifier = createTokenVerifier({ audience: 'api://orders', trust: [remote] });
  expect((await verifier.verify(await issuer.sign())).subject).toBe('test-service');
  server.close();
});
