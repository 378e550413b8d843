import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { CertificateOptions, GateOptions, Principal, TrustedIssuer } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express from 'express';
import { captureLog } from '../support/capture-log.js';
import { clientCert, forwardedClientCert, nginxCert } from '../support/certificate-headers.js';
import { waitUntil } from '../support/key-server.js';
import {
  type CertificateFacts,
  ExtendedKeyUsage,
  makeCertificate,
  makeRevocationList,
  type TestCertificate,
} from '../support/make-certificate.js';
import { bearer, sendRequest, type Via } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';
import { startTlsServer, stopTlsServers } from '../support/start-tls-server.js';

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const log = captureLog();
const HOUR = 3600;
const inDate = () => ({ notBefore: clock.now() - 60, notAfter: clock.now() + HOUR });

const shopRoot = await makeCertificate({ name: 'shop', isAuthority: true });
const bankRoot = await makeCertificate({ name: 'bank', isAuthority: true });
const plainRoot = await makeCertificate({ name: 'plain', isAuthority: true });
const server = await makeCertificate({
  name: 'server',
  names: [{ type: 'ip', value: '127.0.0.1' }],
  authority: shopRoot,
});
const url = (value: string) => ({ type: 'url', value }) as const;
const dns = (value: string) => ({ type: 'dns', value }) as const;

/** A workload of the shop, unless the facts say otherwise. */
const workload = (facts: CertificateFacts = {}) =>
  makeCertificate({
    name: 'w',
    names: [url('spiffe://shop.example/ns/shop/sa/billing')],
    authority: shopRoot,
    ...inDate(),
    ...facts,
  });
const billing = await workload();

const bundleOf = (...roots: readonly TestCertificate[]) => ({
  keys: roots.map(({ certificate }) => ({ kty: 'EC', use: 'x509-svid', x5c: [certificate.raw.toString('base64')] })),
});
const shop: TrustedIssuer = {
  trustDomain: 'shop.example',
  bundle: bundleOf(shopRoot),
  grants: { '/ns/:ns/sa/billing': ['orders:read'] },
};
const bank: TrustedIssuer = {
  trustDomain: 'bank.example',
  bundle: bundleOf(bankRoot),
  grants: { '/*': ['orders:read'] },
};
const plain: TrustedIssuer = {
  certificateAuthority: 'plain-ca',
  certificates: plainRoot.cert,
  grants: { 'orders.internal': ['orders:read'], 'urn:team:books': ['orders:read'], 'idle.internal': [] },
};

afterAll(async () => {
  await stopServers();
  await stopTlsServers();
});

function makeApp(options: Partial<GateOptions> = {}) {
  const gate = countersign({
    service: 'order-service',
    audience: 'api://orders',
    trust: [issuer.trust, shop, bank, plain],
    certificates: { from: 'connection', use: 'identity' },
    accessLog: { destination: log.destination },
    now: clock.now,
    ...options,
  });
  const app = express();
  app.use(gate.accessLog());
  const tell = (principal: Principal | undefined) =>
    JSON.stringify(principal, (_, v) => (v instanceof Set ? [...v] : v));
  app.get(
    '/',
    gate.verifyServiceToken(),
    gate.requirePermission('orders:read'),
    (req, res) => void res.end(tell(req.principal)),
  );
  app.get('/any', gate.verifyToken(), (req, res) => void res.end(tell(req.principal)));
  app.get('/bound', gate.require({ proof: 'required' }), (req, res) => void res.end(tell(req.principal)));
  app.get('/user', gate.requireStepUp({ maxAgeSeconds: 60 }), (_req, res) => void res.end());
  app.get('/open', gate.public('is for anybody'), (_req, res) => void res.end());
  return { app, gate };
}

/** Our TLS server knows no authority at all: whom to believe is the gate's to say. */
const secure = async (options?: Partial<GateOptions>, more: object = {}) => {
  const { app, gate } = makeApp(options);
  return { gate, base: await startTlsServer(app, { key: server.key, cert: server.cert, ...more }) };
};
const { base } = await secure();

