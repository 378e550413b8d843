import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { GateOptions, LineDestination } from 'countersign';
import { countersign } from 'countersign/express';
import express from 'express';
import type { Certificate } from './make-certificate.js';

interface Surroundings {
  readonly certificate: Certificate;
  readonly trust: GateOptions['trust'];
  readonly destination: LineDestination;
}

/** Payments, over TLS. It takes tokens that are bound to nothing, to a key, and to a certificate; one route only the last two. */
export async function openPaymentService({ certificate, trust, destination }: Surroundings) {
  // Callers may show a certificate. Whose it is matters to nobody: the token says which one it must be.
  const { key, cert } = certificate;
  const server = createServer({ key, cert, requestCert: true, rejectUnauthorized: false });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const gate = countersign({
    service: 'payment-service',
    audience: 'api://payments',
    trust,
    publicOrigin: origin, // proofs of DPoP name it: so they are understood
    certificates: { from: 'connection' }, // tokens may be bound to the certificate of their connection
    challenge: { resourceMetadata: `${origin}/.well-known/oauth-protected-resource` },
    accessLog: { destination },
  });

  const app = express();
  app.use(gate.accessLog());
  app.get('/.well-known/oauth-protected-resource', gate.resourceMetadata(app));
  app.get('/payments/:id', gate.requirePermission('payments:read'), (req, res) => {
    res.json({ id: req.params.id, cents: 4_950 });
  });
  app.get('/payouts/:id', gate.requirePermission('payments:read', { proof: 'required' }), (req, res) => {
    res.json({ id: req.params['id'], cents: 99_000 });
  });
  const stepUp = { acr: 'urn:example:passkey', maxAgeSeconds: 300 };
  app.post('/payments/:id/approval', gate.require({ permissions: 'payments:approve', stepUp }), (req, res) => {
    res.status(201).json({ id: req.params['id'], approvedBy: req.principal?.subject });
  });
  gate.assertCovered(app);
  server.on('request', app);

  async function close(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    await gate.close();
  }
  return { origin, close };
}
