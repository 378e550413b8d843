import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { AccessRecord } from 'countersign';
import { countersign, type ExpressGate } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import type { Express, NextFunction, Request, Response } from 'express';
import { captureLog } from '../support/capture-log.js';
import { expressVersions } from '../support/express-versions.js';
import { type Answer, bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const issuer = await createTestIssuer({ audience: 'api://orders' });
const handler = (_req: Request, res: Response) => void res.send('reached');
const quietly = (_error: Error, _req: Request, res: Response, _next: NextFunction) =>
  void res.status((_error as Error & { status?: number }).status ?? 500).end();

describe.each(expressVersions)('the access record, %s', (version, express) => {
  async function rig(build: (app: Express, gate: ExpressGate) => void, { mounted = true } = {}) {
    const log = captureLog();
    const gate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: log.destination },
    });
    const app = express();
    if (mounted) app.use(gate.accessLog());
    build(app, gate);
    const base = await startServer(app);
    return {
      log,
      base,
      async record(
        path: string,
        options: Parameters<typeof sendRequest>[2] = {},
      ): Promise<AccessRecord & { readonly answer: Answer }> {
        const answer = await sendRequest(base, path, options);
        return { ...(await log.next()), answer };
      },
    };
  }

  it('has the address that the application tells, whichever way it was told to', async () => {
    const sent = { headers: [['x-client', '203.0.113.7']] as [string, string][] };
    const forward = (req: Request, _res: Response, next: NextFunction) => {
      req.headers['x-forwarded-for'] = req.get('x-client');
      next();
    };
    const ways: ((app: Express) => void)[] = [
      (app) => Object.defineProperty(app.request, 'ip', { get: () => '203.0.113.7' }),
      (app) =>
        app.use((req, _res, next) => {
          Object.defineProperty(req, 'ip', { value: '203.0.113.7' });
          next();
        }),
      (app) => app.set('trust proxy', 'loopback').use(forward),
      (app) => app.set('trust proxy fn', () => true).use(forward),
    ];
    for (const tell of ways) {
      const { record } = await rig(
        (app, gate) => {
          tell(app);
          app.get('/', gate.public('test'), handler);
        },
        { mounted: false },
      );
      expect((await record('/', sent)).ip).toBe('203.0.113.7');
    }
    const { record } = await rig((app, gate) => app.get('/', gate.public('test'), handler));
    expect((await record('/', sent)).ip).toBe('127.0.0.1');
  });

  it('has the fields of the contract, and no other', async () => {
    const { record } = await rig((app, gate) =>
      app.get(
        '/orders/:id',
        gate.requirePermission('orders:read', { anyOf: ['a', 'b'], delegation: { actors: ['gateway'] } }),
        handler,
      ),
    );
    const token = await issuer.sign({
      sub: 'alice',
      client_id: 'web',
      scope: 'orders:read a',
      jti: 'token-1',
      act: { sub: 'gateway' },
    });
    const { answer: _, ...written } = await record('/orders/42?secret=1#x', {
      headers: [
        bearer(token),
        ['x-request-id', 'request-0001'],
        ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
        ['cookie', 'session=secret'],
      ],
    });
    expect(written).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: 'api_access',
      service: 'order-service',
      requestId: 'request-0001',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      caller: {
        issuer: 'https://issuer.test',
        subject: 'alice',
        kind: 'user',
        clientId: 'web',
        actor: { subject: 'gateway' },
      },
      userId: 'alice',
      method: 'GET',
      route: '/orders/:id',
      path: '/orders/42',
      ip: expect.stringContaining('127.0.0.1'),
      statusCode: 200,
      durationMs: expect.any(Number),
      decision: 'permit',
      required: ['orders:read', 'a', 'b'],
      verdicts: { authentic: true, bound: false, intended: true },
      tokenId: 'token-1',
      keyId: issuer.jwks.keys[0]?.kid,
    });
  });

  it('names the caller only where the credential was authentic, and tells the verdicts apart', async () => {
    const { record } = await rig((app, gate) => app.get('/', gate.verifyToken(), handler));
    const seen = async (kind: Parameters<typeof issuer.forge>[0]) => {
      const { caller, verdicts, tokenId } = await record('/', {
        headers: [bearer(await issuer.forge(kind, { jti: 'id' }))],
      });
      return [caller?.subject, tokenId, verdicts];
    };
    expect(await seen('wrong-key')).toEqual([
      undefined,
      undefined,
      { authentic: false, bound: false, intended: false },
    ]);
    expect(await seen('no-subject')).toEqual([
      undefined,
      undefined,
      { authentic: false, bound: false, intended: false },
    ]);
    expect(await seen('expired')).toEqual(['test-service', 'id', { authentic: true, bound: false, intended: false }]);
    expect(await seen('wrong-audience')).toEqual([
      'test-service',
      'id',
      { authentic: true, bound: false, intended: false },
    ]);
    expect(await seen('bound-to-a-key')).toEqual([
      'test-service',
      'id',
      { authentic: true, bound: false, intended: true },
    ]);
    expect((await record('/')).verdicts).toBeUndefined();
  });

  it('is written once for everything that can happen', async () => {
    const { record, log } = await rig((app, gate) => {
      app.use(express.json());
      app.get('/throws/:x', gate.public('test'), () => {
        throw new Error('broken');
      });
      app.get('/rejects/:x', gate.public('test'), (_req, _res, next) =>
        Promise.reject(new Error('broken')).catch(next),
      );
      app.post('/body', gate.public('test'), handler);
      app.get('/open', handler);
      app.get('/passes/:x', gate.public('test'), (_req, _res, next) => next());
      app.get('/teapot', gate.public('test'), (_req, res) => void res.status(418).end());
      app.use(quietly);
    });
    expect(await record('/throws/1')).toMatchObject({ statusCode: 500, route: '/throws/:x', decision: 'permit' });
    expect(await record('/rejects/1')).toMatchObject({ statusCode: 500, route: '/rejects/:x', decision: 'permit' });
    const malformed = await record('/body', {
      method: 'POST',
      headers: [
        ['content-type', 'application/json'],
        ['content-length', '1'],
      ],
      body: '{',
    });
    expect(malformed).toMatchObject({ statusCode: 400, method: 'POST', decision: 'none' });
    expect(await record('/open')).toMatchObject({ statusCode: 200, route: '/open', decision: 'none' });
    expect(await record('/teapot')).toMatchObject({ statusCode: 418, decision: 'permit' });
    const unknown = await record('/unknown/secret-value');
    expect(unknown).toMatchObject({ statusCode: 404, decision: 'none', path: '/unknown/secret-value' });
    expect(unknown.route).toBeUndefined();
    expect(await record('/%')).toMatchObject({ path: '/%', decision: 'none' });
    expect(await record('/passes/1')).toMatchObject({ statusCode: 404 });
    expect(log.lines).toHaveLength(8);
    expect(log.lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
  });

  it('is written for a request that is aborted, and doesn’t believe its status', async () => {
    const { base, log } = await rig((app, gate) => app.get('/slow', gate.public('test'), () => {}));
    const outgoing = request(`${base}/slow`);
    outgoing.on('error', () => {});
    outgoing.end();
    setTimeout(() => outgoing.destroy(), 50);
    expect(await log.next()).toMatchObject({ route: '/slow', aborted: true });
  });

  it('opens at the first guard, where the access log is not mounted', async () => {
    const { record } = await rig((app, gate) => app.get('/a', gate.verifyToken(), handler), { mounted: false });
    expect(await record('/a')).toMatchObject({ statusCode: 401, decision: 'deny', route: '/a' });
  });

  it('never has a real value in its route', async () => {
    const { record } = await rig((app, gate) => {
      const items = express.Router({ mergeParams: true });
      items.get('/items/:item', gate.verifyToken(), handler);
      items.get('/free/:item', handler);
      app.use('/users/:user', items);
      app.use('/v1', express.Router().use('/deep', express.Router().get('/:x', gate.verifyToken(), handler)));
      const shared = express.Router().get('/:x', handler);
      app.use('/one', shared);
      app.use('/two', shared);
      app.get(['/list/:x', '/menge/:y'], handler);
      app.get(/^\/re\/(\d+)$/, handler);
      app.use('/sub', express().get('/in/:x', handler));
      app.use('/guarded', gate.verifyToken(), express.Router().get('/:x', handler));
      app.use('/guarded-params/:x', gate.verifyToken());
    });
    const routeOf = async (path: string) => (await record(path)).route;
    const mount = version === 'Express 5' ? '/users/:user' : '/(untold)';
    expect(await routeOf('/users/secret/items/secret')).toBe(`${mount}/items/:item`);
    expect(await routeOf('/users/secret/free/secret')).toBe(`${mount}/free/:item`);
    expect(await routeOf('/v1/deep/secret')).toBe('/v1/deep/:x');
    expect(await routeOf('/one/secret')).toBe('/one/:x');
    expect(await routeOf('/two/secret')).toBe('/two/:x');
    expect(await routeOf('/menge/secret')).toBe('/menge/:y');
    expect(await routeOf('/re/12345')).toBe('/(^\\/re\\/(\\d+)$)');
    expect(await routeOf('/sub/in/secret')).toBe('/sub/in/:x');
    expect(await routeOf('/guarded/secret')).toBe('/guarded/*');
    expect(await routeOf('/guarded-params/secret/more')).toBe(
      version === 'Express 5' ? '/guarded-params/:x/*' : '/(untold)/*',
    );
    expect(await routeOf('/nowhere/secret')).toBeUndefined();
  });

  it('finds routes that were added after the first request', async () => {
    let add = () => {};
    const { record } = await rig((app) => {
      app.get('/first/:x', handler);
      add = () => void app.get('/second/:x', handler);
    });
    expect((await record('/first/1')).route).toBe('/first/:x');
    add();
    expect((await record('/second/1')).route).toBe('/second/:x');
  });

  it('takes over a well-formed request id, makes another one otherwise, and returns it', async () => {
    const { record } = await rig((app) => app.get('/', handler));
    const idFor = async (...ids: string[]) => {
      const { requestId, answer } = await record('/', { headers: ids.map((id) => ['x-request-id', id] as const) });
      expect(answer.lines('x-request-id')).toEqual([requestId]);
      return requestId;
    };
    expect(await idFor('abcDEF._-123')).toBe('abcDEF._-123');
    for (const ids of [
      [],
      ['short'],
      ['x'.repeat(129)],
      ['has space 1'],
      ['quote"12345'],
      ['<script>1'],
      ['request-0001', 'request-0002'],
      ['request-0001, request-0002'],
    ]) {
      expect(await idFor(...ids)).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(await idFor()).not.toBe(await idFor());
  });

  it('takes no trace id that is not one', async () => {
    const { record } = await rig((app) => app.get('/', handler));
    const traceFor = async (value: string) => (await record('/', { headers: [['traceparent', value]] })).traceId;
    expect(await traceFor('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')).toBe(
      '0af7651916cd43dd8448eb211c80319c',
    );
    for (const value of [
      '',
      'x',
      '00-00000000000000000000000000000000-b7ad6b7169203331-01',
      'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
      '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    ]) {
      expect(await traceFor(value)).toBeUndefined();
    }
  });

  it('can’t be broken by what comes from outside', async () => {
    const { log, base } = await rig((app, gate) =>
      app.get('/*splat'.replace('*splat', version === 'Express 5' ? '*splat' : '*'), gate.verifyToken(), handler),
    );
    const token = await issuer.sign({ sub: 'line\nbreak","admin":"yes\u2028\u001b[31m', client_id: '__proto__' });
    const { port } = new URL(base);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `GET /a"b\\c%0d%0a{}${'x'.repeat(4000)} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
    socket.resume();
    const record = await log.next();
    expect(log.lines[0]?.indexOf('\n')).toBe((log.lines[0]?.length ?? 0) - 1);
    expect(log.lines[0]).not.toContain('\u001b');
    expect(record.caller).toEqual({
      issuer: 'https://issuer.test',
      subject: 'line\nbreak","admin":"yes\u2028\u001b[31m',
      kind: 'user',
      clientId: '__proto__',
    });
    expect(record.path).toHaveLength(1024);
  });

  it('costs no request where its destination throws, rejects or breaks', async () => {
    const destinations = [
      {
        write() {
          throw new Error('disk full');
        },
      },
      { write: async () => Promise.reject(new Error('network')) },
      {
        on(event: string, listener: (error: Error) => void) {
          if (event === 'error') setImmediate(() => listener(new Error('EPIPE')));
        },
        write() {},
      },
    ];
    for (const destination of destinations) {
      const gate = countersign({
        service: 's',
        audience: 'api://orders',
        trust: issuer.trust,
        accessLog: { destination },
      });
      let lost = 0;
      const isLost = new Promise<void>((resolve) =>
        gate.on('record_lost', () => {
          lost++;
          resolve();
        }),
      );
      const app = express();
      app.use(gate.accessLog()).get('/', gate.verifyToken(), handler);
      const base = await startServer(app);
      expect((await sendRequest(base, '/', { headers: [bearer(await issuer.sign())] })).status).toBe(200);
      await isLost;
      expect(lost).toBe(1);
    }
  });
});