const showing = ({ key, cert }: TestCertificate, ...chain: readonly TestCertificate[]): Via => ({
  ca: shopRoot.cert,
  key,
  cert: [cert, ...chain.map((each) => each.cert)].join(''),
});

async function ask(
  to: string,
  via: Via,
  { path = '/', token = '', headers = [] as (readonly [string, string])[] } = {},
) {
  const shown = token === '' ? [] : [bearer(token)];
  const answer = await sendRequest(to, path, { via, headers: [...shown, ...headers] });
  const record = await log.next();
  return { answer, record, told: [answer.status, record.reason ?? record.decision] };
}

const PERMITTED = [200, 'permit'];

describe('a certificate alone', () => {
  it('names its workload, which may do what it is granted', async () => {
    const { answer, record } = await ask(base, showing(billing));
    const subject = 'spiffe://shop.example/ns/shop/sa/billing';
    const named = { issuer: 'spiffe://shop.example', subject };
    expect(JSON.parse(answer.body)).toEqual({
      ...named,
      kind: 'service',
      permissions: ['orders:read'],
      roles: [],
      authentication: {},
      workload: { ...named, thumbprint: billing.thumbprint },
      token: {
        issuedAt: Math.floor(clock.now() - 60),
        expiresAt: Math.floor(clock.now() + HOUR),
        keyId: billing.thumbprint,
        algorithm: 'x509',
      },
      claims: {},
    });
    expect(record).toMatchObject({
      caller: { ...named, kind: 'service' },
      workload: named,
      verdicts: { authentic: true, bound: true, intended: true },
      keyId: billing.thumbprint,
      decision: 'permit',
    });
  });

  it('proves possession, and no user’s authentication', async () => {
    expect((await ask(base, showing(billing), { path: '/bound' })).told).toEqual(PERMITTED);
    expect((await ask(base, showing(billing), { path: '/user' })).told).toEqual([403, 'caller_kind_refused']);
  });

  it('is known by a DNS name or URI, where an authority of one’s own vouches for it', async () => {
    for (const [names, subject] of [
      [[dns('orders.internal'), dns('other.internal')], 'orders.internal'],
      [[dns('Orders.Internal')], 'orders.internal'],
      [[url('urn:team:books'), url('urn:team:x')], 'urn:team:books'],
    ] as const) {
      const { told, answer } = await ask(base, showing(await workload({ names, authority: plainRoot })));
      expect(told).toEqual(PERMITTED);
      expect(JSON.parse(answer.body)).toMatchObject({ issuer: 'plain-ca', subject });
    }
  });

  it('is not asked on a public route', async () => {
    const stranger = await workload({ authority: undefined as never });
    expect((await ask(base, showing(stranger), { path: '/open' })).told).toEqual(PERMITTED);
  });

  it('has no permission that isn’t granted', async () => {
    const orders = await workload({ names: [url('spiffe://shop.example/ns/shop/sa/orders')] });
    const idle = await workload({ names: [dns('idle.internal')], authority: plainRoot });
    for (const each of [orders, idle]) {
      expect((await ask(base, showing(each))).told).toEqual([403, 'permission_missing']);
      expect((await ask(base, showing(each), { path: '/any' })).told).toEqual(PERMITTED);
    }
  });

  it('comes with what lies between it and its authority', async () => {
    const middle = await makeCertificate({ name: 'middle', isAuthority: true, authority: shopRoot });
    const far = await workload({ authority: middle });
    expect((await ask(base, showing(far))).told).toEqual([401, 'issuer_untrusted']);
    expect((await ask(base, showing(far, middle))).told).toEqual(PERMITTED);
  });

  it.each<[string, CertificateFacts, string]>([
    ['signed by itself', { authority: undefined as never }, 'issuer_untrusted'],
    ['of one domain, signed by the authority of another', { authority: bankRoot }, 'issuer_untrusted'],
    ['of one domain, signed by an authority of our own', { authority: plainRoot }, 'issuer_untrusted'],
    ['of a domain that isn’t trusted', { names: [url('spiffe://evil.example/a')] }, 'issuer_untrusted'],
    [
      'of a domain whose name begins like a trusted one',
      { names: [url('spiffe://shop.example.evil/a')] },
      'issuer_untrusted',
    ],
    ['without a name', { names: [] }, 'issuer_untrusted'],
    ['with a DNS name, signed by a trust domain', { names: [dns('orders.internal')] }, 'issuer_untrusted'],
    ['of two workloads', { names: [url('spiffe://shop.example/a'), url('spiffe://shop.example/b')] }, 'claim_invalid'],
    [
      'of a workload and something else',
      { names: [url('spiffe://shop.example/a'), url('https://a.example')] },
      'claim_invalid',
    ],
    ['of two domains', { names: [url('spiffe://shop.example/a'), url('spiffe://bank.example/a')] }, 'claim_invalid'],
    ['of the trust domain itself', { names: [url('spiffe://shop.example')] }, 'claim_invalid'],
    ['of a path with dots', { names: [url('spiffe://shop.example/a/../ns')] }, 'claim_invalid'],
    ['of an authority', { isAuthority: true }, 'claim_invalid'],
    ['of a key that signs certificates', { usages: ['digitalSignature', 'keyCertSign'] }, 'claim_invalid'],
    ['of a key that signs revocation lists', { usages: ['digitalSignature', 'cRLSign'] }, 'claim_invalid'],
    [
      'of an authority of ours, with a name that nobody granted',
      { names: [dns('x.internal')], authority: plainRoot },
      'claim_invalid',
    ],
    [
      'of an authority of ours, with two granted names',
      { names: [dns('orders.internal'), dns('idle.internal')], authority: plainRoot },
      'claim_invalid',
    ],
    [
      'of an authority of ours, with a granted DNS name that it calls a URI',
      { names: [url('orders.internal')], authority: plainRoot },
      'claim_invalid',
    ],
    [
      'of an authority of ours, with a granted URI that it calls a DNS name',
      { names: [dns('urn:team:books')], authority: plainRoot },
      'claim_invalid',
    ],
    ['that lives for a month', { notAfter: clock.now() + 30 * 86_400 }, 'token_lifetime_too_long'],
  ])('is refused: %s', async (_what, facts, reason) => {
    const { answer, record, told } = await ask(base, showing(await workload(facts)));
    expect(told).toEqual([401, reason]);
    expect(record).toMatchObject({ verdicts: { authentic: false, bound: false, intended: false } });
    expect(record).not.toHaveProperty('caller');
    expect(answer.lines('www-authenticate')).toEqual([expect.stringMatching(/^Bearer error="invalid_token"/)]);
    expect(answer.body).not.toContain(reason);
  });

  it('may say what it is for, as long as that is to be a client', async () => {
    const { clientAuth, serverAuth } = ExtendedKeyUsage;
    const both = await workload({ purposes: [serverAuth, clientAuth], usages: ['digitalSignature'] });
    expect((await ask(base, showing(both))).told).toEqual(PERMITTED);
    // OpenSSL itself finds a server's certificate unfit for clients.
    const wrong = await workload({ purposes: [serverAuth] });
    expect((await ask(base, showing(wrong))).told[0]).toBe(401);
  });

  it('is refused beside another credential that is none, or in the query', async () => {
    const basic = { headers: [['authorization', 'Basic YTpi']] as [string, string][] };
    expect((await ask(base, showing(billing), basic)).told).toEqual([401, 'token_missing']);
    expect((await ask(base, showing(billing), { path: '/?access_token=x' })).told).toEqual([
      400,
      'credential_ambiguous',
    ]);
  });
});

