import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CertificateOptions } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';
import { captureLog } from '../support/capture-log.js';
import { findLeft, nginxCert, spoofAll, untouched } from '../support/certificate-headers.js';
import { makeCertificate, type TestCertificate } from '../support/make-certificate.js';
import { bearer, sendRequest, type Via } from '../support/send-request.js';
import { hasNginx, startNginx, stopNginx } from '../support/start-nginx.js';
import { freePort, startServer, stopServers } from '../support/start-server.js';
import { startTlsServer, stopTlsServers } from '../support/start-tls-server.js';

const describeNginx = hasNginx() ? describe : describe.skip;

const issuer = await createTestIssuer({ audience: 'api://orders' });
const log = captureLog();
const authority = await makeCertificate({ name: 'authority', isAuthority: true });
const [server, own, other, stranger] = await Promise.all([
  makeCertificate({ name: 'server', names: [{ type: 'ip', value: '127.0.0.1' }], authority }),
  makeCertificate({ name: 'caller', authority }),
  makeCertificate({ name: 'other', authority }),
  makeCertificate({ name: 'caller' }),
]);

const trusting: Via = { ca: authority.cert };
const showing = ({ key, cert }: TestCertificate): Via => ({ ...trusting, key, cert });

function makeApp(certificates: CertificateOptions) {
  const gate = countersign({
    service: 'order-service',
    audience: 'api://orders',
    trust: issuer.trust,
    certificates,
    accessLog: { destination: log.destination },
  });
  const app = express();
  app.get('/', gate.requirePermission('orders:read'), (req, res) => void res.end(JSON.stringify(findLeft(req))));
  return app;
}

async function ask(
  base: string,
  certificate: TestCertificate | undefined,
  { via = trusting, headers = [] }: { readonly via?: Via; readonly headers?: readonly (readonly [string, string])[] },
) {
  const claims = certificate && { cnf: { 'x5t#S256': certificate.thumbprint } };
  const token = await issuer.sign({ scope: 'orders:read', ...claims });
  const { status, body } = await sendRequest(base, '/', { via, headers: [bearer(token), ...headers] });
  const { reason, verdicts } = await log.next();
  return { told: [status, reason ?? 'permit', verdicts?.bound], body };
}

const PERMITTED = [200, 'permit', true];
const MISSING = [401, 'binding_missing', false];
const MISMATCH = [401, 'binding_mismatch', false];

describeNginx('behind nginx', () => {
  let passthrough: string;
  let hop: string;

  beforeAll(async () => {
    const hidden = await startTlsServer(makeApp({ from: 'connection' }), { key: server.key, cert: server.cert });
    const plain = await startServer(
      makeApp({
        from: 'hop',
        hop: { loopback: true },
        format: 'nginx',
        field: 'X-SSL-Cert',
        verifyField: 'X-SSL-Verify',
      }),
    );
    const [passthroughPort, hopPort] = [await freePort(), await freePort()];
    passthrough = `https://127.0.0.1:${passthroughPort}`;
    hop = `https://127.0.0.1:${hopPort}`;
    await startNginx({
      ports: [passthroughPort, hopPort],
      stream: `server { listen 127.0.0.1:${passthroughPort}; proxy_pass ${new URL(hidden).host}; }`,
      http: `server {
        listen 127.0.0.1:${hopPort} ssl;
        ssl_certificate server.cert;
        ssl_certificate_key server.key;
        ssl_client_certificate authority.cert;
        ssl_verify_client optional_no_ca;
        location / {
          proxy_pass ${plain};
          proxy_set_header X-SSL-Cert $ssl_client_escaped_cert;
          proxy_set_header X-SSL-Verify $ssl_client_verify;
        }
      }`,
      files: { 'server.cert': server.cert, 'server.key': server.key, 'authority.cert': authority.cert },
    });
  });

  afterAll(async () => {
    await stopNginx();
    await stopServers();
    await stopTlsServers();
  });

  describe.each([
    ['that hands the connection on', () => passthrough],
    ['that tells us of the certificate', () => hop],
  ])('%s', (_how, place) => {
    it('a token comes in with its certificate, and with no other', async () => {
      expect((await ask(place(), own, { via: showing(own) })).told).toEqual(PERMITTED);
      expect((await ask(place(), own, { via: showing(other) })).told).toEqual(MISMATCH);
      expect((await ask(place(), own, {})).told).toEqual(MISSING);
    });

    it('no header counts that the caller made up', async () => {
      for (const headers of [nginxCert(own), spoofAll(own), [['x_ssl_cert', nginxCert(own)[0]?.[1] ?? '']] as const]) {
        expect((await ask(place(), own, { headers })).told).toEqual(MISSING);
        expect((await ask(place(), own, { via: showing(other), headers })).told).toEqual(MISMATCH);
        expect((await ask(place(), own, { via: showing(own), headers })).told).toEqual(PERMITTED);
      }
    });
  });

  it('that tells us of the certificate, the handler sees no header of it, whoever wrote it', async () => {
    const { told, body } = await ask(hop, undefined, { via: showing(own), headers: spoofAll(own) });
    expect([told, JSON.parse(body)]).toEqual([[200, 'permit', false], untouched]);
  });

  it('that verifies certificates, one that nobody vouches for is none', async () => {
    expect((await ask(hop, stranger, { via: showing(stranger) })).told).toEqual(MISSING);
    expect((await ask(hop, stranger, { via: showing(stranger), headers: nginxCert(stranger) })).told).toEqual(MISSING);
    expect((await ask(passthrough, stranger, { via: showing(stranger) })).told).toEqual(PERMITTED); // here nobody has to
  });
});
