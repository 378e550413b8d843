import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { JWK } from 'countersign';
import { countersign } from 'countersign/express';
import express from 'express';
import { Provider } from 'oidc-provider';
import { captureLog } from '../support/capture-log.js';
import { makeCertificate, type TestCertificate } from '../support/make-certificate.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startTlsServer, stopTlsServers } from '../support/start-tls-server.js';

afterAll(stopTlsServers);

const authority = await makeCertificate({ name: 'authority', isAuthority: true });
const server = await makeCertificate({ names: [{ type: 'ip', value: '127.0.0.1' }], authority });
const CALLER = 'spiffe://example.org/billing';
const own = await makeCertificate({ names: [{ type: 'url', value: CALLER }], authority });
const other = await makeCertificate({ names: [{ type: 'url', value: 'spiffe://example.org/thief' }], authority });
const tls = { key: server.key, cert: server.cert, ca: authority.cert };
const showing = ({ key, cert }: TestCertificate) => ({ ca: authority.cert, key, cert });

/** As much of a provider as is used here; its declarations in this repository know less of it. */
type MakeProvider = new (issuer: string, options: object) => { callback(): RequestListener };

/** Nothing has to be kept: a JWT access token stands for itself. */
const keepNothing = { upsert: async () => {}, find: async () => undefined };

/** Of a request, as the provider hands it to its hooks. */
interface Context {
  readonly req: IncomingMessage;
}

const socketOf = ({ req }: Context) => req.socket as TLSSocket;

/** A real provider that knows one client by its certificate (RFC 8705 section 2.1), and binds its tokens to it. */
async function startProvider(): Promise<{ readonly issuer: string; readonly keys: readonly JWK[] }> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = { kid: 'k', use: 'sig', alg: 'ES256' };
  let handle: RequestListener | undefined;
  const issuer = await startTlsServer((req, res) => handle?.(req, res), tls);
  const provider = new (Provider as unknown as MakeProvider)(issuer, {
    adapter: () => keepNothing,
    jwks: { keys: [{ ...pair.privateKey.export({ format: 'jwk' }), ...name }] },
    clients: [
      {
        client_id: 'billing',
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_uri: CALLER,
        tls_client_certificate_bound_access_tokens: true,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope: 'orders:read',
      },
    ],
    clientAuthMethods: ['tls_client_auth'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: ['orders:read'],
    responseTypes: [],
    ttl: { ClientCredentials: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate: (context: Context) => socketOf(context).getPeerX509Certificate(),
        certificateAuthorized: (context: Context) => socketOf(context).authorized,
        certificateSubjectMatches: (context: Context, _property: string, expected: string) =>
          socketOf(context).getPeerX509Certificate()?.subjectAltName === `URI:${expected}`,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: object, audience: string) => ({
          audience,
          scope: 'orders:read',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  handle = provider.callback();
  return { issuer, keys: [{ ...pair.publicKey.export({ format: 'jwk' }), ...name } as JWK] };
}

describe('a real OpenID provider that binds tokens to certificates', () => {
  it('gives its client a token that is worth something with its certificate alone', async () => {
    const { issuer, keys } = await startProvider();
    const requestToken = (certificate: TestCertificate) =>
      sendRequest(issuer, '/token', {
        method: 'POST',
        via: showing(certificate),
        headers: [['content-type', 'application/x-www-form-urlencoded']],
        body: 'grant_type=client_credentials&client_id=billing&resource=api://orders&scope=orders:read',
      });
    expect((await requestToken(other)).status).toBe(401);
    const { access_token: token } = JSON.parse((await requestToken(own)).body);
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
    expect(claims.cnf).toEqual({ 'x5t#S256': own.thumbprint });

    const log = captureLog();
    const gate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: [{ issuer, keys: { jwks: { keys } } }],
      certificates: { from: 'connection' },
      proof: 'required',
      accessLog: { destination: log.destination },
    });
    const app = express();
    app.get('/', gate.requirePermission('orders:read'), (_req, res) => void res.end('orders'));
    const base = await startTlsServer(app, tls);
    const ask = async (via: object) => {
      const { status } = await sendRequest(base, '/', { via, headers: [bearer(token)] });
      const { reason, verdicts } = await log.next();
      return [status, reason, verdicts?.bound];
    };
    expect(await ask(showing(own))).toEqual([200, undefined, true]);
    expect(await ask(showing(other))).toEqual([401, 'binding_mismatch', false]);
    expect(await ask({ ca: authority.cert })).toEqual([401, 'binding_missing', false]);
  });
});