describe('a certificate beside a token', () => {
  it('tells who sent what the token’s caller asks for', async () => {
    const token = await issuer.sign({ sub: 'alice', client_id: 'web', scope: 'orders:read' });
    const { answer, record, told } = await ask(base, showing(billing), { token, path: '/any' });
    expect(told).toEqual(PERMITTED);
    expect(JSON.parse(answer.body)).toMatchObject({
      subject: 'alice',
      kind: 'user',
      permissions: ['orders:read'],
      workload: { subject: 'spiffe://shop.example/ns/shop/sa/billing' },
    });
    expect(record).toMatchObject({
      caller: { subject: 'alice' },
      workload: { issuer: 'spiffe://shop.example', subject: 'spiffe://shop.example/ns/shop/sa/billing' },
      verdicts: { bound: false },
    });
  });

  it('gives the token no permission of its own, and no binding', async () => {
    const token = await issuer.sign({ scope: 'orders:write' });
    expect((await ask(base, showing(billing), { token })).told).toEqual([403, 'permission_missing']);
    expect((await ask(base, showing(billing), { token, path: '/bound' })).told).toEqual([401, 'binding_missing']);
    const bound = await issuer.sign({ cnf: { 'x5t#S256': billing.thumbprint } });
    expect((await ask(base, showing(billing), { token: bound, path: '/bound' })).told).toEqual(PERMITTED);
  });

  it('must be vouched for, whatever the token says, and stands in for no bad one', async () => {
    const stranger = await workload({ authority: bankRoot });
    const token = await issuer.sign({ scope: 'orders:read' });
    expect((await ask(base, showing(stranger), { token })).told).toEqual([401, 'issuer_untrusted']);
    const expired = await issuer.sign({ scope: 'orders:read', exp: clock.now() - 60, iat: clock.now() - 120 });
    expect((await ask(base, showing(billing), { token: expired })).told).toEqual([401, 'token_expired']);
  });

  it('may be left out', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    const { record, told } = await ask(base, { ca: shopRoot.cert }, { token });
    expect(told).toEqual(PERMITTED);
    expect(record).not.toHaveProperty('workload');
    expect((await ask(base, { ca: shopRoot.cert })).told).toEqual([401, 'token_missing']);
  });
});

