import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportModule } from '@nestjs/passport';
import { createGate, type Principal } from 'countersign';
import { countersign } from 'countersign/express';
import { passportJwtKeyProvider, ServiceTokenStrategy, tellAuthenticationRefused } from 'countersign/passport';
import { createTestIssuer, type TestIssuer } from 'countersign/testing';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import passport from 'passport';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import { captureLog } from '../support/capture-log.js';
import { expressVersions } from '../support/express-versions.js';
import { hostileRequests } from '../support/hostile-requests.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);
afterAll(stopNest);

const options = { service: 'order-service', audience: 'api://orders' };
/** What a strategy can judge: the credential, not what the route demands besides. */
const hostileCredentials = hostileRequests.filter(({ status }) => status !== 403);
const passportWith = (strategy: ServiceTokenStrategy) => new passport.Passport().use(strategy);
const tell = (req: Request, res: Response) =>
  void res.json({ user: (req.user as Principal | undefined)?.subject, principal: req.principal?.subject });

describe.each(expressVersions)('ServiceTokenStrategy, %s', (_version, express) => {
  const log = captureLog();
  let issuer: TestIssuer;
  let base: string;

  beforeAll(async () => {
    issuer = await createTestIssuer({ audience: 'api://orders' });
    const gate = createGate({ ...options, trust: issuer.trust, accessLog: { destination: log.destination } });
    const authenticate = passportWith(new ServiceTokenStrategy(gate)).authenticate('countersign') as RequestHandler;
    const app = express();
    app.get('/orders/:id', authenticate, tell);
    base = await startServer(app);
  });

  it.each(hostileCredentials.map((request) => [request.name, request] as const))(
    'refuses %s',
    async (_name, hostile) => {
      const answer = await sendRequest(base, `/orders/42${hostile.query ?? ''}`, {
        headers: await hostile.headers(issuer),
      });
      const record = await log.next();
      expect({ status: answer.status, challenge: answer.lines('www-authenticate'), reason: record.reason }).toEqual({
        status: hostile.status,
        challenge: hostile.challenge === undefined ? [] : [hostile.challenge],
        reason: hostile.reason,
      });
      expect(record).toMatchObject({ decision: 'deny', route: '/orders/:id', path: '/orders/42' });
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body)).toMatchObject({ instance: record.requestId });
    },
  );

  it('lets the honest twin pass, as the user and as the principal, and touches no session', async () => {
    const answer = await sendRequest(base, '/orders/42', { headers: [bearer(await issuer.sign())] });
    expect([answer.status, answer.body]).toEqual([200, '{"user":"test-service","principal":"test-service"}']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await log.next()).toMatchObject({
      decision: 'permit',
      caller: { subject: 'test-service' },
      route: '/orders/:id',
    });
  });
});

