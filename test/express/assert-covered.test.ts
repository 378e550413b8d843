import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import type { Express, NextFunction, Request, Response } from 'express';
import router2 from 'router2';
import { expressVersions } from '../support/express-versions.js';

const issuer = await createTestIssuer();
const gate = countersign({
  service: 's',
  audience: 'a',
  trust: issuer.trust,
  accessLog: { destination: { write() {} } },
});
const handler = (_req: Request, res: Response) => void res.send('reached');
const step = (_req: unknown, _res: unknown, next: NextFunction) => next();

function problemsOf(app: object): readonly string[] {
  try {
    gate.assertCovered(app);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.replace('  - ', '').replace(/:.*/, ''));
  }
  return [];
}

type ExpressModule = (typeof expressVersions)[number][1];

describe.each(expressVersions)('assertCovered, %s', (version, express: ExpressModule) => {
  const isFive = version === 'Express 5';
  const covers = (build: (app: Express) => void) => {
    const app = express();
    build(app);
    return problemsOf(app);
  };

  it.each<[string, (app: Express) => void]>([
    ['an application without routes', () => {}],
    ['a guarded route', (app) => app.get('/a', gate.verifyToken(), handler)],
    [
      'two guards on one route',
      (app) => app.get('/a', gate.verifyServiceToken(), gate.requirePermission('x'), handler),
    ],
    ['a public route', (app) => app.get('/a', gate.public('why'), handler)],
    ['routes behind a guard for all', (app) => app.use(gate.verifyToken()).get('/a', handler).post('/b/:id', handler)],
    [
      'routes behind a guard for their path',
      (app) => app.use('/a', gate.verifyToken()).get('/a', handler).get('/a/b/:c', handler).get('/A/x', handler),
    ],
    ['a guard within a list of handlers', (app) => app.get('/a', [gate.verifyToken(), handler])],
    ['a router behind a guard', (app) => app.use('/a', gate.verifyToken(), express.Router().get('/b', handler))],
    [
      'routers in routers, each with its guards',
      (app) => app.use('/a', express.Router().use('/b', express.Router().get('/c', gate.verifyToken(), handler))),
    ],
    [
      'a guard for a whole router within it',
      (app) => app.use('/a', express.Router().use(gate.verifyToken()).get('/b', handler)),
    ],
    ['app.route', (app) => app.route('/a').all(gate.verifyToken()).get(handler).post(handler)],
    ['app.all', (app) => app.all('/a', gate.verifyToken(), handler)],
    ['middleware for everything', (app) => app.use(express.json()).use(step).get('/a', gate.verifyToken(), handler)],
    [
      'an error handler',
      (app) =>
        app
          .get('/a', gate.verifyToken(), handler)
          .use('/a', (_e: Error, _q: Request, r: Response, _n: NextFunction) => void r.end()),
    ],
    [
      'a marked handler before the guard',
      (app) => app.get('/a', gate.passes(step, 'counts visits'), gate.verifyToken(), handler),
    ],
    [
      'the access log before the guard',
      (app) => app.use(gate.accessLog()).get('/a', gate.accessLog(), gate.verifyToken(), handler),
    ],
    ['marked files', (app) => app.use('/assets', gate.passes(express.static('.'), 'public files'))],
    ['guarded files', (app) => app.use('/assets', gate.verifyToken(), express.static('.'))],
    [
      'a mounted application whose routes are guarded',
      (app) => app.use('/sub', express().get('/a', gate.verifyToken(), handler)),
    ],
    ['a guarded mounted application', (app) => app.use('/sub', gate.verifyToken(), express().get('/a', handler))],
    ['a marked mounted application', (app) => app.use('/sub', gate.passes(express().get('/a', handler), 'demo pages'))],
    [
      'a parameter’s handler behind a guard for all',
      (app) =>
        app
          .use(gate.verifyToken())
          .param('id', (_q, _s, next) => next())
          .get('/a/:id', handler),
    ],
    [
      'a marked handler of a parameter',
      (app) =>
        app
          .param(
            'id',
            gate.passes((_q: Request, _s: Response, next: NextFunction) => next(), 'reads nothing'),
          )
          .get('/a/:id', gate.verifyToken(), handler),
    ],
    [
      'an application in a router, marked',
      (app) => app.use('/r', express.Router().use('/sub', gate.passes(express().get('/a', handler), 'why'))),
    ],
    [
      'an application that passes twice',
      (app) => {
        const sub = express().get('/x', handler);
        app.use('/a', gate.passes(sub, 'why')).use('/b', gate.passes(sub, 'why'));
      },
    ],
    [
      'a guard in a router that tells case, for its own routes',
      (app) => app.use(express.Router({ caseSensitive: true }).use('/a', gate.verifyToken()).get('/a/x', handler)),
    ],
    [
      'a parameter’s handler for a longer name',
      (app) => app.param('id', (_q, _s, next) => next()).get('/a/:idx', gate.verifyToken(), handler),
    ],
    [
      'a parameter’s handler for other routes',
      (app) => app.param('id', (_q, _s, next) => next()).get('/a/:name', gate.verifyToken(), handler),
    ],
  ])('accepts %s', (_what, build) => {
    expect(covers(build)).toEqual([]);
  });

  it.each<[string, (app: Express) => void, readonly string[]]>([
    ['a route that demands nothing', (app) => app.get('/a/:id', handler), ['GET /a/']],
    ['the root', (app) => app.get('/', handler), ['GET / demands nothing']],
    [
      'every such route, with its method',
      (app) => app.get('/a', handler).post('/a', handler).delete('/b', gate.verifyToken(), handler).all('/c', handler),
      ['GET /a demands nothing', 'POST /a demands nothing', 'ALL /c demands nothing'],
    ],
    [
      'a route before the guard for all',
      (app) => app.get('/a', handler).use(gate.verifyToken()),
      ['GET /a demands nothing'],
    ],
    [
      'a route beside a guard’s path',
      (app) => app.use('/a', gate.verifyToken()).get('/ab', handler).get('/', handler),
      ['GET /ab demands nothing', 'GET / demands nothing'],
    ],
    [
      'a route that a guard’s path covers in part',
      (app) => app.use('/a/b', gate.verifyToken()).get('/a/:x', handler),
      ['GET /a/'],
    ],
    [
      'a route of which one path alone is covered',
      (app) => app.use('/a', gate.verifyToken()).get(['/a', '/b'], handler),
      ['GET /a|/b demands nothing'],
    ],
    [
      'a route that a pattern covers perhaps',
      (app) => app.use('/a', gate.verifyToken()).get(/^\/a\/b$/, handler),
      ['GET /(^\\/a\\/b$) demands nothing'],
    ],
    [
      'a second route on a guarded path',
      (app) => app.get('/a', gate.verifyToken(), handler).get('/a', handler),
      ['GET /a demands nothing'],
    ],
    [
      'one method of app.route',
      (app) => app.route('/a').get(gate.verifyToken(), handler).post(handler),
      ['POST /a demands nothing'],
    ],
    [
      'a route deep in routers',
      (app) => app.use('/a', express.Router().use('/b', express.Router().get('/c', handler))),
      ['GET /a/b/c demands nothing'],
    ],
    [
      'a route behind a router that has a guard',
      (app) => app.use('/a', express.Router().use(gate.verifyToken())).get('/a/b', handler),
      ['GET /a/b demands nothing'],
    ],
    [
      'a route in a mounted application',
      (app) => app.use('/sub', express().get('/a', handler)),
      ['GET /sub/a demands nothing'],
    ],
    [
      'a route in an application in an application',
      (app) => app.use('/x', express().use('/y', express().get('/z', handler))),
      ['GET /x/y/z demands nothing'],
    ],
    ['a handler before the guard', (app) => app.get('/a', step, gate.verifyToken(), handler), ['GET /a']],
    [
      'a handler for all methods before the guard',
      (app) => app.route('/a').all(step).get(gate.verifyToken(), handler),
      ['GET /a'],
    ],
    [
      'a parameter’s handler before the guard',
      (app) => app.param('id', (_q, _s, next) => next()).get('/a/:id', gate.verifyToken(), handler),
      ['GET /a/'],
    ],
    ['files', (app) => app.use('/assets', express.static('.')), ["serveStatic on /assets can't be looked into"]],
    ['files at the root', (app) => app.use(express.static('.')), ["serveStatic on / can't be looked into"]],
    [
      'a function on a path',
      (app) =>
        app.use('/debug', function debugPage(_q, r) {
          r.end();
        }),
      ["debugPage on /debug can't be looked into"],
    ],
    [
      'public beside a guard',
      (app) => app.get('/a', gate.public('why'), gate.verifyToken(), handler),
      ['GET /a is public and guarded at once'],
    ],
    [
      'public behind a guard for all',
      (app) => app.use(gate.verifyToken()).get('/a', gate.public('why'), handler),
      ['GET /a is public and guarded at once'],
    ],
    [
      'our keys behind a guard for all',
      (app) =>
        app.use(gate.verifyToken()).get(
          '/jwks',
          countersign({
            service: 's',
            audience: 'a',
            trust: issuer.trust,
            signing: { issuer: 'https://s' },
            accessLog: { destination: { write() {} } },
          }).jwks(),
        ),
      ['GET /jwks is public and guarded at once'],
    ],
    ['the metrics', (app) => app.get('/metrics', gate.metrics()), ['GET /metrics demands nothing']],
    [
      'a function that can only answer, on no path',
      (app) =>
        app.use(function answers(_q, r) {
          r.end();
        }),
      ["answers on / can't be looked into"],
    ],
    [
      'a function that can only answer, in a router',
      (app) =>
        app.use(
          '/a',
          express.Router().use(function answers(_q, r) {
            r.end();
          }),
        ),
      ["answers on /a can't be looked into"],
    ],
    [
      'a function on a path that is named like Express’ own',
      (app) => app.use('/query', function query(_q, _r, _n) {}),
      ["query on /query can't be looked into"],
    ],
    [
      'a guard whose path has one slash more',
      (app) => app.use('/a//b', gate.verifyToken()).get('/a/b', handler),
      ['GET /a/b demands nothing'],
    ],
    [
      'a parameter’s handler before a guard on its path',
      (app) => app.param('t', (_q, _s, next) => next()).use('/t/:t', gate.passes(step, 'test')),
      isFive ? ["the handler of param('t') on /t/"] : ["the handler of param('t') on /(untold) can't be looked into"],
    ],
    [
      'a second mount of an application that passes once',
      (app) => {
        const sub = express().get('/x', handler);
        return app.use('/open', gate.passes(sub, 'why')).use('/closed', sub);
      },
      ['GET /closed/x demands nothing'],
    ],
    [
      'an application in a router',
      (app) => app.use('/r', express.Router().use('/sub', express().get('/a', handler))),
      ['GET /r/sub/a demands nothing'],
    ],
    [
      'a guard in a router that tells case, for a router that doesn’t',
      (app) =>
        app.use(
          express
            .Router({ caseSensitive: true })
            .use('/a', gate.verifyToken())
            .use(express.Router().get('/a/x', handler)),
        ),
      ['GET /a/x demands nothing'],
    ],
    [
      'a guard of another case in a router that tells case',
      (app) => app.use(express.Router({ caseSensitive: true }).use('/A', gate.verifyToken()).get('/a/x', handler)),
      ['GET /a/x demands nothing'],
    ],
  ])('names %s', (_what, build, problems) => {
    expect(covers(build)).toEqual(problems);
  });

  it('compares as the router does: case counts where the router says so', () => {
    const sensitive = express();
    sensitive.set('case sensitive routing', true);
    sensitive.use('/a', gate.verifyToken()).get('/a/x', handler).get('/A/y', handler);
    expect(problemsOf(sensitive)).toEqual(['GET /A/y demands nothing']);
    const mixed = express();
    mixed.set('case sensitive routing', true);
    mixed.use('/a/b', gate.verifyToken()).use('/a', express.Router().get('/b', handler));
    expect(problemsOf(mixed)).toEqual(['GET /a/b demands nothing']); // /a/B reaches it past the guard
  });

  it('sees through a mark of another copy of this package', () => {
    const foreign = Object.defineProperty(
      (_q: Request, _s: Response, next: NextFunction) => next(),
      Symbol.for('countersign.requirement'),
      { value: { permissions: [], anyOf: [] } },
    );
    expect(covers((app) => app.get('/a', foreign, handler))).toEqual([]);
  });

  it('doesn’t run what it looks at, and ends nothing afterwards', async () => {
    let runs = 0;
    const count = (_q: unknown, _s: unknown, next: NextFunction) => {
      runs++;
      next();
    };
    const sub = express();
    sub
      .use(count)
      .get('/a', count, handler)
      .use((_e: Error, _q: Request, _s: Response, next: NextFunction) => {
        runs++;
        next();
      });
    const mounted_app = (_q: unknown, _s: unknown, next: NextFunction) => count(_q, _s, next);
    expect(
      covers((app) => app.use(count).use('/sub', sub).use('/empty', express()).use('/fake', mounted_app)),
    ).not.toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 20)); // an application without layers comes back later
    expect(runs).toBe(0);
  });

  if (isFive) {
    it.each<[string, (app: Express) => void]>([
      [
        'routes behind a guard on a path with a parameter',
        (app) => app.use('/a/:x', gate.verifyToken()).get('/a/:y/b', handler).get('/a/me', handler),
      ],
      [
        'routes behind a guard on several paths',
        (app) => app.use(['/a', '/b'], gate.verifyToken()).get('/a', handler).get('/b/c', handler),
      ],
      [
        'a router behind a guard on the same pattern',
        (app) => app.use(/^\/a\/(\d+)/, gate.verifyToken(), express.Router().get('/b', handler)),
      ],
    ])('accepts %s', (_what, build) => {
      expect(covers(build)).toEqual([]);
    });

    it('takes a pattern that remembers where it was for no guard at all', () => {
      const problems = covers((app) =>
        app.use(/^\/a/g, gate.verifyToken()).use(/^\/a/g, express.Router().get('/b', handler)),
      );
      expect(problems).toEqual(['GET /(^\\/a)/b demands nothing']);
    });

    it('takes a route on a guard’s pattern for uncovered: a mount matches a beginning alone', () => {
      expect(covers((app) => app.use(/b/, gate.verifyToken()).get(/b/, handler))).toEqual(['GET /(b) demands nothing']);
    });
  } else {
    it('says where a mount path can’t be read, instead of guessing', () => {
      const build = (app: Express) => app.use('/u/:id', gate.verifyToken()).get('/u/:id/x', handler);
      expect(() => gate.assertCovered(build(express()))).toThrow(
        /GET \/u\/:id\/x demands nothing.*a guard stands on a path that this router does not tell/,
      );
      expect(covers((app) => app.use('/u/:id', express.Router().get('/x', handler)))).toEqual([
        'GET /(untold)/x demands nothing',
      ]);
      expect(covers((app) => app.use(['/a', '/b'], gate.verifyToken()).get('/a', handler))).toEqual([
        'GET /a demands nothing',
      ]);
    });

    it('counts what does not depend on it', () => {
      expect(covers((app) => app.use('/u/:id', gate.verifyToken(), express.Router().get('/x', handler)))).toEqual([]);
      expect(covers((app) => app.use('/u/:id', express.Router().get('/x', gate.verifyToken(), handler)))).toEqual([]);
      expect(
        covers((app) => app.use('/api-v1.0/x_y', gate.verifyToken(), express.Router().get('/x', handler))),
      ).toEqual([]);
    });
  }
});

describe('a router of its own, older than 2.3', () => {
  it('tells no mount paths: what is not guarded for all, or by itself, is named', () => {
    const old = router2();
    old.use('/a', gate.verifyToken());
    old.get('/a/b', (_req, _res, next) => next());
    expect(problemsOf(old)).toEqual(['GET /a/b demands nothing']);
    const guarded = router2();
    guarded.use(gate.verifyToken());
    guarded.use(
      '/x',
      router2().get('/y', (_req, _res, next) => next()),
    );
    expect(problemsOf(guarded)).toEqual([]);
  });
});