describe('time', () => {
  it('ends certificates, and those that vouch for them, on sessions that TLS resumed too', async () => {
    const brief = await makeCertificate({
      name: 'brief',
      isAuthority: true,
      authority: shopRoot,
      notAfter: clock.now() + 200,
    });
    const short = await workload({ notAfter: clock.now() + 100 });
    const under = await workload({ authority: brief });
    const sessions = new Map<TestCertificate, Via>();
    for (const [each, via] of [
      [short, showing(short)],
      [under, showing(under, brief)],
    ] as const) {
      let session: Buffer | undefined;
      const first = { ...via, maxVersion: 'TLSv1.2', onSession: (given: Buffer) => (session = given) } as const;
      expect((await ask(base, first)).told).toEqual(PERMITTED);
      sessions.set(each, { ...via, maxVersion: 'TLSv1.2', ...(session && { session }) });
    }
    const again = async (each: TestCertificate) => {
      const { answer, told } = await ask(base, sessions.get(each) as Via);
      return [answer.isResumed, ...told];
    };
    expect([await again(short), await again(under)]).toEqual([
      [true, ...PERMITTED],
      [true, ...PERMITTED],
    ]);
    clock.advance(106);
    expect([await again(short), await again(under)]).toEqual([
      [true, 401, 'token_expired'],
      [true, ...PERMITTED],
    ]);
    clock.advance(100);
    expect(await again(under)).toEqual([true, 401, 'token_expired']);
  });

  it('has certificates wait for it', async () => {
    const early = await workload({ notBefore: clock.now() + 60 });
    expect((await ask(base, showing(early))).told).toEqual([401, 'token_not_yet_valid']);
    clock.advance(60);
    expect((await ask(base, showing(early))).told).toEqual(PERMITTED);
  });
});

