import { type IncomingMessage, request } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type AccessRecord, type GateOptions, verifyCompactJws } from 'countersign';
import { countersign, type ExpressGate } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import type { Express, NextFunction, Request, Response } from 'express';
import { captureLog } from '../support/capture-log.js';
import { expressVersions } from '../support/express-versions.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const issuer = await createTestIssuer({ audience: 'api://orders' });
const handler = (_req: Request, res: Response) => void res.send('reached');

describe.each(expressVersions)('nothing ends the process or loses the record, %s', (version, express) => {
  async function rig(build: (app: Express, gate: ExpressGate) => void, options: Partial<GateOptions> = {}) {
    const log = captureLog();
    const gate = countersign({
      service: 's',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: log.destination },
      ...options,
    });
    const app = express();
    app.use(gate.accessLog());
    build(app, gate);
    return { gate, log, base: await startServer(app) };
  }

  it.each<[string, (req: Request) => void]>([
    ['a route that is none', (req) => Object.assign(req, { route: { path: '/x' } })],
    ['a route in text', (req) => Object.assign(req, { route: '/x' })],
    ['a route whose stack is none', (req) => Object.assign(req, { route: { path: '/x', stack: 7 } })],
    ['an application that is none', (req) => Object.defineProperty(req, 'app', { value: { router: {} } })],
    ['header fields taken away', (req) => Object.assign(req, { rawHeaders: undefined })],
    ['header fields that are no text', (req) => Object.assign(req, { rawHeaders: [7, {}, null, undefined] })],
    ['a URL that is no text', (req) => Object.assign(req, { originalUrl: { toString: () => '/y' } })],
  ])('where a middleware leaves %s', async (_what, spoil) => {
    const { base, log } = await rig((app, gate) => {
      app.use((req: Request, _res: Response, next: NextFunction) => {
        spoil(req);
        next();
      });
      app.use(gate.verifyToken());
    });
    expect((await sendRequest(base, '/a')).status).toBe(401);
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'token_missing', statusCode: 401 });
  });

  it('where the clock breaks: that closes the door', async () => {
    let present: unknown = Date.now() / 1000;
    const { base } = await rig((app, gate) => app.get('/', gate.verifyToken(), handler), {
      now: () => present as number,
    });
    const token = await issuer.sign();
    expect((await sendRequest(base, '/', { headers: [bearer(token)] })).status).toBe(200);
    for (const broken of [Number.NaN, undefined, 'now', {}]) {
      present = broken;
      expect((await sendRequest(base, '/', { headers: [bearer(token)] })).status).toBe(500);
    }
  });

  it('where an application without routes is mounted', async () => {
    const { base } = await rig((app, gate) => {
      app.use('/s', express());
      app.get('/x', gate.verifyToken(), handler);
      // Express 4 gives an application no router before its first route, so there is nothing to tell it by.
      if (version === 'Express 5') gate.assertCovered(app);
      else expect(() => gate.assertCovered(app)).toThrow(/mounted_app on \/s can't be looked into/);
    });
    expect((await sendRequest(base, '/x')).status).toBe(401);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await sendRequest(base, '/s/y')).status).toBe(404);
  });

  it('where a listener promises and breaks it', async () => {
    const { base, gate } = await rig((app, inner) => app.get('/', inner.verifyToken(), handler));
    gate.on('token_verified', async () => {
      throw new Error('listener');
    });
    expect((await sendRequest(base, '/')).status).toBe(401);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await sendRequest(base, '/')).status).toBe(401);
  });

  it('where a caller hangs up while it is judged: nothing is done for it, and it is recorded with its name', async () => {
    let answerKeys = () => {};
    const asked = new Promise<void>((resolve) => {
      answerKeys = resolve;
    });
    const keys = await startServer((_req, res) => {
      void asked.then(() => res.end(JSON.stringify(issuer.jwks)));
    });
    let reached = 0;
    const { base, log } = await rig(
      (app, gate) =>
        app.post('/transfer', gate.requirePermission('transfer'), (_req, res) => {
          reached++;
          res.end();
        }),
      { trust: [{ issuer: issuer.issuer, keys: { jwksUri: keys } }] },
    );
    const token = await issuer.sign({ scope: 'transfer', sub: 'insider', client_id: 'insider' });
    const outgoing = request(`${base}/transfer`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    outgoing.on('error', () => {});
    outgoing.end();
    await new Promise((resolve) => setTimeout(resolve, 100));
    outgoing.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    answerKeys();
    const record: AccessRecord = await log.next();
    expect(record).toMatchObject({
      aborted: true,
      caller: { subject: 'insider' },
      decision: 'permit',
      required: ['transfer'],
    });
    expect(reached).toBe(0);
  });

  it('where a route is made for one request, and writes no real value down', async () => {
    const { base, log } = await rig((app) => {
      app.use((req: Request, res: Response, next: NextFunction) => {
        express.Router().get(req.path, handler)(req, res, next);
      });
    });
    await sendRequest(base, '/secret/42');
    expect((await log.next()).route).toBe('/(untold)');
  });

  it('where a path comes in absolute form, with a password', async () => {
    const { base, log } = await rig((app, gate) => app.get('/a/:id', gate.verifyToken(), handler));
    await sendRequest(base, 'http://user:password@example.com/a/1?x');
    expect((await log.next()).path).toBe('/a/1');
  });

  it('where an encoded name hides a second token in the query', async () => {
    const { base, log } = await rig((app, gate) => app.get('/', gate.verifyToken(), handler));
    expect((await sendRequest(base, '/?a=1&access%5Ftoken=x', { headers: [bearer(await issuer.sign())] })).status).toBe(
      400,
    );
    expect((await log.next()).reason).toBe('credential_ambiguous');
  });
});

