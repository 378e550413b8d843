import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { dirname, join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ClientCertificateOptions,
  type ClientOptions,
  createGate,
  createKeyRing,
  type Fetch,
  type GateOptions,
} from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock } from 'countersign/testing';
import express from 'express';
import { computeCertificateThumbprint } from '../../lib/x509/compute-certificate-thumbprint.js';
import { captureLog } from '../support/capture-log.js';
import {
  type CertificateFiles,
  mountCertificateFiles,
  removeCertificateFiles,
  writeCertificateFiles,
} from '../support/certificate-files.js';
import { makeCertificate, type TestCertificate } from '../support/make-certificate.js';
import { optionRefused } from '../support/option-refused.js';
import { bearer, sendRequest, type Via } from '../support/send-request.js';
import { startTlsServer, stopTlsServers } from '../support/start-tls-server.js';

const ORDERS = 'spiffe://shop.example/ns/shop/sa/orders';
const PAYMENTS = 'spiffe://shop.example/ns/pay/sa/payments';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const clock = createTestClock();
const keyRing = createKeyRing();
const [authority, stranger] = await Promise.all([
  makeCertificate({ name: 'authority', isAuthority: true }),
  makeCertificate({ name: 'authority', isAuthority: true }),
]);
const makeOwn = (more: object = {}) =>
  makeCertificate({ name: 'orders', names: [{ type: 'url', value: ORDERS }], authority, ...more });
const makeServer = (...values: string[]) => {
  const names = values.map((value) => ({ type: value.includes('://') ? ('url' as const) : ('dns' as const), value }));
  return makeCertificate({ name: 'payments', names, authority, purposes: [SERVER_AUTH] });
};
const [own, next, payments] = await Promise.all([makeOwn(), makeOwn(), makeServer(PAYMENTS)]);

let seen: { readonly token: string; readonly shown: string | undefined; readonly socket: TLSSocket }[];
let log: ReturnType<typeof captureLog>;
let ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
  seen = [];
  log = captureLog();
});
afterAll(async () => {
  await Promise.all(ends.map((end) => end()));
  await stopTlsServers();
  removeCertificateFiles();
});

/** A callee that takes no token without what it is bound to. */
async function startCallee(
  server: TestCertificate = payments,
  { tls, ...more }: { readonly tls?: ServerOptions } & Partial<GateOptions> = {},
): Promise<string> {
  const app = express();
  app.use((req, _res, next) => {
    const socket = req.socket as TLSSocket;
    const certificate = socket.getPeerX509Certificate();
    seen.push({
      token: req.headers.authorization?.replace(/^\w+ /, '') ?? '',
      shown: certificate && computeCertificateThumbprint(certificate),
      socket,
    });
    next();
  });
  const base = await startTlsServer(app, { key: server.key, cert: server.cert, ca: authority.cert, ...tls });
  const gate = countersign({
    service: 'payment-service',
    audience: 'api://payments',
    trust: [
      {
        service: 'order-service',
        issuer: 'https://orders.internal',
        grants: ['payments:read'],
        keys: { jwks: keyRing.jwks() as never },
      },
    ],
    publicOrigin: base,
    certificates: { from: 'connection' },
    proof: 'required',
    accessLog: { destination: log.destination },
    now: clock.now,
    ...more,
  });
  app.get('/payments/:id', gate.requirePermission('payments:read'), (_req, res) => void res.end('paid'));
  app.get('/slowly', gate.requirePermission('payments:read'), (_req, res) => {
    res.write('one ');
    finishSlowly = () => res.end('two');
  });
  return base;
}

let finishSlowly: () => void;

function makeGate() {
  const gate = createGate({
    service: 'order-service',
    audience: 'api://orders',
    trust: [{ issuer: 'https://idp.example' }],
    signing: { issuer: 'https://orders.internal', keyRing },
    accessLog: { destination: { write() {} } },
    now: clock.now,
  });
  ends.push(gate.close);
  const events: unknown[] = [];
  gate.on('certificate_rotated', ({ audience, thumbprint }) => events.push([audience, thumbprint]));
  gate.on('certificate_not_read', ({ audience, error }) => events.push([audience, (error as Error).message]));
  return { gate, events };
}

interface Client {
  readonly send: Fetch;
  readonly events: readonly unknown[];
  readonly files: CertificateFiles;
  readonly close: () => Promise<void>;
}

