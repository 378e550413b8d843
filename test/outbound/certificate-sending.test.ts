import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createGate, type Fetch } from 'countersign';
import { removeCertificateFiles, writeCertificateFiles } from '../support/certificate-files.js';
import { makeCertificate } from '../support/make-certificate.js';
import { runNode } from '../support/run-node.js';
import { startTlsServer, stopTlsServers } from '../support/start-tls-server.js';

// What is sent over connections of our own must be sent, and come back, as by Node's `fetch`.

const CALLEE = 'payments.internal';
const authority = await makeCertificate({ name: 'authority', isAuthority: true });
const [server, own] = await Promise.all([
  makeCertificate({ name: 'payments', names: [{ type: 'dns', value: CALLEE }], authority }),
  makeCertificate({ name: 'orders', authority }),
]);
const { paths } = writeCertificateFiles(own, authority.cert);
const certificate = { ...paths, callee: CALLEE };

interface Seen {
  readonly request: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

let seen: Seen[];
let answer: (req: IncomingMessage, res: ServerResponse, count: number) => void;
let base: string;
let send: Fetch;
let ended: Promise<unknown>;

const gate = createGate({
  service: 'order-service',
  audience: 'api://orders',
  trust: [{ issuer: 'https://idp.example' }],
  signing: { issuer: 'https://orders.internal' },
  accessLog: { destination: { write() {} } },
});

beforeAll(async () => {
  base = await startTlsServer(
    async (req, res) => {
      ended = once(res, 'close');
      let body = '';
      for await (const chunk of req) body += chunk;
      seen.push({ request: `${req.method} ${req.url}`, body, headers: req.headers });
      answer(req, res, seen.length);
    },
    { key: server.key, cert: server.cert },
  );
  send = gate.client({ audience: 'api://payments', origins: [base], certificate });
});
beforeEach(() => {
  seen = [];
  answer = (_req, res) => res.end('ok');
});
afterAll(async () => {
  await gate.close();
  await stopTlsServers();
  removeCertificateFiles();
});

const streamOf = (...parts: string[]) =>
  new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };

describe('a request with a certificate', () => {
  it.each<[string, unknown, string, string | undefined, string | undefined]>([
    ['text', 'zwölf', 'zwölf', '6', 'text/plain;charset=UTF-8'],
    ['bytes', new TextEncoder().encode('bytes'), 'bytes', '5', undefined],
    ['a buffer', new TextEncoder().encode('buffer').buffer, 'buffer', '6', undefined],
    ['a form', new URLSearchParams({ a: 'b c' }), 'a=b+c', '5', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['a blob', new Blob(['blob'], { type: 'text/x' }), 'blob', '4', 'text/x'],
    ['a stream', streamOf('one ', 'two'), 'one two', undefined, undefined],
    ['nothing', undefined, '', '0', undefined],
  ])('carries %s', async (_what, body, text, length, type) => {
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect((await send(`${base}/pay?x=1#y`, init)).status).toBe(200);
    expect(seen[0]).toMatchObject({ request: 'POST /pay?x=1', body: text });
    const { headers } = seen[0] as Seen;
    expect([headers['content-length'], headers['content-type']]).toEqual([length, type]);
  });

  it('carries files of a form, and what a Request holds', async () => {
    const form = new FormData();
    form.set('file', new Blob(['content']), 'name.txt');
    await send(base, { method: 'POST', body: form });
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(seen[0]?.headers['content-type'] ?? '')?.[1];
    expect(seen[0]?.body).toContain(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="name.txt"`,
    );
    expect(seen[0]?.body).toContain('\r\n\r\ncontent\r\n');
    await send(new Request(`${base}/r`, { method: 'PUT', body: 'own', headers: { 'x-own': '1' } }));
    expect(seen[1]).toMatchObject({ request: 'PUT /r', body: 'own', headers: { 'x-own': '1' } });
    await send(new Request(`${base}/q`), { method: 'DELETE' });
    expect(seen[2]).toMatchObject({ request: 'DELETE /q', body: '' });
  });

  it('is sent again with its body after invalid_token, where that can be had again', async () => {
    answer = (_req, res, count) => (count % 2 === 1 ? res.writeHead(401, challenge).end() : res.end('ok'));
    expect((await send(base, { method: 'POST', body: 'again' })).status).toBe(200);
    const [first, second] = seen as [Seen, Seen];
    expect([first.body, second.body, first.headers['content-length'], second.headers['content-length']]).toEqual([
      'again',
      'again',
      '5',
      '5',
    ]);
    expect(first.headers.authorization).not.toBe(second.headers.authorization);
    const once = { method: 'POST', body: streamOf('once'), duplex: 'half' } as RequestInit;
    expect((await send(base, once)).status).toBe(401);
    expect(seen).toHaveLength(3);
  });

  it.each<[string, (send: Fetch) => Promise<Response>]>([
    ['to another origin', (send) => send('https://evil.example/')],
    ['to the same host by http', (send) => send(base.replace('https:', 'http:'))],
    ['with an Authorization of its own', (send) => send(base, { headers: { authorization: 'Bearer x' } })],
    ['with a proof of its own', (send) => send(base, { headers: { dpop: 'x' } })],
  ])('is not sent %s', async (_what, call) => {
    await expect(call(send)).rejects.toMatchObject({ name: 'TypeError', message: /^countersign: / });
    expect(seen).toEqual([]);
  });

  it('can be called off before, while it waits, and while its answer comes', async () => {
    await expect(send(base, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([]);
    const waiting = new AbortController();
    answer = () => waiting.abort();
    await expect(send(base, { signal: waiting.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await ended;
    const coming = new AbortController();
    answer = (_req, res) => void res.write('one ');
    const response = await send(base, { signal: coming.signal });
    const text = response.text();
    coming.abort(new Error('enough'));
    await expect(text).rejects.toThrow('enough');
    await ended;
  });

  it('works as the fetch of axios', async () => {
    const { default: axios } = await import('axios');
    const http = axios.create({ adapter: 'fetch', env: { fetch: send as typeof fetch } });
    expect((await http.post(`${base}/axios`, { a: 1 })).data).toBe('ok');
    expect(seen[0]).toMatchObject({ request: 'POST /axios', body: '{"a":1}' });
  });
});

describe('its answer', () => {
  it('is a Response', async () => {
    answer = (_req, res) => {
      res.writeHead(201, 'Made', [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-one', '1'],
        ['content-type', 'application/json'],
      ] as never);
      res.end('{"a":1}');
    };
    const response = await send(`${base}/x?y=1`);
    expect(response instanceof Response).toBe(true);
    const { status, statusText, ok, url, redirected, bodyUsed } = response;
    expect({ status, statusText, ok, url, redirected, bodyUsed }).toEqual({
      status: 201,
      statusText: 'Made',
      ok: true,
      url: `${base}/x?y=1`,
      redirected: false,
      bodyUsed: false,
    });
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-one')).toBe('1');
    expect(await response.clone().text()).toBe('{"a":1}');
    expect(await response.json()).toEqual({ a: 1 });
  });

  it.each([
    [204, 'GET', null],
    [205, 'GET', null],
    [304, 'GET', null],
    [200, 'HEAD', null],
    [404, 'GET', 'gone'],
    [500, 'GET', 'gone'],
  ])('is taken as it is: %i', async (status, method, body) => {
    answer = (_req, res) => res.writeHead(status).end(body ?? undefined);
    const response = await send(base, { method });
    expect([response.status, await response.text()]).toEqual([status, body ?? '']);
  });

  it('is no redirect that is followed', async () => {
    answer = (_req, res) => res.writeHead(302, { location: `${base}/elsewhere` }).end();
    const response = await send(base, { redirect: 'follow' });
    expect([response.status, response.headers.get('location'), seen.length]).toEqual([302, `${base}/elsewhere`, 1]);
  });

  it('is unpacked', async () => {
    answer = (_req, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed'));
    expect(await (await send(base)).text()).toBe('packed');
  });

  it('comes as it is sent, and stops where nobody wants more', async () => {
    let more: () => void = () => {};
    answer = (_req, res) => {
      res.write('one');
      more = () => void res.write('two');
    };
    const reader = ((await send(base)).body as ReadableStream<Uint8Array>).getReader();
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString();
    expect(await next()).toBe('one');
    more();
    expect(await next()).toBe('two');
    await reader.cancel();
    await ended;
  });

  it('is a failure of fetch, where it breaks off', async () => {
    answer = (_req, res) => res.destroy();
    await expect(send(base)).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' });
  });
});

describe('a process', () => {
  const setUp = (client: object) => `
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { createRequire } from 'node:module';
    import { createGate } from 'countersign';
    const isLoaded = () => Object.keys(createRequire(process.cwd() + '/x.js').cache).some((path) => /[\\\\/]undici[\\\\/]/.test(path));
    setFlagsFromString('--expose-gc');
    const collect = async () => { for (let i = 0; i < 10; i++) { runInNewContext('gc')(); await new Promise((done) => setTimeout(done, 5)); } };
    const gate = createGate({ service: 's', audience: 'a', trust: [{ issuer: 'https://idp.example' }], signing: { issuer: 'https://o.example' } });
    const send = gate.client(${JSON.stringify(client)});`;
  const client = () => ({ audience: 'b', origins: [base], certificate });

  it('loads what sends with a certificate when the first request is sent, and ends with connections open', async () => {
    const script = `${setUp(client())}
      const before = isLoaded();
      const text = await (await send(${JSON.stringify(base)})).text();
      console.log(before, isLoaded(), text);`;
    expect(await runNode(script)).toMatchObject({ code: 0, stdout: 'false true ok\n' });
  });

  it('ends no answer that is read late, and hears a signal that is given late', async () => {
    answer = (req, res) => {
      if (req.url === '/late') res.write('some');
      if (req.url === '/whole') res.end('whole');
    };
    const script = `${setUp(client())}
      const response = await send(${JSON.stringify(`${base}/whole`)});
      await collect();
      const told = [await response.text()];
      for (const path of ['/never', '/late']) {
        const controller = new AbortController();
        const call = send(${JSON.stringify(base)} + path, { signal: controller.signal }).then((late) => late.text());
        const failure = call.catch((error) => error.name);
        await collect();
        controller.abort();
        told.push(await failure);
      }
      console.log(told.join());`;
    expect(await runNode(script)).toMatchObject({ code: 0, stdout: 'whole,AbortError,AbortError\n' });
  });
});