describe('a bundle that changes', () => {
  it('counts at once for connections and sessions that are open already', async () => {
    const endpoint = { bundle: bundleOf(shopRoot) as object, hits: 0 };
    const from = await startServer(
      (_req, res) => void res.end(JSON.stringify(endpoint.bundle)).on('close', () => endpoint.hits++),
    );
    const { base: own } = await secure({ trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] });
    const mine = await workload();
    let session: Buffer | undefined;
    const via = { ...showing(mine), maxVersion: 'TLSv1.2' } as const;
    expect((await ask(own, { ...via, onSession: (given) => (session = given) })).told).toEqual(PERMITTED);
    const resumed = { ...via, ...(session && { session }) };
    expect((await ask(own, resumed)).told).toEqual(PERMITTED);
    expect(endpoint.hits).toBe(1);

    const next = await makeCertificate({ name: 'shop', isAuthority: true });
    endpoint.bundle = bundleOf(next);
    clock.advance(601);
    const { answer, told } = await ask(own, resumed);
    expect([answer.isResumed, ...told]).toEqual([true, 401, 'issuer_untrusted']);
    expect((await ask(own, showing(await workload({ authority: next })))).told).toEqual(PERMITTED);
  });

  it('leads to resumed sessions by the chain that led there before', async () => {
    const from = await startServer((_req, res) => void res.end(JSON.stringify(bundleOf(shopRoot))));
    const { base: own } = await secure({ trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] });
    const middle = await makeCertificate({ name: 'middle', isAuthority: true, authority: shopRoot });
    let session: Buffer | undefined;
    const via = { ...showing(await workload({ authority: middle }), middle), maxVersion: 'TLSv1.2' } as const;
    expect((await ask(own, { ...via, onSession: (given) => (session = given) })).told).toEqual(PERMITTED);
    clock.advance(601);
    const { answer, told } = await ask(own, { ...via, ...(session && { session }) });
    expect([answer.isResumed, ...told]).toEqual([true, ...PERMITTED]);
  });

  it('is asked for an authority that is not known yet, once in a while', async () => {
    const next = await makeCertificate({ name: 'next', isAuthority: true });
    const endpoint = { bundle: bundleOf(shopRoot) as object, hits: 0 };
    const from = await startServer(
      (_req, res) => void res.end(JSON.stringify(endpoint.bundle)).on('close', () => endpoint.hits++),
    );
    const { base: own } = await secure({ trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] });
    expect((await ask(own, showing(await workload()))).told).toEqual(PERMITTED);
    endpoint.bundle = bundleOf(shopRoot, next);
    expect((await ask(own, showing(await workload({ authority: next })))).told).toEqual(PERMITTED);
    for (let strangers = 0; strangers < 5; strangers++) {
      expect((await ask(own, showing(await workload({ authority: bankRoot })))).told).toEqual([
        401,
        'issuer_untrusted',
      ]);
    }
    expect(endpoint.hits).toBe(2);
  });

  it('serves on in an outage, marked, and refuses nobody for it', async () => {
    const endpoint = { isDown: false };
    const from = await startServer((_req, res) =>
      endpoint.isDown ? void res.writeHead(500).end() : void res.end(JSON.stringify(bundleOf(shopRoot))),
    );
    const { base: own } = await secure({ trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] });
    const mine = await workload({ notAfter: clock.now() + 20 * HOUR });
    expect((await ask(own, showing(mine))).told).toEqual(PERMITTED);
    endpoint.isDown = true;
    clock.advance(2 * HOUR);
    await ask(own, showing(mine));
    expect((await ask(own, showing(mine))).record).toMatchObject({ decision: 'permit', keysStale: true });
  });

  it('is kept on disk for a restart in an outage, for those whom it vouches for', async () => {
    const keyDirectory = mkdtempSync(join(tmpdir(), 'countersign-bundle-'));
    const endpoint = { isDown: false };
    const from = await startServer((_req, res) =>
      endpoint.isDown ? void res.writeHead(500).end() : void res.end(JSON.stringify(bundleOf(shopRoot))),
    );
    const restart = async () =>
      (await secure({ keyDirectory, trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] })).base;
    expect((await ask(await restart(), showing(await workload()))).told).toEqual(PERMITTED);
    await waitUntil(() => readdirSync(keyDirectory).some((name) => name.endsWith('.json')));
    endpoint.isDown = true;
    const own = await restart();
    expect((await ask(own, showing(await workload()))).told).toEqual(PERMITTED);
    expect((await ask(own, showing(await workload({ authority: bankRoot })))).record.decision).toBe('deny');
    rmSync(keyDirectory, { recursive: true });
  });

  it('is 503 to whom an authority vouches for that nobody can be asked about', async () => {
    const next = await makeCertificate({ name: 'next', isAuthority: true });
    const endpoint = { bundle: bundleOf(shopRoot) as object | undefined };
    const from = await startServer((_req, res) =>
      endpoint.bundle ? void res.end(JSON.stringify(endpoint.bundle)) : void res.writeHead(500).end(),
    );
    const { base: own } = await secure({ trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] });
    const [mine, later] = [await workload(), await workload({ authority: next })];
    expect((await ask(own, showing(mine))).told).toEqual(PERMITTED);
    endpoint.bundle = undefined;
    expect((await ask(own, showing(later))).told).toEqual([503, 'keys_unavailable']);
    expect((await ask(own, showing(mine))).told).toEqual(PERMITTED);
    endpoint.bundle = bundleOf(shopRoot, next);
    clock.advance(31);
    expect((await ask(own, showing(later))).told).toEqual(PERMITTED);
  });

  it('is known for its other authorities where one may not sign', async () => {
    const unsound = await makeCertificate({ name: 'unsound' });
    const from = await startServer((_req, res) => void res.end(JSON.stringify(bundleOf(unsound, shopRoot))));
    const { base: own } = await secure({ trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] });
    expect((await ask(own, showing(await workload()))).told).toEqual(PERMITTED);
    expect((await ask(own, showing(await workload({ authority: unsound })))).told).toEqual([401, 'issuer_untrusted']);
  });

  it('is 503 where it never was', async () => {
    const from = await startServer((_req, res) => void res.writeHead(500).end());
    const { base: own } = await secure({ trust: [{ ...shop, bundle: { url: from } } as TrustedIssuer] });
    const { answer, told } = await ask(own, showing(await workload()));
    expect(told).toEqual([503, 'keys_unavailable']);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  });
});