function makeClient(
  base: string,
  {
    certificate = own,
    authorities = authority.cert,
    callee = PAYMENTS,
    ...more
  }: {
    readonly certificate?: TestCertificate;
    readonly authorities?: string;
    readonly callee?: ClientCertificateOptions['callee'];
  } & Omit<Partial<ClientOptions>, 'certificate'> = {},
): Client {
  const files = writeCertificateFiles(certificate, authorities);
  const { gate, events } = makeGate();
  const send = gate.client({
    audience: 'api://payments',
    origins: [base],
    certificate: { ...files.paths, callee },
    ...more,
  });
  return { send, events, files, close: gate.close };
}

const cnfOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).cnf;
const ask = async (send: Fetch, base: string) => (await send(`${base}/payments/7`)).text();

/** Why nothing was sent. */
async function tellFailure(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    const { message, code } = (error as { cause: NodeJS.ErrnoException }).cause;
    return code ?? message;
  }
}

describe('a client with a certificate', () => {
  it('shows it, and has tokens that are bound to it', async () => {
    const base = await startCallee();
    const { send } = makeClient(base);
    expect(await ask(send, base)).toBe('paid');
    expect((await log.next()).verdicts).toEqual({ authentic: true, bound: true, intended: true });
    expect(await ask(send, base)).toBe('paid');
    expect(seen.map(({ shown }) => shown)).toEqual([own.thumbprint, own.thumbprint]);
    expect(cnfOf(seen[0]?.token as string)).toEqual({ 'x5t#S256': own.thumbprint });
    expect(seen[1]?.token).toBe(seen[0]?.token);
  });

  it('has tokens that are worthless to a thief, without a certificate and with another', async () => {
    const base = await startCallee();
    await ask(makeClient(base).send, base);
    await log.next();
    const theft = async (via: Via) => {
      const token = seen[0]?.token as string;
      const { status } = await sendRequest(base, '/payments/7', { via, headers: [bearer(token)] });
      return [status, (await log.next()).reason];
    };
    const unchecked = { ca: authority.cert, checkServerIdentity: () => undefined };
    expect(await theft(unchecked)).toEqual([401, 'binding_missing']);
    expect(await theft({ ...unchecked, key: next.key, cert: next.cert })).toEqual([401, 'binding_mismatch']);
  });

  it('binds them to its key, too, where it brings proofs', async () => {
    const base = await startCallee(payments, { dpop: { nonce: true } });
    const { send, files, events } = makeClient(base, { proof: 'dpop' });
    expect(await ask(send, base)).toBe('paid');
    expect(cnfOf(seen[1]?.token as string)).toEqual({ 'x5t#S256': own.thumbprint, jkt: expect.any(String) });
    files.write(next);
    clock.advance(1);
    // The nonce outlives the certificate: nothing is refused that could be sent once only.
    expect(await ask(send, base)).toBe('paid');
    expect(events).toEqual([['api://payments', next.thumbprint]]);
    expect(seen.map(({ shown }) => shown)).toEqual([own.thumbprint, own.thumbprint, next.thumbprint]);
    const [, before, after] = seen.map(({ token }) => cnfOf(token));
    expect(after).toEqual({ 'x5t#S256': next.thumbprint, jkt: before.jkt });
  });

  it('shows the certificates between its own and the authority that the callee trusts', async () => {
    const between = await makeCertificate({ name: 'between', isAuthority: true, authority });
    const leaf = await makeOwn({ authority: between });
    const certificate = { ...leaf, cert: leaf.cert + between.cert };
    const strict = await startCallee(payments, { tls: { rejectUnauthorized: true } });
    expect(await ask(makeClient(strict, { certificate }).send, strict)).toBe('paid');
    expect(await tellFailure(ask(makeClient(strict, { certificate: leaf }).send, strict))).toMatch(/SSL|RESET|SOCKET/);
  });
});

