import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CertificateOptions, GateOptions, HopOption } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express from 'express';
import { createProver } from '../../lib/outbound/prove-possession.js';
import { captureLog } from '../support/capture-log.js';
import {
  clientCert,
  findLeft,
  forwardedClientCert,
  nginxCert,
  spoofAll,
  untouched,
} from '../support/certificate-headers.js';
import { expressVersions } from '../support/express-versions.js';
import { makeCertificate, type TestCertificate } from '../support/make-certificate.js';
import { sendRaw } from '../support/send-raw.js';
import { bearer, sendRequest, type Via } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';
import { startTlsServer, stopTlsServers } from '../support/start-tls-server.js';

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const log = captureLog();
const folder = mkdtempSync(join(tmpdir(), 'countersign-'));

const HOP = 'spiffe://example.org/gateway';
const authority = await makeCertificate({ name: 'authority', isAuthority: true });
const [server, own, other, gateway, neighbour, impostor] = await Promise.all([
  makeCertificate({ name: 'server', names: [{ type: 'ip', value: '127.0.0.1' }], authority }),
  makeCertificate({ name: 'caller' }),
  makeCertificate({ name: 'caller' }),
  makeCertificate({ name: 'gateway', names: [{ type: 'url', value: HOP }], authority }),
  makeCertificate({
    name: 'neighbour',
    names: [
      { type: 'url', value: `${HOP}s` },
      { type: 'dns', value: `a.example, URI:${HOP}, DNS:b.example` },
      { type: 'email', value: `a@example.org, URI:${HOP}` },
    ],
    authority,
  }),
  makeCertificate({ name: 'gateway', names: [{ type: 'url', value: HOP }] }),
]);
const trusting = { ca: authority.cert };
const showing = ({ key, cert }: TestCertificate): Via => ({ ...trusting, key, cert });

const unixServers: Server[] = [];
afterAll(async () => {
  await stopServers();
  await stopTlsServers();
  for (const listening of unixServers) await new Promise((resolve) => listening.close(resolve));
  rmSync(folder, { recursive: true });
});

/** A route whose handler tells what it sees of certificates, and one that is anybody's. */
function makeApp(options: Partial<GateOptions>, makeExpress: () => unknown = express) {
  const gate = countersign({
    service: 'order-service',
    audience: 'api://orders',
    trust: issuer.trust,
    accessLog: { destination: log.destination },
    now: clock.now,
    ...options,
  });
  const app = makeExpress() as ReturnType<typeof express>;
  app.get('/', gate.requirePermission('orders:read'), (req, res) => void res.end(JSON.stringify(findLeft(req))));
  app.get('/open', gate.public('is for anybody'), (req, res) => void res.end(JSON.stringify(findLeft(req))));
  return app;
}

const startSecurely = (options: Partial<GateOptions>) =>
  startTlsServer(makeApp(options), { key: server.key, cert: server.cert, ca: authority.cert });

const boundTo = ({ thumbprint }: TestCertificate, more: object = {}) =>
  issuer.sign({ scope: 'orders:read', cnf: { 'x5t#S256': thumbprint, ...more } });

/** The status, why, and whether possession was proved. */
async function ask(
  base: string,
  token: string,
  {
    via = trusting,
    headers = [],
  }: { readonly via?: Via; readonly headers?: readonly (readonly [string, string])[] } = {},
) {
  const answer = await sendRequest(base, '/', { via, headers: [bearer(token), ...headers] });
  const { reason, verdicts } = await log.next();
  return { ...answer, told: [answer.status, reason ?? 'permit', verdicts?.bound] };
}

const PERMITTED = [200, 'permit', true];
const MISSING = [401, 'binding_missing', false];
const MISMATCH = [401, 'binding_mismatch', false];

