import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createGate, type Fetch } from 'countersign';
import { createTestClock } from 'countersign/testing';
import { runNode } from '../support/run-node.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

interface Seen {
  readonly token: string;
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

let seen: Seen[];
let answer: (req: IncomingMessage, res: ServerResponse, count: number) => void;
let base: string;
const clock = createTestClock();
const challenge = 'Bearer error="invalid_token", error_description="x"';

beforeEach(async () => {
  seen = [];
  answer = (_req, res) => res.end('ok');
  base = await startServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    seen.push({
      token: req.headers.authorization?.replace('Bearer ', '') ?? '',
      method: req.method ?? '',
      url: req.url ?? '',
      body,
    });
    answer(req, res, seen.length);
  });
});

function makeGate() {
  return createGate({
    service: 'order-service',
    audience: 'api://orders',
    trust: [{ issuer: 'https://idp.example' }],
    signing: { issuer: 'https://orders.internal' },
    accessLog: { destination: { write() {} } },
    now: clock.now,
  });
}

function makeClient(more = {}): Fetch {
  return makeGate().client({ audience: 'api://payments', origins: [base], ...more });
}

const claims = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as Record<string, unknown>;

describe('a client', () => {
  it('attaches a token for its audience, narrowed to its permissions', async () => {
    const response = await makeClient({ permissions: ['payments:read'], lifetimeSeconds: 60 })(
      `${base}/payments/7?x=1`,
    );
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
    expect(seen[0]?.url).toBe('/payments/7?x=1');
    expect(claims(seen[0]?.token as string)).toMatchObject({
      aud: 'api://payments',
      sub: 'order-service',
      scope: 'payments:read',
      exp: clock.now() + 60,
    });
  });

  it('takes text, a URL and a Request, and sends them as fetch would', async () => {
    const client = makeClient();
    await client(`${base}/a`, { method: 'POST', body: 'text' });
    await client(new URL(`${base}/b`));
    await client(new Request(`${base}/c`, { method: 'PUT', body: 'request', headers: { 'x-own': '1' } }));
    await client(new Request(`${base}/d`), { method: 'DELETE' });
    await client(`${base}/e`, new Request(`${base}/other`, { method: 'DELETE' }) as RequestInit);
    await client(`${base}/f`, { method: 'POST', body: 5 as never });
    expect(seen.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      'POST /a text',
      'GET /b ',
      'PUT /c request',
      'DELETE /d ',
      'DELETE /e ',
      'POST /f 5',
    ]);
    expect(seen.every(({ token }) => token.length > 100)).toBe(true);
  });

  it.each([
    ['a plain object', () => ({})],
    ['an object without a prototype', () => Object.create(null)],
  ])('reads each member of %s once, for every try', async (_what, open) => {
    answer = (_req, res, count) =>
      count === 1 ? res.writeHead(401, { 'www-authenticate': challenge }).end() : res.writeHead(302).end();
    const reads: string[] = [];
    const init = open() as RequestInit;
    const first: RequestInit = { method: 'POST', body: 'first', headers: { 'x-own': '1' }, redirect: 'follow' };
    const later: RequestInit = { method: 'PUT', body: 'later', headers: { authorization: 'Basic x' } };
    for (const name of Object.keys(first) as (keyof RequestInit)[]) {
      const get = () => {
        reads.push(name);
        return reads.indexOf(name) === reads.length - 1 ? first[name] : later[name];
      };
      Object.defineProperty(init, name, { get, enumerable: name !== 'method' });
    }
    expect((await makeClient()(`${base}/once`, init)).status).toBe(302);
    expect(reads.sort()).toEqual(['body', 'headers', 'method', 'redirect']);
    expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(['POST first', 'POST first']);
  });

  it('believes no init of another kind a second time', async () => {
    class Init {
      looks = 0;
      get redirect() {
        return this.looks++ === 0 ? 'manual' : 'follow';
      }
      get method() {
        return 'DELETE';
      }
    }
    answer = (_req, res) => res.writeHead(302, { location: '/elsewhere' }).end();
    expect((await makeClient()(base, new Init() as unknown as RequestInit)).status).toBe(302);
    await makeClient()(base, null as never);
    expect(seen.map(({ method }) => method)).toEqual(['DELETE', 'GET']);
    for (const init of ['text', 5, { __proto__: { method: 'DELETE' }, redirect: 'follow' }]) {
      await makeClient()(base, init as never).catch(() => {});
    }
    expect(seen.filter(({ url }) => url === '/elsewhere')).toEqual([]);
  });

  it.each<[string, () => string | URL | Request]>([
    ['another host', () => 'https://evil.example/'],
    ['another port', () => base.replace(/:\d+$/, ':1')],
    ['another scheme', () => base.replace('http:', 'https:')],
    ['another name of the same host', () => base.replace('127.0.0.1', 'localhost')],
    ['a name that begins the same', () => base.replace('127.0.0.1', '127.0.0.1.evil.example')],
    ['another host behind a user', () => `${base.replace('http://', 'http://127.0.0.1@evil.example:80/?')}`],
    ['another host, as a URL', () => new URL('https://evil.example/')],
    ['another host, as a Request', () => new Request('https://evil.example/')],
    [
      'an object that looks right at first',
      () => {
        let looks = 0;
        return { toString: () => (looks++ === 0 ? 'https://evil.example/' : base) } as unknown as string;
      },
    ],
    ['a blob that says it is of the origin', () => `blob:${base}/0f8fad5b`],
    ['nothing', () => undefined as never],
    ['null', () => null as never],
    ['a path alone', () => '/payments/7'],
  ])('sends nothing to %s', async (_what, input) => {
    await expect(makeClient()(input())).rejects.toThrow(TypeErrorLike);
    expect(seen).toEqual([]);
  });

  it('names its origins in the error', async () => {
    await expect(makeClient()('https://evil.example/x')).rejects.toThrow(
      `https://evil.example is none of this client's origins (${base})`,
    );
  });

  it.each<[string, (client: Fetch) => Promise<Response>]>([
    ['in its options', (client) => client(base, { headers: { Authorization: 'Basic x' } })],
    ['in Headers', (client) => client(base, { headers: new Headers({ authorization: 'Bearer y' }) })],
    ['in a Request', (client) => client(new Request(base, { headers: { AUTHORIZATION: 'z' } }))],
  ])('refuses a request with an Authorization of its own, %s', async (_where, call) => {
    await expect(call(makeClient())).rejects.toThrow(/has an Authorization already/);
    expect(seen).toEqual([]);
  });

  it('follows no redirect, whatever it is told', async () => {
    answer = (_req, res) => res.writeHead(302, { location: `${base}/elsewhere` }).end();
    const response = await makeClient()(base, { redirect: 'follow' });
    expect([response.status, response.headers.get('location'), seen.length]).toEqual([302, `${base}/elsewhere`, 1]);
  });

  it('reuses a token until about 80 % of its life', async () => {
    const client = makeClient();
    await client(base);
    clock.advance(220);
    await client(base);
    clock.advance(21); // 241 of 300 seconds
    await client(base);
    expect(new Set(seen.map(({ token }) => token)).size).toBe(2);
    expect(seen[0]?.token).toBe(seen[1]?.token);
  });

  it('gives each service a moment of its own for a new token', async () => {
    const moments = new Set<number>();
    for (let round = 0; round < 12; round++) {
      const gate = makeGate();
      const client = gate.client({ audience: 'api://payments', origins: [base], lifetimeSeconds: 900 });
      let minted = 0;
      gate.on('token_minted', () => minted++);
      await client(base);
      let waited = 0;
      clock.advance(660);
      waited = 660;
      while (minted === 1) {
        clock.advance(3);
        waited += 3;
        await client(base);
      }
      moments.add(waited);
      expect(waited).toBeGreaterThan(900 * 0.74);
      expect(waited).toBeLessThanOrEqual(900 * 0.8 + 3);
    }
    expect(moments.size).toBeGreaterThan(2);
  }, 60_000);

  it('mints once for callers at once', async () => {
    const gate = makeGate();
    const client = gate.client({ audience: 'api://payments', origins: [base] });
    let minted = 0;
    gate.on('token_minted', () => minted++);
    await Promise.all(Array.from({ length: 50 }, () => client(base)));
    expect([minted, new Set(seen.map(({ token }) => token)).size, seen.length]).toEqual([1, 1, 50]);
  });

  it('drops a token that is refused, and tries once more with a new one', async () => {
    answer = (_req, res, count) =>
      count === 1 ? res.writeHead(401, { 'www-authenticate': challenge }).end() : res.end('ok');
    const response = await makeClient()(base, { method: 'POST', body: 'again' });
    expect([response.status, seen.map(({ body }) => body)]).toEqual([200, ['again', 'again']]);
    expect(seen[0]?.token).not.toBe(seen[1]?.token);
  });

  it('tries only once more', async () => {
    answer = (_req, res) => res.writeHead(401, { 'www-authenticate': challenge }).end('no');
    const response = await makeClient()(base);
    expect([response.status, await response.text(), seen.length]).toEqual([401, 'no', 2]);
  });

  it('doesn’t send again what can’t be sent again, and takes a new token next time', async () => {
    answer = (_req, res) => res.writeHead(401, { 'www-authenticate': challenge }).end();
    const client = makeClient();
    const stream = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('once'));
        controller.close();
      },
    });
    expect((await client(base, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)).status).toBe(401);
    expect((await client(new Request(base, { method: 'POST', body: 'once' }))).status).toBe(401);
    expect(seen.map(({ body }) => body)).toEqual(['once', 'once']);
    expect(seen[0]?.token).not.toBe(seen[1]?.token);
  });

  it.each([
    ['a 401 without a challenge', 401, undefined],
    ['a 401 that says another thing', 401, 'Bearer error="insufficient_user_authentication"'],
    ['a 403', 403, 'Bearer error="insufficient_scope"'],
    ['a 503', 503, undefined],
  ])('takes %s for an answer', async (_what, status, header) => {
    answer = (_req, res) => res.writeHead(status, header === undefined ? {} : { 'www-authenticate': header }).end();
    expect((await makeClient()(base)).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  it('can be called off, and passes a failure on', async () => {
    await expect(makeClient()(base, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    answer = (_req, res) => res.destroy();
    await expect(makeClient()(base)).rejects.toThrow('fetch failed');
  });

  it('hears a signal that is given late, when the garbage has been collected', async () => {
    answer = (req, res) => {
      if (req.url === '/late') res.write('some');
    };
    const script = `
      import { setFlagsFromString } from 'node:v8';
      import { runInNewContext } from 'node:vm';
      import { createGate } from 'countersign';
      setFlagsFromString('--expose-gc');
      const collect = async () => { for (let i = 0; i < 10; i++) { runInNewContext('gc')(); await new Promise((done) => setTimeout(done, 5)); } };
      const gate = createGate({ service: 's', audience: 'a', trust: [{ issuer: 'https://idp.example' }], signing: { issuer: 'https://o.example' } });
      const send = gate.client({ audience: 'b', origins: ['${base}'] });
      const told = [];
      for (const path of ['/never', '/late']) {
        const controller = new AbortController();
        const failure = send('${base}' + path, { signal: controller.signal }).then((late) => late.text()).catch((error) => error.name);
        await collect();
        controller.abort();
        told.push(await failure);
      }
      console.log(told.join());`;
    expect(await runNode(script)).toMatchObject({ code: 0, stdout: 'AbortError,AbortError\n' });
  });

  it('sends through the fetch that it is given', async () => {
    const urls: string[] = [];
    const own: Fetch = async (request) => {
      urls.push((request as Request).url);
      return new Response('own');
    };
    expect(await (await makeClient({ fetch: own })(`${base}/x`)).text()).toBe('own');
    expect(urls).toEqual([`${base}/x`]);
  });

  it('works as the fetch of axios', async () => {
    const { default: axios } = await import('axios');
    const http = axios.create({ adapter: 'fetch', env: { fetch: makeClient() as typeof fetch } });
    expect((await http.post(`${base}/axios`, { a: 1 })).data).toBe('ok');
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/axios', body: '{"a":1}' });
    expect(claims(seen[0]?.token as string)).toMatchObject({ aud: 'api://payments' });
    await expect(http.get('https://evil.example/')).rejects.toThrow();
  });
});

/** Node's own TypeErrors are of another realm than this file's. */
const TypeErrorLike = expect.objectContaining({ name: 'TypeError' }) as unknown as Error;