describe('the callee', () => {
  it.each<[string, readonly string[], string | readonly string[]]>([
    ['its SPIFFE ID', [PAYMENTS], PAYMENTS],
    ['its SPIFFE ID, with DNS names beside it', [PAYMENTS, 'payments.internal'], PAYMENTS],
    ['one of several', [PAYMENTS], [`${PAYMENTS}-old`, PAYMENTS]],
    ['its DNS name', ['payments.internal'], 'payments.internal'],
    ['its DNS name, in other letters', ['Payments.Internal'], 'PAYMENTS.internal'],
    ['one of its DNS names', ['a.internal', 'payments.internal'], 'payments.internal'],
    ['a DNS name of a workload', [PAYMENTS, 'payments.internal'], 'payments.internal'],
    ['a URI', ['https://payments.example/'], 'https://payments.example/'],
    ['one of its URIs', ['https://a.example/', 'https://payments.example/'], 'https://payments.example/'],
    ['the last of several kinds', ['payments.internal'], [PAYMENTS, 'urn:pay', 'payments.internal']],
  ])('is known by %s', async (_what, names, callee) => {
    const base = await startCallee(await makeServer(...names));
    expect(await ask(makeClient(base, { callee }).send, base)).toBe('paid');
  });

  const NOT = (callee: string) => `countersign: the callee's certificate is not of ${callee}`;
  it.each<[string, readonly string[], string]>([
    ['another workload', [`${PAYMENTS}-old`], PAYMENTS],
    ['a workload below', [`${PAYMENTS}/x`], PAYMENTS],
    ['a workload whose ID is in other letters', [PAYMENTS.toUpperCase().replace('SPIFFE', 'spiffe')], PAYMENTS],
    ['the domain itself', ['spiffe://shop.example'], PAYMENTS],
    ['a workload with two IDs', [PAYMENTS, `${PAYMENTS}-old`], PAYMENTS],
    ['a workload with another URI', [PAYMENTS, 'https://payments.example/'], PAYMENTS],
    ['one whose DNS name holds the ID', [`x, URI:${PAYMENTS}`], PAYMENTS],
    ['one of another DNS name', ['payments.internal.evil.example'], 'payments.internal'],
    ['one with a wildcard', ['*.internal'], 'payments.internal'],
    ['one whose URI is the DNS name', ['https://payments.internal'], 'payments.internal'],
    ['one of another URI', ['https://payments.example/x'], 'https://payments.example/'],
    ['one with no name', [], PAYMENTS],
  ])('is nobody who could be %s', async (_what, names, callee) => {
    const server = await makeServer(...names).catch(() => undefined);
    const base = await startCallee(server ?? payments);
    expect(await tellFailure(ask(makeClient(base, { callee }).send, base))).toBe(NOT(callee));
    expect(seen).toEqual([]);
  });

  it('is not whom another authority vouches for, nor one whom only the host’s name fits', async () => {
    const names = [{ type: 'url', value: PAYMENTS } as const, { type: 'ip', value: '127.0.0.1' } as const];
    const impostor = await makeCertificate({ name: 'payments', names, authority: stranger });
    const base = await startCallee(impostor);
    expect(await tellFailure(ask(makeClient(base).send, base))).toMatch(/^UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_/);
    const selfSigned = await startCallee(await makeCertificate({ names }));
    expect(await tellFailure(ask(makeClient(selfSigned).send, selfSigned))).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    const [ip] = [names[1] as (typeof names)[1]];
    const onlyHost = await startCallee(await makeCertificate({ names: [ip], authority }));
    expect(await tellFailure(ask(makeClient(onlyHost).send, onlyHost))).toBe(NOT(PAYMENTS));
    expect(seen).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['has expired', { notAfter: Date.now() / 1000 - 10 }, /CERT_HAS_EXPIRED/],
    ['is for clients', { purposes: [CLIENT_AUTH] }, /INVALID_PURPOSE/],
    ['is of an authority', { isAuthority: true }, /not of/],
  ])('shows no certificate that %s', async (_what, facts, problem) => {
    const names = [{ type: 'url', value: PAYMENTS } as const];
    const base = await startCallee(await makeCertificate({ names, authority, ...facts }));
    expect(await tellFailure(ask(makeClient(base).send, base))).toMatch(problem);
    expect(seen).toEqual([]);
  });

  it('may be vouched for by an authority of the file that another one signed', async () => {
    const between = await makeCertificate({ name: 'between', isAuthority: true, authority });
    const names = [{ type: 'url', value: PAYMENTS } as const];
    const server = await makeCertificate({ names, authority: between });
    const base = await startCallee(server);
    expect(await ask(makeClient(base, { authorities: between.cert }).send, base)).toBe('paid');
    expect(await ask(makeClient(base, { authorities: stranger.cert + between.cert }).send, base)).toBe('paid');
    expect(await tellFailure(ask(makeClient(base, { authorities: stranger.cert }).send, base))).toMatch(/UNABLE/);
  });

  it('speaks TLS 1.2 or later', async () => {
    const old: ServerOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' };
    const base = await startCallee(payments, { tls: old });
    expect(await tellFailure(ask(makeClient(base).send, base))).toMatch(/SSL|RESET|SOCKET/);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is looked at on each connection of %s', async (maxVersion) => {
    const base = await startCallee(payments, { tls: { maxVersion, keepAliveTimeout: 1 } });
    const { send } = makeClient(base);
    for (let round = 0; round < 3; round++) {
      expect(await ask(send, base)).toBe('paid');
      const { socket } = seen[round] as (typeof seen)[0];
      expect(socket.isSessionReused()).toBe(false);
      const isOver = once(socket, 'close');
      socket.end();
      await isOver;
    }
    const wrong = makeClient(base, { callee: ORDERS }).send;
    for (let round = 0; round < 3; round++) expect(await tellFailure(ask(wrong, base))).toBe(NOT(ORDERS));
    expect(seen).toHaveLength(3);
  });
});

