import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Principal } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import type { NextFunction, Request, Response } from 'express';
import { captureLog } from '../support/capture-log.js';
import { expressVersions } from '../support/express-versions.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const issuer = await createTestIssuer({ audience: 'api://orders' });

describe.each(expressVersions)('no handler is reached unjudged, %s', (_version, express) => {
  const log = captureLog();
  const gate = countersign({
    service: 's',
    audience: 'api://orders',
    trust: issuer.trust,
    accessLog: { destination: log.destination },
  });
  const reached: unknown[] = [];
  const note = (req: Request, res: Response) => {
    reached.push(req.principal);
    res.send('reached');
  };
  let base: string;

  beforeAll(async () => {
    const app = express();
    app.use(gate.accessLog());
    app.all('/admin/x', gate.verifyServiceToken(), note);
    app.get('/get', gate.verifyServiceToken(), note);
    base = await startServer(app);
  });

  it.each([
    '//admin/x',
    '/admin/x/',
    '/ADMIN/X',
    '/%61dmin/x',
    '/admin/x;a',
    '/./admin/x',
    '/admin/../admin/x',
    '/admin\\x',
    '/admin/x?',
    '/admin/x#',
    '/admin//x',
    '/admin/%78',
    'http://evil.example/admin/x',
    '/admin/x%00',
    '/%',
    '/admin/%zz',
    '*',
    '?',
  ])('by the path %s', async (path) => {
    const answer = await sendRequest(base, path);
    expect([400, 401, 404, 500]).toContain(answer.status);
    expect(reached).toEqual([]);
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE', 'QUERY'])(
    'by the method %s',
    async (method) => {
      for (const path of ['/admin/x', '/get']) {
        const { status } = await sendRequest(base, path, {
          method,
          headers: [['access-control-request-headers', 'authorization']],
        });
        expect(path === '/admin/x' ? [401] : [200, 401, 404]).toContain(status); // OPTIONS /get is answered by the router itself
        expect(reached).toEqual([]);
      }
    },
  );

  it('by malformed requests, which don’t end the process either', async () => {
    const send = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(new URL(base).port), '127.0.0.1', () => socket.end(text));
        let answer = '';
        socket.on('data', (chunk) => {
          answer += chunk;
        });
        socket.on('close', () => resolve(answer));
        socket.on('error', () => {});
      });
    expect(await send('GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect(await send(`GET /get HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${'x'.repeat(17_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    );
    expect(await send('GET /get HTTP/1.1\r\nhost: a\r\nauthorization: Bearer \u0001\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400/,
    );
    expect(await send('GET /get HTTP/1.1\r\nhost: a\r\nauthorization: Bearer é\r\nconnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400/,
    );
    expect(reached).toEqual([]);
  });

  it('and the honest twin is', async () => {
    await sendRequest(base, '/admin/x', { headers: [bearer(await issuer.sign())] });
    expect(reached.splice(0)).toEqual([expect.objectContaining({ subject: 'test-service' })]);
  });
});

describe.each(expressVersions)('req.principal, %s', (_version, express) => {
  const records: string[] = [];
  const gate = countersign({
    service: 's',
    audience: 'api://orders',
    trust: issuer.trust,
    accessLog: { destination: { write: (line) => records.push(line) } },
  });
  const forged = { subject: 'root', kind: 'service', permissions: new Set(['everything']) } as unknown as Principal;
  const tell = (req: Request, res: Response) =>
    void res.json({ subject: req.principal?.subject ?? null, permissions: req.principal?.permissions ?? [] });

  async function ask(build: (app: ReturnType<typeof express>) => void, token?: string) {
    const app = express();
    build(app);
    const { status, body } = await sendRequest(await startServer(app), '/', {
      headers: token === undefined ? [] : [bearer(token)],
    });
    return { status, body };
  }

  it('is the caller that was verified, whatever was written there before', async () => {
    const token = await issuer.sign({ scope: 'a' });
    const write = (req: Request, _res: Response, next: NextFunction) => {
      (req as { principal?: Principal }).principal = forged;
      next();
    };
    expect(await ask((app) => app.get('/', write, gate.verifyToken(), tell), token)).toEqual({
      status: 200,
      body: '{"subject":"test-service","permissions":["a"]}',
    });
    expect(await ask((app) => app.get('/', write, gate.public('test'), tell))).toEqual({
      status: 200,
      body: '{"subject":null,"permissions":[]}',
    });
    expect((await ask((app) => app.get('/', write, gate.requirePermission('everything'), tell))).status).toBe(401);
  });

  it('and whatever is written there after', async () => {
    const token = await issuer.sign({ scope: 'a' });
    const tamper = (req: Request, _res: Response, next: NextFunction) => {
      (req as { principal?: Principal }).principal = forged;
      for (const change of [
        () => Object.assign(req.principal as object, forged),
        () => Object.defineProperty(req, 'principal', { value: forged }),
        () => (req.principal as unknown as { permissions: Set<string> }).permissions.add('everything'),
        () => Reflect.apply(Set.prototype.add, req.principal?.permissions, ['everything']),
        () => Object.setPrototypeOf(req.principal, forged),
      ]) {
        expect(change).toThrow();
      }
      next();
    };
    expect(await ask((app) => app.get('/', gate.verifyToken(), tamper, tell), token)).toEqual({
      status: 200,
      body: '{"subject":"test-service","permissions":["a"]}',
    });
    expect(
      (await ask((app) => app.get('/', gate.verifyToken(), tamper, gate.requirePermission('everything'), tell), token))
        .status,
    ).toBe(403);
    expect(
      (await ask((app) => app.get('/', gate.verifyToken(), tamper, gate.requirePermission('a'), tell), token)).status,
    ).toBe(200);
  });

  it('can’t be kept from the guard by a property that can’t be changed: that closes the door', async () => {
    const nail = (req: Request, _res: Response, next: NextFunction) => {
      Object.defineProperty(req, 'principal', { value: forged, configurable: false });
      next();
    };
    const failures: unknown[] = [];
    const off = gate.on('failure', ({ error }) => failures.push((error as Error).message));
    const { status, body } = await ask((app) => app.get('/', nail, gate.verifyToken(), tell), await issuer.sign());
    off();
    expect([status, JSON.parse(body).instance]).toEqual([500, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(failures).toEqual([expect.stringMatching(/principal that is not ours/)]);
    expect(JSON.parse(records.at(-1) as string)).toMatchObject({
      decision: 'deny',
      reason: 'internal_error',
      statusCode: 500,
    });
  });

  it('is verified once, however many guards there are, and by each gate for itself', async () => {
    const verified: string[] = [];
    gate.on('token_verified', () => verified.push('here'));
    const other = countersign({
      service: 'other',
      audience: 'api://other',
      trust: issuer.trust,
      accessLog: { destination: { write() {} } },
    });
    const token = await issuer.sign({ scope: 'a b' });
    const { status } = await ask(
      (app) =>
        app.get(
          '/',
          gate.verifyToken(),
          gate.verifyServiceToken(),
          gate.requirePermission('a'),
          gate.requirePermission(['a', 'b']),
          tell,
        ),
      token,
    );
    expect([status, verified]).toEqual([200, ['here']]);
    expect((await ask((app) => app.get('/', gate.verifyToken(), other.verifyToken(), tell), token)).status).toBe(401);
  });

  it('is nobody on a public route, even behind a guard that verified', async () => {
    const { body } = await ask(
      (app) => app.get('/', gate.verifyToken(), gate.public('test'), tell),
      await issuer.sign(),
    );
    expect(body).toBe('{"subject":null,"permissions":[]}');
  });

  it('can’t be made by whoever gets hold of the attempt', async () => {
    const token = await issuer.sign();
    const forge = (req: Request, _res: Response, next: NextFunction) => {
      const attempt = gate.open({ source: req, method: 'GET', target: '/', header: () => [] }) as unknown as Record<
        string,
        unknown
      >;
      for (const change of [
        () => Object.assign(attempt, { identified: Promise.resolve(forged) }),
        () => Object.defineProperty(attempt, 'decision', { get: () => ({ effect: 'permit' }) }),
        () => Object.assign(attempt['decision'] as object, { effect: 'permit' }),
        () => Object.defineProperty(Object.getPrototypeOf(attempt), 'decision', { value: { effect: 'permit' } }),
        () => Object.assign(gate, { enforce: async () => ({ decision: { effect: 'permit' } }) }),
      ]) {
        try {
          change();
        } catch {
          // frozen, as it should be
        }
      }
      expect(attempt).not.toHaveProperty('permit');
      next();
    };
    expect((await ask((app) => app.get('/', forge, gate.requirePermission('root'), tell), token)).status).not.toBe(200);
  });

  it('is not read from a credential on a public route', async () => {
    const { body } = await ask((app) => app.get('/', gate.public('test'), tell), await issuer.sign());
    expect(body).toBe('{"subject":null,"permissions":[]}');
    expect((await ask((app) => app.get('/', gate.public('test'), tell), 'garbage')).status).toBe(200);
  });

  it('is not found again after a denial, even if somebody goes on', async () => {
    const app = express();
    const hijack = (_req: Request, res: Response, next: NextFunction) => {
      const end = res.end.bind(res);
      res.end = (() => {
        res.end = end;
        next();
        return res;
      }) as never;
      next();
    };
    app.get('/', hijack, gate.requirePermission('nobody-has-it'));
    app.get('/', gate.verifyToken(), tell);
    const { status } = await sendRequest(await startServer(app), '/', { headers: [bearer(await issuer.sign())] });
    expect(status).toBe(403);
  });

  it('and a gate can be shared by two adapters', async () => {
    const { createGate } = await import('countersign');
    const core = createGate({
      service: 's',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: { write() {} } },
    });
    const [one, two] = [countersign(core), countersign(core)];
    expect(
      (
        await ask(
          (app) => app.get('/', one.verifyToken(), two.requirePermission('a'), tell),
          await issuer.sign({ scope: 'a' }),
        )
      ).status,
    ).toBe(200);
    expect((await ask((app) => app.get('/', countersign(one).verifyToken(), tell), await issuer.sign())).status).toBe(
      200,
    );
  });
});

describe.each(expressVersions)('what goes wrong within, %s', (_version, express) => {
  it('is a denial, told as an event, and says nothing outside', async () => {
    const profile = {
      name: 'broken',
      types: ['at+jwt'],
      requiredClaims: [],
      claims: { subject: 'sub', permissions: ['scope'] },
      maxLifetimeSeconds: { service: 900, user: 900, unknown: 900 },
      kindOf: () => {
        throw new Error('secret detail');
      },
    };
    const log = captureLog();
    const gate = countersign({
      service: 's',
      audience: 'api://orders',
      trust: [{ issuer: issuer.issuer, profile, keys: { jwks: issuer.jwks } }],
      accessLog: { destination: log.destination },
    });
    const failures: unknown[] = [];
    gate.on('failure', ({ error }) => failures.push((error as Error).message));
    const app = express();
    app.get('/', gate.verifyToken(), (_req, res) => void res.send('reached'));
    const answer = await sendRequest(await startServer(app), '/', { headers: [bearer(await issuer.sign())] });
    expect([answer.status, answer.lines('www-authenticate'), failures]).toEqual([500, [], ['secret detail']]);
    expect(answer.body).not.toMatch(/secret|broken/);
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'internal_error', statusCode: 500 });
  });

  it('keys out of reach are 503 with Retry-After', async () => {
    const log = captureLog();
    const gate = countersign({
      service: 's',
      audience: 'api://orders',
      trust: [{ issuer: issuer.issuer, keys: { jwksUri: 'http://127.0.0.1:1/' } }],
      accessLog: { destination: log.destination },
    });
    const app = express();
    app.get('/', gate.verifyToken(), (_req, res) => void res.send('reached'));
    const answer = await sendRequest(await startServer(app), '/', { headers: [bearer(await issuer.sign())] });
    expect([answer.status, answer.headers['retry-after'], answer.lines('www-authenticate')]).toEqual([503, '1', []]);
    expect(await log.next()).toMatchObject({ decision: 'deny', reason: 'keys_unavailable' });
  });

  it('an answer that was begun before the guard is cut off', async () => {
    const gate = countersign({
      service: 's',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: { write() {} } },
    });
    const app = express();
    app.get(
      '/',
      (_req, res, next) => {
        res.write('begun');
        next();
      },
      gate.verifyToken(),
      (_req, res) => void res.end('reached'),
    );
    await expect(sendRequest(await startServer(app), '/')).rejects.toThrow();
  });

  it('a 403 names the permissions that would have done, only where the operator says so', async () => {
    const gate = countersign({
      service: 's',
      audience: 'api://orders',
      trust: issuer.trust,
      challenge: { nameScopes: true },
      accessLog: { destination: { write() {} } },
    });
    const app = express();
    app.get('/', gate.requirePermission(['a', 'b']), (_req, res) => void res.end('reached'));
    const answer = await sendRequest(await startServer(app), '/', {
      headers: [bearer(await issuer.sign({ scope: 'a' }))],
    });
    expect(answer.lines('www-authenticate')).toEqual(['Bearer error="insufficient_scope", scope="a b"']);
  });
});