describe.each(expressVersions)('a strategy beside others, %s', (_version, express) => {
  async function rig(build: (app: ReturnType<typeof express>, issuer: TestIssuer) => void) {
    const issuer = await createTestIssuer({ audience: 'api://orders' });
    const app = express();
    build(app, issuer);
    return { issuer, base: await startServer(app) };
  }
  const quiet = { accessLog: { destination: { write() {} } } };

  it('takes the token from where an extractor of passport-jwt finds it', async () => {
    const { issuer, base } = await rig((app, { trust }) => {
      const jwtFromRequest = ExtractJwt.fromHeader('x-service-token');
      const strategy = new ServiceTokenStrategy(createGate({ ...options, ...quiet, trust }), { jwtFromRequest });
      app.get('/', passportWith(strategy).authenticate('countersign') as RequestHandler, tell);
    });
    const token = await issuer.sign();
    expect((await sendRequest(base, '/', { headers: [['x-service-token', token]] })).status).toBe(200);
    expect((await sendRequest(base, '/', { headers: [bearer(token)] })).status).toBe(401);
    expect((await sendRequest(base, '/', { headers: [['x-service-token', `${token} x`]] })).status).toBe(400);
  });

  it('hands over to the next one, where it is told to', async () => {
    const { issuer, base } = await rig((app, { trust }) => {
      const strategies = passportWith(
        new ServiceTokenStrategy(createGate({ ...options, ...quiet, trust }), { chain: true }),
      );
      const always = {
        name: 'always',
        authenticate(this: { success(user: object): void }) {
          this.success({ subject: 'guest' });
        },
      };
      strategies.use(always as unknown as passport.Strategy);
      app.get('/', strategies.authenticate(['countersign', 'always'], { session: false }) as RequestHandler, tell);
      app.get('/only', strategies.authenticate('countersign') as RequestHandler, tell);
    });
    expect((await sendRequest(base, '/', { headers: [bearer(await issuer.sign())] })).body).toContain('test-service');
    expect((await sendRequest(base, '/')).body).toContain('guest');
    const refused = await sendRequest(base, '/only');
    expect([refused.status, refused.lines('www-authenticate')]).toEqual([401, ['Bearer realm="order-service"']]);
  });

  it('and guards of the same gate verify the token once', async () => {
    let verified = 0;
    const { issuer, base } = await rig((app, { trust }) => {
      const gate = countersign({ ...options, ...quiet, trust });
      gate.on('token_verified', () => verified++);
      const authenticate = passportWith(new ServiceTokenStrategy(gate)).authenticate('countersign') as RequestHandler;
      app.get('/', authenticate, gate.requirePermission('a'), tell);
    });
    expect((await sendRequest(base, '/', { headers: [bearer(await issuer.sign({ scope: 'a' }))] })).status).toBe(200);
    expect((await sendRequest(base, '/', { headers: [bearer(await issuer.sign({ scope: 'b' }))] })).status).toBe(403);
    expect(verified).toBe(2);
  });

  it('and where there is no response to answer on, an error handler tells it', async () => {
    const { base } = await rig((app, { trust }) => {
      const authenticate = passportWith(
        new ServiceTokenStrategy(createGate({ ...options, ...quiet, trust })),
      ).authenticate('countersign') as RequestHandler;
      const hide = (req: Request, _res: Response, next: NextFunction) => {
        Object.defineProperty(req, 'res', { value: undefined });
        next();
      };
      app.get('/', hide, authenticate, tell);
      app.use(tellAuthenticationRefused);
      app.use(
        (error: Error, _req: Request, res: Response, _next: NextFunction) => void res.status(599).end(error.message),
      );
    });
    const answer = await sendRequest(base, '/');
    expect([answer.status, answer.lines('www-authenticate'), answer.headers['content-type']]).toEqual([
      401,
      ['Bearer realm="order-service"'],
      'application/problem+json',
    ]);
  });

  it('and a route or an application that is none ends nothing', async () => {
    const { base } = await rig((app, { trust }) => {
      const strategy = new ServiceTokenStrategy(createGate({ ...options, ...quiet, trust }));
      const authenticate = passportWith(strategy).authenticate('countersign') as RequestHandler;
      app.use((req: Request, _res: Response, next: NextFunction) => {
        Object.defineProperty(req, 'ip', { value: '::1' });
        Object.defineProperty(req, 'app', { value: { router: {} } });
        Object.defineProperty(req, 'route', { value: { path: '/x' } });
        next();
      }, authenticate);
    });
    expect((await sendRequest(base, '/')).status).toBe(401);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await sendRequest(base, '/')).status).toBe(401);
  });

  it('and a Strategy of passport-jwt gets its keys', async () => {
    const { issuer, base } = await rig((app, { trust, issuer: name }) => {
      const verify = (payload: { sub: string }, done: (error: null, user: object) => void) =>
        done(null, { subject: payload.sub });
      const strategy = new JwtStrategy(
        {
          jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
          secretOrKeyProvider: passportJwtKeyProvider(trust),
          algorithms: ['ES256'],
          issuer: name,
          audience: 'api://orders',
        },
        verify,
      );
      app.get(
        '/',
        new passport.Passport().use(strategy).authenticate('jwt', { session: false }) as RequestHandler,
        tell,
      );
    });
    expect((await sendRequest(base, '/', { headers: [bearer(await issuer.sign())] })).body).toContain('test-service');
    for (const kind of [
      'wrong-key',
      'unknown-key',
      'none',
      'hs256-public-key',
      'wrong-issuer',
      'unknown-extension',
      'duplicate-member',
      'garbage',
    ] as const) {
      expect((await sendRequest(base, '/', { headers: [bearer(await issuer.forge(kind))] })).status).toBe(401);
    }
  });
});

describe('ServiceTokenStrategy with @nestjs/passport', () => {
  const [, makeExpress] = nestPlatforms[0];

  it('answers as everywhere else, on Express', async () => {
    const issuer = await createTestIssuer({ audience: 'api://orders' });
    const gate = createGate({ ...options, trust: issuer.trust, accessLog: { destination: { write() {} } } });
    passport.use(new ServiceTokenStrategy(gate));

    @Controller()
    class MeController {
      @UseGuards(AuthGuard('countersign'))
      @Get('me')
      me(@Req() req: Request): object {
        return { user: (req.user as Principal).subject };
      }
    }
    @Module({})
    class Empty {}
    const base = await startNest(makeExpress, { imports: [PassportModule, Empty], controllers: [MeController] });
    expect((await sendRequest(base, '/me', { headers: [bearer(await issuer.sign())] })).body).toBe(
      '{"user":"test-service"}',
    );
    const refused = await sendRequest(base, '/me', { headers: [bearer(await issuer.forge('expired'))] });
    expect([refused.status, refused.lines('www-authenticate')[0]]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ]);
    expect((await sendRequest(base, '/me', { headers: [['authorization', 'Bearer']] })).status).toBe(400);
    passport.unuse('countersign');
  });
});

describe('a strategy that is configured wrongly', () => {
  const gate = createGate({
    ...options,
    trust: [{ issuer: 'https://i.example' }],
    accessLog: { destination: { write() {} } },
  });
  it.each<[string, () => unknown, RegExp]>([
    ['no gate', () => new ServiceTokenStrategy(undefined as never), /gate must be a gate, found undefined/],
    [
      'an extractor that is none',
      () => new ServiceTokenStrategy(gate, { jwtFromRequest: 'header' as never }),
      /jwtFromRequest must be a function/,
    ],
    [
      'a misspelt option',
      () => new ServiceTokenStrategy(gate, { session: true } as never),
      /strategy\.session is not an option/,
    ],
    ['trust that is none', () => passportJwtKeyProvider([]), /trust must be a non-empty list/],
  ])('is an error at once: %s', (_what, make, message) => {
    expect(make).toThrow(message);
  });
});