describe('files that change', () => {
  it('are used from the next second on, under traffic: no call fails, and no token meets another certificate', async () => {
    const base = await startCallee();
    const { send, events, files } = makeClient(base);
    let isOver = false;
    const results: string[] = [];
    const workers = Array.from({ length: 8 }, async () => {
      while (!isOver) results.push(await ask(send, base));
    });
    const waitForMore = async () => {
      const enough = results.length + 20;
      while (results.length < enough) await new Promise((resolve) => setImmediate(resolve));
    };
    const rotations = await Promise.all([next, makeOwn(), makeOwn()]);
    await waitForMore();
    for (const certificate of rotations) {
      for (const part of [{ key: certificate.key }, { cert: certificate.cert }]) {
        files.write(part);
        clock.advance(1);
        await waitForMore();
      }
    }
    isOver = true;
    await Promise.all(workers);
    expect(new Set(results)).toEqual(new Set(['paid']));
    expect([...new Set(seen.map(({ shown }) => shown))]).toEqual([own, ...rotations].map((one) => one.thumbprint));
    expect(new Set(seen.map(({ token }) => token)).size).toBe(4);
    for (const { token, shown } of seen) expect(cnfOf(token)).toEqual({ 'x5t#S256': shown });
    expect(new Set(seen.map(({ socket }) => socket)).size).toBeLessThan(seen.length / 2);
    const halfWritten = [
      'api://payments',
      'countersign: client.certificate.keyFile is not of the key of the first certificate in client.certificate.certificateFile',
    ];
    expect(events).toEqual(rotations.flatMap(({ thumbprint }) => [halfWritten, ['api://payments', thumbprint]]));
    const ofOld = new Set(seen.filter(({ shown }) => shown !== rotations[2]?.thumbprint).map(({ socket }) => socket));
    for (const socket of ofOld) if (!socket.destroyed) await once(socket, 'close');
  });

  it('are found where Kubernetes mounts them, behind a link that is switched', async () => {
    const base = await startCallee();
    const { paths, show } = mountCertificateFiles(own, authority.cert);
    const { gate, events } = makeGate();
    const certificate = { ...paths, callee: PAYMENTS };
    const send = gate.client({ audience: 'api://payments', origins: [base], certificate });
    await ask(send, base);
    show(next);
    clock.advance(1);
    await ask(send, base);
    expect(seen.map(({ shown }) => shown)).toEqual([own.thumbprint, next.thumbprint]);
    expect(events).toEqual([['api://payments', next.thumbprint]]);
  });

  it('are looked at once a second, and read where they changed', async () => {
    const base = await startCallee();
    const { send, events, files } = makeClient(base);
    await ask(send, base);
    files.write(next);
    clock.advance(0.9);
    await ask(send, base);
    expect(seen.map(({ shown }) => shown)).toEqual([own.thumbprint, own.thumbprint]);
    clock.advance(0.1);
    await ask(send, base);
    expect(seen.at(-1)?.shown).toBe(next.thumbprint);
    const later = new Date(Date.now() + 5000);
    for (const path of Object.values(files.paths)) utimesSync(path, later, later); // the same, written again
    clock.advance(1);
    await ask(send, base);
    expect(seen.at(-1)?.token).toBe(seen.at(-2)?.token);
    expect(events).toHaveLength(1);
  });

  it.each<[string, (files: CertificateFiles) => void, RegExp]>([
    [
      'one is cut short',
      (files) => files.write({ cert: next.cert.slice(0, 300) }),
      /certificateFile holds a certificate/,
    ],
    ['one is empty', (files) => files.write({ key: '' }), /keyFile is no private key in PEM/],
    ['one is gone', ({ paths }) => rmSync(paths.certificateFile), /certificateFile can't be read \(ENOENT\)/],
    [
      'one is a folder',
      ({ paths }) => {
        rmSync(paths.keyFile);
        mkdirSync(paths.keyFile);
      },
      /keyFile is not a plain file/,
    ],
    ['the authorities are gone', ({ paths }) => rmSync(paths.authoritiesFile), /authoritiesFile can't be read/],
    ['anybody may write one', ({ paths }) => chmodSync(paths.authoritiesFile, 0o666), /can be written by everybody/],
    ['one grew beyond reason', ({ paths }) => appendFileSync(paths.keyFile, ' '.repeat(2 ** 20)), /keyFile is larger/],
  ])('leave the old ones in use while %s, which is told once', async (_what, spoil, problem) => {
    const base = await startCallee();
    const { send, events, files } = makeClient(base);
    await ask(send, base);
    spoil(files);
    for (let second = 0; second < 3; second++) {
      clock.advance(1);
      expect(await ask(send, base)).toBe('paid');
    }
    expect(events).toEqual([['api://payments', expect.stringMatching(problem)]]);
    for (const secret of [next, own]) {
      expect(JSON.stringify(events)).not.toContain(secret.key.split('\n')[1]);
      expect(JSON.stringify(events)).not.toContain(secret.cert.split('\n')[1]);
    }
    rmSync(files.paths.keyFile, { recursive: true });
    files.write({ ...next, authorities: authority.cert });
    clock.advance(1);
    await ask(send, base);
    expect([events.length, seen.at(-1)?.shown]).toEqual([2, next.thumbprint]);
  });

  it('wait for a certificate that is not valid yet', async () => {
    const base = await startCallee();
    const early = await makeOwn({ notBefore: clock.now() + 10 });
    const { send, events, files } = makeClient(base);
    files.write(early);
    clock.advance(5);
    await ask(send, base);
    clock.advance(6);
    await ask(send, base);
    expect(seen.map(({ shown }) => shown)).toEqual([own.thumbprint, early.thumbprint]);
    expect(events).toEqual([
      ['api://payments', expect.stringContaining('is not valid before')],
      ['api://payments', early.thumbprint],
    ]);
  });

  it('bring other authorities: a connection that only the old ones vouch for is not used again', async () => {
    const base = await startCallee();
    const { send, files } = makeClient(base);
    await ask(send, base);
    files.write({ authorities: stranger.cert });
    clock.advance(1);
    expect(await tellFailure(ask(send, base))).toMatch(/UNABLE|CERT_/);
    expect(seen).toHaveLength(1);
  });

  it('end no answer that is still on its way', async () => {
    const base = await startCallee();
    const { send, files } = makeClient(base);
    const answer = await send(`${base}/slowly`);
    files.write(next);
    clock.advance(1);
    expect(await ask(send, base)).toBe('paid');
    expect(seen[0]?.socket.destroyed).toBe(false);
    const isOver = once((seen[0] as (typeof seen)[0]).socket, 'close');
    finishSlowly();
    expect(await answer.text()).toBe('one two');
    await isOver;
  });

  it('end no call that is still waiting for its token', async () => {
    const base = await startCallee();
    const { send, files } = makeClient(base);
    const early = ask(send, base); // mints while the pair is replaced
    files.write(next);
    clock.advance(1);
    expect(await Promise.all([early, ask(send, base)])).toEqual(['paid', 'paid']);
    expect(seen.map(({ shown }) => shown).sort()).toEqual([own.thumbprint, next.thumbprint].sort());
  });
});

describe('a certificate that has expired', () => {
  it('is not shown, and nothing is sent, until another one is there', async () => {
    const base = await startCallee();
    const notAfter = clock.now() + 100;
    const { send, files } = makeClient(base, { certificate: await makeOwn({ notAfter }) });
    clock.advance(100);
    expect(await ask(send, base)).toBe('paid');
    clock.advance(0.5);
    const failure = await send(`${base}/payments/7`).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TypeError);
    expect(String(failure)).toBe(
      `TypeError: countersign: the certificate of ${files.paths.certificateFile} expired at ${new Date(notAfter * 1000).toISOString()}, and no other one is there: nothing is sent`,
    );
    expect(seen).toHaveLength(1);
    files.write(next);
    clock.advance(1);
    expect(await ask(send, base)).toBe('paid');
  });

  it('takes the place of none that holds', async () => {
    const base = await startCallee();
    const { send, files, events } = makeClient(base);
    files.write(await makeOwn({ notAfter: clock.now() - 1 }));
    clock.advance(1);
    await ask(send, base);
    expect(seen[0]?.shown).toBe(own.thumbprint);
    expect(events).toEqual([['api://payments', expect.stringContaining('certificateFile expired at')]]);
  });
});

describe('gate.close()', () => {
  it('lets what runs end, closes the connections, and keeps the client from opening others', async () => {
    const base = await startCallee();
    const { send, close } = makeClient(base);
    const answer = await send(`${base}/slowly`);
    await ask(send, base);
    let isClosed = false;
    const closing = close().then(() => {
      isClosed = true;
    });
    await expect(send(`${base}/payments/7`)).rejects.toThrow('the gate is closed');
    expect(isClosed).toBe(false);
    const over = seen.map(({ socket }) => once(socket, 'close'));
    finishSlowly();
    expect(await answer.text()).toBe('one two');
    await closing;
    await Promise.all(over);
    await close();
  });

  it('does not wait for a callee that never comes to an end', async () => {
    const base = await startCallee();
    const { send, close } = makeClient(base);
    const answer = await send(`${base}/slowly`);
    const text = answer.text().catch((error: unknown) => error);
    await close();
    expect(await text).toBeInstanceOf(Error);
  }, 15_000);

  it('stops a call that has not been sent yet', async () => {
    const base = await startCallee();
    const { send, close } = makeClient(base);
    const call = send(`${base}/payments/7`);
    await close();
    await expect(call).rejects.toThrow('closed before the request was sent');
    expect(seen).toEqual([]);
  });
});

describe('its options', () => {
  const base = 'https://payments.internal';
  const tryOptions = (change: object = {}, more: object = {}) => {
    const { paths } = writeCertificateFiles(own, authority.cert);
    const certificate = { ...paths, callee: PAYMENTS, ...change };
    return makeGate().gate.client({ audience: 'a', origins: [base], certificate, ...more } as ClientOptions);
  };

  it.each<[string, object, string]>([
    ['no callee', { callee: undefined }, 'client.certificate.callee'],
    ['an empty list of callees', { callee: [] }, 'client.certificate.callee'],
    ['a callee that is a trust domain', { callee: 'spiffe://shop.example' }, 'client.certificate.callee'],
    ['a callee that is no SPIFFE ID', { callee: 'spiffe://Shop.example/a' }, 'client.certificate.callee'],
    ['a callee whose scheme is in other letters', { callee: 'SPIFFE://shop.example/a' }, 'client.certificate.callee'],
    ['a callee that is an address', { callee: '127.0.0.1' }, 'client.certificate.callee'],
    ['a callee that is a pattern', { callee: '*.internal' }, 'client.certificate.callee'],
    ['a callee that is no name', { callee: 'payments internal' }, 'client.certificate.callee'],
    ['one of several callees that is no name', { callee: [PAYMENTS, 'a b'] }, 'client.certificate.callee'],
    ['no key', { keyFile: undefined }, 'client.certificate.keyFile'],
    ['an empty name of a file', { certificateFile: '' }, 'client.certificate.certificateFile'],
    ['a list of authorities', { authoritiesFile: ['a'] }, 'client.certificate.authoritiesFile'],
    ['an option that is none', { ca: 'a' }, 'client.certificate.ca'],
    ['a file that is not there', { keyFile: '/nowhere/key.pem' }, 'client.certificate.keyFile'],
    ['a folder', { certificateFile: '/' }, 'client.certificate.certificateFile'],
    ['a device', { authoritiesFile: '/dev/null' }, 'client.certificate.authoritiesFile'],
  ])('refuse %s', (_what, change, option) => {
    expect(optionRefused(() => tryOptions(change))).toBe(option);
  });

  it.each<[string, object, string]>([
    ['another fetch', { fetch }, 'client.fetch'],
    ['http on loopback', { origins: ['http://127.0.0.1:80'] }, 'client.origins[0]'],
    ['http among others', { origins: [base, 'http://localhost'] }, 'client.origins[1]'],
    ['http by request', { dangerouslyAllowHttp: true }, 'client.dangerouslyAllowHttp'],
    ['no certificate, as of an unset variable', { certificate: undefined }, 'client.certificate'],
    ['a file in place of an object', { certificate: '/run/cert.pem' }, 'client.certificate'],
  ])('refuse %s beside a certificate', (_what, more, option) => {
    expect(optionRefused(() => tryOptions({}, more))).toBe(option);
  });

  type Texts = { key?: string; cert?: string; authorities?: string };
  const cut = (text: string) => text.slice(0, text.length / 2);
  it.each<[string, Texts | (() => Promise<Texts>), string, RegExp]>([
    ['a key of another certificate', { key: next.key }, 'keyFile', /is not of the key/],
    ['a key that is a certificate', { key: own.cert }, 'keyFile', /no private key in PEM/],
    ['a key that was cut short', { key: cut(own.key) }, 'keyFile', /cut short/],
    ['a key that is encrypted', { key: own.key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE') }, 'keyFile', /encrypted/],
    ['a certificate in DER', { cert: own.certificate.raw.toString('latin1') }, 'certificateFile', /no certificate/],
    ['a certificate that was cut short', { cert: own.cert + cut(next.cert) }, 'certificateFile', /cut short/],
    ['a chain in another order', { cert: authority.cert + own.cert }, 'certificateFile', /of an authority/],
    ['no certificate', { cert: '' }, 'certificateFile', /no certificate/],
    ['no authority', { authorities: '' }, 'authoritiesFile', /no certificate of an authority/],
    ['no authority among certificates', { authorities: own.cert }, 'authoritiesFile', /of an authority/],
    ['an authority that was cut short', { authorities: cut(authority.cert) }, 'authoritiesFile', /cut short/],
    ['an expired certificate', () => makeOwn({ notAfter: clock.now() - 1 }), 'certificateFile', /expired at 20/],
    ['one of tomorrow', () => makeOwn({ notBefore: clock.now() + 9 }), 'certificateFile', /not valid before 20/],
    ['one for servers', () => makeOwn({ purposes: [SERVER_AUTH] }), 'certificateFile', /not for the clients/],
    ['one of an authority', () => makeOwn({ isAuthority: true }), 'certificateFile', /of an authority/],
  ])('refuse %s', async (_what, texts, name, problem) => {
    const {
      key = own.key,
      cert = own.cert,
      authorities = authority.cert,
    } = typeof texts === 'function' ? await texts() : texts;
    const { paths } = writeCertificateFiles({ ...own, key, cert }, authorities);
    const refused = () => tryOptions(paths);
    expect(optionRefused(refused)).toBe(`client.certificate.${name}`);
    expect(refused).toThrow(problem);
    for (const text of [key, cert, authorities]) {
      const line = text.split('\n')[1]?.slice(0, 20);
      if (line) expect(refused).not.toThrow(line);
    }
  });

  it('take files that others may read, and none that they may write', () => {
    const { paths } = writeCertificateFiles(own, authority.cert);
    for (const path of Object.values(paths)) chmodSync(path, 0o644);
    expect(optionRefused(() => tryOptions(paths))).toBe('accepted');
    chmodSync(paths.keyFile, 0o646);
    expect(optionRefused(() => tryOptions(paths))).toBe('client.certificate.keyFile');
  });

  it('take a key and its certificate in one file, with other text around them', () => {
    const { paths } = writeCertificateFiles(own, authority.cert);
    const keyFile = join(dirname(paths.keyFile), 'both.pem');
    writeFileSync(keyFile, `our pair\n${own.key}\n${own.cert}`, { mode: 0o600 });
    expect(optionRefused(() => tryOptions({ ...paths, keyFile, certificateFile: keyFile }))).toBe('accepted');
  });
});