describe('an authority in between that was renewed with its key', () => {
  it('counts from the next connection on, though the path by way of its old certificate was known', async () => {
    const old = await makeCertificate({
      name: 'middle',
      isAuthority: true,
      authority: shopRoot,
      notAfter: clock.now() + 100,
    });
    const young = await makeCertificate({ name: 'middle', isAuthority: true, authority: shopRoot, keyOf: old });
    const mine = await workload({ authority: old });
    expect((await ask(base, showing(mine, old))).told).toEqual(PERMITTED);
    clock.advance(110);
    expect((await ask(base, showing(mine, old))).told).toEqual([401, 'token_expired']);
    expect((await ask(base, showing(mine, young))).told).toEqual(PERMITTED);
  });
});

describe('revocation', () => {
  it('reaches certificates by their hash, their workload and their issuer, beside tokens too', async () => {
    const { base: own, gate } = await secure();
    const [one, two, three] = [
      await workload(),
      await workload(),
      await workload({ names: [dns('orders.internal')], authority: plainRoot }),
    ];
    const told = async (each: TestCertificate, token?: string) =>
      (await ask(own, showing(each), { token, path: '/any' })).told;
    const REVOKED = [401, 'token_revoked'];
    await gate.revoke({ keyId: one.thumbprint, issuer: 'spiffe://shop.example' });
    expect([await told(one), await told(two)]).toEqual([REVOKED, PERMITTED]);
    expect(await told(one, await issuer.sign())).toEqual(REVOKED);
    await gate.revoke({ subject: 'spiffe://shop.example/ns/shop/sa/billing', before: clock.now() });
    expect([await told(two), await told(three)]).toEqual([REVOKED, PERMITTED]);
    await gate.revoke({ issuer: 'plain-ca', before: clock.now() });
    expect(await told(three)).toEqual(REVOKED);
  });
});