describe('the order of the stations', () => {
  const clock = createTestClock();
  // Each token has two faults; the reason is the one that comes first in DESIGN's order.
  it.each<[string, (own: Awaited<ReturnType<typeof createTestIssuer>>) => Promise<string>, string]>([
    ['size before parts', async () => 'x'.repeat(9000), 'token_too_large'],
    ['payload before extension', async () => token({ alg: 'ES256', crit: ['x'] }, '[]'), 'token_malformed'],
    [
      'extension before issuer',
      async () => token({ alg: 'ES256', crit: ['x'] }, '{"iss":"https://nobody"}'),
      'token_extension_refused',
    ],
    ['issuer before algorithm', async () => token({ alg: 'none' }, '{"iss":"https://nobody"}'), 'issuer_untrusted'],
    [
      'algorithm before type',
      async (own) => token({ alg: 'HS256', typ: 'JWT' }, JSON.stringify({ iss: own.issuer })),
      'algorithm_refused',
    ],
    [
      'type before key',
      async (own) => token({ alg: 'ES256', typ: 'JWT', kid: 'unknown' }, JSON.stringify({ iss: own.issuer })),
      'token_type_refused',
    ],
    [
      'key before signature',
      async (own) => token({ alg: 'ES256', typ: 'at+jwt', kid: 'unknown' }, JSON.stringify({ iss: own.issuer })),
      'key_unknown',
    ],
    ['signature before claims', async (own) => own.forge('wrong-key', { sub: undefined }), 'signature_invalid'],
    ['claims before times', async (own) => own.forge('expired', { jti: 7 }), 'claim_invalid'],
    [
      'times before lifetime',
      async (own) => own.sign({ iat: clock.now() - 90_000, exp: clock.now() - 10 }),
      'token_expired',
    ],
    ['lifetime before audience', async (own) => own.forge('over-long', { aud: 'other' }), 'token_lifetime_too_long'],
    ['audience before binding', async (own) => own.forge('bound-to-a-key', { aud: 'other' }), 'audience_mismatch'],
    ['binding before the kind wanted', async (own) => own.forge('bound-to-a-key', { sub: 'alice' }), 'binding_missing'],
    ['kind before permission', async (own) => own.sign({ sub: 'alice' }), 'caller_kind_refused'],
  ])('%s', async (_what, make, reason) => {
    const own = await createTestIssuer({ audience: 'a', now: clock.now });
    const gate = countersign({
      service: 's',
      audience: 'a',
      trust: own.trust,
      now: clock.now,
      accessLog: { destination: { write() {} } },
    });
    const authorization = `Bearer ${await make(own)}`;
    const attempt = await gate.enforce(
      { source: {}, method: 'GET', target: '/', header: (name) => (name === 'authorization' ? [authorization] : []) },
      { kinds: ['service'], permissions: ['x'] },
    );
    expect(attempt.decision).toEqual({ effect: 'deny', reason });
  });

  function token(header: object, payload: string): string {
    return [JSON.stringify(header), payload, 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');
  }
});

describe('what stands alone', () => {
  it('tells what is wrong with a call', async () => {
    await expect(verifyCompactJws('a.b.c', undefined as never)).rejects.toThrow(
      /options must be an object.*keys: \[jwk\]/,
    );
    await expect(verifyCompactJws('a.b.c', { keys: [], algorithm: 'ES256' } as never)).rejects.toThrow(
      /options\.algorithm is not an option/,
    );
  });

  it('reads requests without header fields', async () => {
    const { fromNodeRequest } = await import('countersign');
    const read = fromNodeRequest(
      { rawHeaders: ['X-A', '1', 'x-a', '2'], method: 'GET', url: '/z' } as IncomingMessage,
      { ip: '::1', target: '/t' },
    );
    expect([read.header('x-a'), read.header('x-b'), read.target, read.ip]).toEqual([['1', '2'], [], '/t', '::1']);
  });
});