describe('a certificate from our own TLS', () => {
  let base: string;
  beforeAll(async () => {
    base = await startSecurely({ certificates: { from: 'connection' } });
  });

  it('lets its token in, though nobody but itself vouches for it', async () => {
    expect((await ask(base, await boundTo(own), { via: showing(own) })).told).toEqual(PERMITTED);
  });

  it('makes its token worthless with another certificate, and without any', async () => {
    expect((await ask(base, await boundTo(own), { via: showing(other) })).told).toEqual(MISMATCH);
    expect((await ask(base, await boundTo(own))).told).toEqual(MISSING);
  });

  it('is nothing to a token that is bound to nothing', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    expect((await ask(base, token, { via: showing(own) })).told).toEqual([200, 'permit', false]);
  });

  it('is told by no header', async () => {
    const answer = await ask(base, await boundTo(own), { headers: spoofAll(own) });
    expect(answer.told).toEqual(MISSING);
    expect((await ask(base, await boundTo(own), { via: showing(other), headers: spoofAll(own) })).told).toEqual(
      MISMATCH,
    );
  });

  it('is nothing before its time', async () => {
    const early = await makeCertificate({ notBefore: clock.now() + 100, notAfter: clock.now() + 1000 });
    const send = async () => (await ask(base, await boundTo(early), { via: showing(early) })).told;
    expect(await send()).toEqual(MISSING);
    clock.advance(101);
    expect(await send()).toEqual(PERMITTED);
  });

  it('counts where certificates are read, and there alone', async () => {
    const deaf = await startSecurely({});
    expect((await ask(deaf, await boundTo(own), { via: showing(own) })).told).toEqual(MISSING);
  });

  it.each([
    ['a lone member that is not known', { jwk: {} }, MISSING],
    ['no member', {}, MISSING],
    ['a thumbprint of SHA-1', { x5t: own.thumbprint }, MISSING],
    ['a thumbprint that is null', { 'x5t#S256': null }, MISMATCH],
    [
      'a thumbprint of bytes in hexadecimal',
      { 'x5t#S256': Buffer.from(own.thumbprint, 'base64url').toString('hex') },
      MISMATCH,
    ],
    ['a thumbprint with padding', { 'x5t#S256': `${own.thumbprint}=` }, MISMATCH],
    ['its thumbprint beside a member that is not known', { 'x5t#S256': own.thumbprint, jwk: {} }, PERMITTED],
    ['another thumbprint beside a member that is not known', { 'x5t#S256': other.thumbprint, jwk: {} }, MISMATCH],
  ])('meets %s in cnf', async (_what, cnf, told) => {
    const token = await issuer.sign({ scope: 'orders:read', cnf });
    expect((await ask(base, token, { via: showing(own) })).told).toEqual(told);
  });
});

describe('where only bound tokens come in, and certificates are all that is known', () => {
  it('a token with its certificate does, and no other', async () => {
    const base = await startSecurely({ certificates: { from: 'connection' }, proof: 'required' });
    expect((await ask(base, await boundTo(own), { via: showing(own) })).told).toEqual(PERMITTED);
    expect((await ask(base, await boundTo(own))).told).toEqual(MISSING);
    const token = await issuer.sign({ scope: 'orders:read' });
    expect((await ask(base, token, { via: showing(own) })).told).toEqual(MISSING);
  });
});