describe('our own TLS server', () => {
  const now = () => Date.now() / 1000; // OpenSSL has the clock of the machine
  const present = () => workload({ notBefore: now() - 60, notAfter: now() + HOUR });

  it('has a say where it knows better: in a list of revoked certificates', async () => {
    const [good, bad] = [await present(), await present()];
    const crl = await makeRevocationList(shopRoot, [bad]);
    const { base: own } = await secure({ now }, { ca: shopRoot.cert, crl });
    expect((await ask(own, showing(good))).told).toEqual(PERMITTED);
    expect((await ask(own, showing(bad))).told).toEqual([401, 'token_revoked']);
  });

  it('is not kept from saying so by a chain that was left out', async () => {
    const middle = await makeCertificate({ name: 'middle', isAuthority: true, authority: plainRoot });
    const named = { names: [dns('orders.internal')], authority: middle, notBefore: now() - 60, notAfter: now() + HOUR };
    const [good, bad] = [await workload(named), await workload(named)];
    const crl = [await makeRevocationList(middle, [bad]), await makeRevocationList(plainRoot, [])];
    const trust = [{ ...plain, certificates: middle.cert } as TrustedIssuer];
    const { base: own } = await secure({ now, trust }, { ca: plainRoot.cert, crl });
    expect((await ask(own, showing(good, middle))).told).toEqual(PERMITTED);
    expect((await ask(own, showing(bad, middle))).told).toEqual([401, 'token_revoked']);
    // OpenSSL's last objection is then that it can't verify the certificate.
    expect((await ask(own, showing(bad))).told).toEqual([401, 'issuer_untrusted']);
  });

  it('may have no list that it was told to have', async () => {
    const crl = await makeRevocationList(bankRoot, []);
    const { base: own } = await secure({ now }, { ca: shopRoot.cert, crl });
    expect((await ask(own, showing(await present()))).told).toEqual([401, 'issuer_untrusted']);
  });
});

describe('a certificate that a hop hands on', () => {
  const hop = (format: 'client-cert' | 'xfcc' | 'nginx', more: object = {}): Partial<GateOptions> => ({
    certificates: { from: 'hop', use: 'identity', hop: { loopback: true }, format, ...more } as CertificateOptions,
  });
  const start = async (options: Partial<GateOptions>) => startServer(makeApp(options).app);

  it('names its workload by any format that holds it whole, and must be vouched for', async () => {
    const mine = await workload();
    const stranger = await workload({ authority: bankRoot });
    const ways: [string, (each: TestCertificate) => readonly (readonly [string, string])[]][] = [
      [await start(hop('client-cert')), (each) => [clientCert(each)]],
      [await start(hop('xfcc')), (each) => [forwardedClientCert(each)]],
      [await start(hop('nginx', { field: 'x-ssl-cert', verifyField: 'x-ssl-verify' })), (each) => nginxCert(each)],
    ];
    for (const [own, headersOf] of ways) {
      expect((await ask(own, {}, { headers: [...headersOf(mine)] })).told).toEqual(PERMITTED);
      expect((await ask(own, {}, { headers: [...headersOf(stranger)] })).told).toEqual([401, 'issuer_untrusted']);
      clock.advance(HOUR + 6);
      expect((await ask(own, {}, { headers: [...headersOf(mine)] })).told).toEqual([401, 'token_expired']);
      clock.advance(-HOUR - 6);
    }
  });

  it.each<[string, CertificateFacts]>([
    ['whose key is not for signatures', { usages: ['keyAgreement', 'keyEncipherment'] }],
    ['that is for servers alone', { purposes: [ExtendedKeyUsage.serverAuth] }],
  ])('is nobody’s %s', async (_what, facts) => {
    const own = await start(hop('client-cert'));
    expect((await ask(own, {}, { headers: [clientCert(await workload())] })).told).toEqual(PERMITTED);
    const shown = [clientCert(await workload(facts))];
    expect((await ask(own, {}, { headers: shown })).told).toEqual([401, 'claim_invalid']);
  });

  it('holds for as long as clocks may differ, and what it is granted for as long as that is', async () => {
    const until = new Date((clock.now() + 50) * 1000);
    const grants = { '/ns/:ns/sa/billing': ['orders:list', { permission: 'orders:read', until }] };
    const own = await start({ ...hop('client-cert'), trust: [{ ...shop, grants } as TrustedIssuer] });
    const headers = [clientCert(await workload({ notAfter: clock.now() + 100 }))];
    const told = async (path: string) => (await ask(own, {}, { headers, path })).told;
    expect([await told('/'), await told('/')]).toEqual([PERMITTED, PERMITTED]);
    clock.advance(50);
    expect([await told('/'), await told('/any')]).toEqual([[403, 'permission_missing'], PERMITTED]);
    clock.advance(54);
    expect(await told('/any')).toEqual(PERMITTED);
    clock.advance(2);
    expect(await told('/any')).toEqual([401, 'token_expired']);
  });

  it('comes with its chain', async () => {
    const middle = await makeCertificate({ name: 'middle', isAuthority: true, authority: shopRoot });
    const pem = (each: TestCertificate) => encodeURIComponent(each.cert);
    const own = await start(hop('client-cert'));
    const envoy = await start(hop('xfcc'));
    const balancer = await start(hop('alb' as never));
    const [, middleBytes] = clientCert(middle);
    for (const [to, headersOf] of [
      [own, (each: TestCertificate) => [clientCert(each), ['client-cert-chain', middleBytes]]],
      [
        own,
        (each: TestCertificate) => [
          clientCert(each),
          ['client-cert-chain', clientCert(bankRoot)[1]],
          ['Client-Cert-Chain', middleBytes],
        ],
      ],
      [
        envoy,
        (each: TestCertificate) => [
          ['x-forwarded-client-cert', `Cert="${pem(each)}";Chain="${pem(each)}${pem(middle)}"`],
        ],
      ],
      [balancer, (each: TestCertificate) => [['x-amzn-mtls-clientcert', `${pem(each)}${pem(middle)}`]]],
    ] as [string, (each: TestCertificate) => [string, string][]][]) {
      expect((await ask(to, {}, { headers: headersOf(await workload({ authority: middle })) })).told).toEqual(
        PERMITTED,
      );
    }
    const torn = [clientCert(await workload({ authority: middle })), ['client-cert-chain', ':aGVsbG8=:']] as [
      string,
      string,
    ][];
    expect((await ask(own, {}, { headers: torn })).told).toEqual([401, 'claim_invalid']);
    const alone = [clientCert(await workload({ authority: middle }))];
    expect((await ask(own, {}, { headers: alone })).told).toEqual([401, 'issuer_untrusted']);
  });

  it('is refused where only its hash is told', async () => {
    const own = await start(hop('xfcc'));
    const hash = Buffer.from(billing.thumbprint, 'base64url').toString('hex');
    const { told } = await ask(
      own,
      {},
      { headers: [['x-forwarded-client-cert', `Hash=${hash};URI=spiffe://shop.example/a`]] },
    );
    expect(told).toEqual([401, 'claim_missing']);
  });

  it('is nothing from anybody but the hop', async () => {
    const headers = [clientCert(billing)];
    expect((await ask(base, { ca: shopRoot.cert }, { headers })).told).toEqual([401, 'token_missing']);
  });
});