describe('a token that is bound to a key and to a certificate', () => {
  it('needs both', async () => {
    const publicOrigin = 'https://orders.example';
    const base = await startSecurely({ certificates: { from: 'connection' }, publicOrigin });
    const prover = createProver(clock.now);
    const token = await boundTo(own, { jkt: prover.thumbprint });
    const show = async (via: Via, isProved: boolean) => {
      const proof = await prover.prove({ method: 'GET', url: `${publicOrigin}/` }, token);
      const headers = isProved
        ? ([
            ['authorization', `DPoP ${token}`],
            ['dpop', proof],
          ] as const)
        : [bearer(token)];
      const { status } = await sendRequest(base, '/', { via, headers });
      const { reason, verdicts } = await log.next();
      return [status, reason ?? 'permit', verdicts?.bound];
    };
    expect(await show(showing(own), true)).toEqual(PERMITTED);
    expect(await show(showing(own), false)).toEqual(MISSING);
    expect(await show(trusting, true)).toEqual(MISSING);
    expect(await show(showing(other), true)).toEqual(MISMATCH);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (maxVersion) => {
  /** A session that can be resumed, out of one that was accepted. */
  async function openSession(
    base: string,
    via: Via,
    send: (via: Via) => Promise<{ isResumed: boolean; told: unknown }>,
  ) {
    let session: Buffer | undefined;
    const first = await send({ ...via, maxVersion, onSession: (given) => (session = given) });
    expect(first).toMatchObject({ isResumed: false, told: PERMITTED });
    if (!session) throw new Error(`${base} gave no session`);
    return { ...via, maxVersion, session };
  }

  it('resumes a session with its certificate, until that has expired', async () => {
    const brief = await makeCertificate({ notAfter: clock.now() + 100 });
    const base = await startSecurely({ certificates: { from: 'connection' } });
    const send = async (via: Via) => ask(base, await boundTo(brief), { via });
    const session = await openSession(base, showing(brief), send);
    expect(await send(session)).toMatchObject({ isResumed: true, told: PERMITTED });
    clock.advance(101);
    expect(await send(session)).toMatchObject({ isResumed: true, told: MISSING });
    expect(await send({ ...showing(brief), maxVersion })).toMatchObject({ isResumed: false, told: MISSING });
  });

  it('resumes a hop’s session, until its certificate has expired', async () => {
    const brief = await makeCertificate({
      names: [{ type: 'url', value: HOP }],
      authority,
      notAfter: clock.now() + 100,
    });
    const base = await startSecurely({
      certificates: { from: 'hop', hop: { subjectAltName: HOP }, format: 'client-cert' },
    });
    const send = async (via: Via) => ask(base, await boundTo(own), { via, headers: [clientCert(own)] });
    const session = await openSession(base, showing(brief), send);
    expect(await send(session)).toMatchObject({ isResumed: true, told: PERMITTED });
    clock.advance(101);
    expect(await send(session)).toMatchObject({ isResumed: true, told: MISSING });
  });

  it('resumes the session of somebody unverified, who stays that', async () => {
    const base = await startSecurely({
      certificates: { from: 'hop', hop: { subjectAltName: HOP }, format: 'client-cert' },
    });
    let session: Buffer | undefined;
    const send = async (via: Via) => ask(base, await boundTo(own), { via, headers: [clientCert(own)] });
    const via: Via = { ...showing(impostor), maxVersion, onSession: (given) => (session = given) };
    expect((await send(via)).told).toEqual(MISSING);
    expect(await send({ ...via, session })).toMatchObject({ isResumed: true, told: MISSING });
  });
});

describe('a hop that is known by its certificate', () => {
  it('has its name as the kind of name that it is', async () => {
    const posing = await makeCertificate({ names: [{ type: 'dns', value: HOP }], authority });
    const base = await startSecurely({
      certificates: { from: 'hop', hop: { subjectAltName: HOP }, format: 'client-cert' },
    });
    const headers = [clientCert(own)];
    expect((await ask(base, await boundTo(own), { via: showing(gateway), headers })).told).toEqual(PERMITTED);
    expect((await ask(base, await boundTo(own), { via: showing(posing), headers })).told).toEqual(MISSING);
  });
});

describe('a connection that is negotiated anew', () => {
  // No client of Node can show another certificate then. This is what Node's server leaves behind, as OpenSSL's client showed.
  it('is nobody’s whose new certificate our TLS server did not verify, whoever it was before', async () => {
    const app = express();
    app.use((req, _res, next) => {
      Object.assign(req.socket, { authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      next();
    });
    const certificates = { from: 'hop', hop: { subjectAltName: HOP }, format: 'client-cert' } as const;
    app.use(makeApp({ certificates }));
    const base = await startTlsServer(app, { key: server.key, cert: server.cert, ca: authority.cert });
    const headers = [clientCert(own)];
    expect((await ask(base, await boundTo(own), { via: showing(gateway), headers })).told).toEqual(MISSING);
  });
});

/** The same application on a Unix socket, on a port, and behind TLS. */
async function startEverywhere(app: ReturnType<typeof express>) {
  const socketPath = join(folder, `${unixServers.length}.sock`);
  const listening = createServer(app);
  unixServers.push(listening);
  await new Promise<void>((resolve) => listening.listen(socketPath, resolve));
  const port = await startServer(app);
  const secure = await startTlsServer(app, { key: server.key, cert: server.cert, ca: authority.cert });
  return {
    unix: ['http://localhost', { socketPath }],
    port: [port, {}],
    otherAddress: [port, { localAddress: '127.0.0.2' }],
    gateway: [secure, showing(gateway)],
    neighbour: [secure, showing(neighbour)],
    impostor: [secure, showing(impostor)],
    caller: [secure, showing(own)],
    nobody: [secure, trusting],
  } as const satisfies Record<string, readonly [string, Via]>;
}
type Place = keyof Awaited<ReturnType<typeof startEverywhere>>;

const hops: readonly (readonly [string, HopOption, Place, readonly Place[]])[] = [
  ['its Unix socket', { unixSocket: true }, 'unix', ['port', 'otherAddress', 'gateway', 'nobody']],
  ['being on this machine', { loopback: true }, 'port', ['unix']],
  [
    'its own certificate',
    { subjectAltName: HOP },
    'gateway',
    ['unix', 'port', 'neighbour', 'impostor', 'caller', 'nobody'],
  ],
  ['its address', { dangerouslyTrustAddresses: ['127.0.0.2'] }, 'otherAddress', ['unix', 'port', 'gateway', 'nobody']],
];

describe.each(expressVersions)('%s, behind a hop', (_version, makeExpress) => {
  describe.each(hops)('that is known by %s', (_what, hop, trusted, strangers) => {
    const certificates: CertificateOptions = {
      from: 'hop',
      hop,
      format: 'nginx',
      field: 'X-SSL-Cert',
      verifyField: 'X-SSL-Verify',
    };
    let places: Awaited<ReturnType<typeof startEverywhere>>;
    beforeAll(async () => {
      const app = makeApp({ certificates }, makeExpress);
      app.set('trust proxy', true); // what it makes of addresses is nothing to us
      places = await startEverywhere(app);
    });

    it('believes the header of the hop', async () => {
      const [base, via] = places[trusted];
      const send = async (certificate: TestCertificate, headers = nginxCert(own)) =>
        (await ask(base, await boundTo(certificate), { via, headers })).told;
      expect(await send(own)).toEqual(PERMITTED);
      expect(await send(other)).toEqual(MISMATCH);
      expect(await send(own, [])).toEqual(MISSING);
      expect(await send(gateway, [])).toEqual(MISSING); // the hop's own is not its caller's
    });

    it.each(strangers)('believes the same header of nobody else: %s', async (place) => {
      const [base, via] = places[place];
      const headers = [...nginxCert(own), ['x-forwarded-for', '127.0.0.1'], ['x-real-ip', '127.0.0.2']] as const;
      expect((await ask(base, await boundTo(own), { via, headers })).told).toEqual(MISSING);
    });

    it.each([trusted, ...strangers])('hides every such header from the handler: %s', async (place) => {
      const [base, via] = places[place];
      const token = await issuer.sign({ scope: 'orders:read' });
      const headers = spoofAll(own);
      const answer = await ask(base, token, { via, headers });
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, untouched]);
      const open = await sendRequest(base, '/open', { via, headers });
      await log.next();
      expect([open.status, JSON.parse(open.body)]).toEqual([200, untouched]);
    });
  });
});

describe('the header of a hop', () => {
  const start = (options: object) =>
    startServer(makeApp({ certificates: { from: 'hop', hop: { loopback: true }, ...options } as CertificateOptions }));
  const nginx = { format: 'nginx', field: 'x-ssl-cert', verifyField: 'x-ssl-verify' };
  const escaped = encodeURIComponent(own.cert);

  it.each([
    ['RFC 9440', { format: 'client-cert' }, [clientCert(own)]],
    ['RFC 9440, under another name', { format: 'client-cert', field: 'X-Cert' }, [['x-cert', clientCert(own)[1]]]],
    ['Envoy', { format: 'xfcc' }, [forwardedClientCert(own)]],
    ['Envoy, which names us', { format: 'xfcc', by: 'spiffe://example.org/orders' }, [forwardedClientCert(own)]],
    ['nginx', nginx, nginxCert(own)],
    ['AWS', { format: 'alb' }, [['x-amzn-mtls-clientcert', escaped]]],
    [
      'AWS, which verified it',
      { format: 'alb', field: 'x-amzn-mtls-clientcert-leaf' },
      [['x-amzn-mtls-clientcert-leaf', escaped]],
    ],
  ] as [string, object, [string, string][]][])('counts as %s writes it', async (_whose, options, headers) => {
    expect((await ask(await start(options), await boundTo(own), { headers })).told).toEqual(PERMITTED);
  });

  const [field, verdict] = nginxCert(own) as [[string, string], [string, string]];
  it.each([
    ['it came twice', { format: 'client-cert' }, [clientCert(own), clientCert(own)]],
    ['another came first', { format: 'client-cert' }, [clientCert(other), clientCert(own)]],
    ['another came last', { format: 'client-cert' }, [clientCert(own), clientCert(other)]],
    [
      'it came twice, in two spellings',
      { format: 'xfcc' },
      [forwardedClientCert(own), ['X-Forwarded-Client-CERT', '']],
    ],
    ['it names somebody else', { format: 'xfcc', by: 'spiffe://example.org/billing' }, [forwardedClientCert(own)]],
    ['it is of another format', { format: 'xfcc' }, [clientCert(own)]],
    ['nginx says nothing of it', nginx, [field]],
    ['nginx says that it failed', nginx, nginxCert(own, 'FAILED:self-signed certificate')],
    ['nginx says that there was none', nginx, nginxCert(own, 'NONE')],
    ['nginx says so in other letters', nginx, nginxCert(own, 'success')],
    ['nginx says so twice', nginx, [...nginxCert(own), verdict]],
    ['nginx brings it twice', nginx, [...nginxCert(own), field]],
    ['nginx says so of nothing', nginx, [verdict]],
    ['nginx says so of an empty one', nginx, [['x-ssl-cert', ''], verdict]],
  ] as [string, object, [string, string][]][])('counts as nothing where %s', async (_what, options, headers) => {
    expect((await ask(await start(options), await boundTo(own), { headers })).told).toEqual(MISSING);
  });

  it('is taken away from a request of HTTP/1.0, too', async () => {
    const fields = [bearer(await issuer.sign({ scope: 'orders:read' })), clientCert(own)].map((pair) =>
      pair.join(': '),
    );
    expect(await sendRaw(await start(nginx), `GET / HTTP/1.0\r\n${fields.join('\r\n')}\r\n\r\n`)).toEqual([200]);
    await log.next();
  });

  it('counts as nothing where its certificate has expired, whatever the hop says', async () => {
    const brief = await makeCertificate({ notAfter: clock.now() + 100 });
    const base = await start(nginx);
    const send = async () => (await ask(base, await boundTo(brief), { headers: nginxCert(brief) })).told;
    expect(await send()).toEqual(PERMITTED);
    clock.advance(101);
    expect(await send()).toEqual(MISSING);
  });
});
