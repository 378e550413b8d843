import { afterAll, describe, expect, it } from '@jest/globals';
import { All, Controller, Get, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigurationError, type Principal } from 'countersign';
import {
  Caller,
  Countersign,
  CountersignGuard,
  CountersignModule,
  type ModuleExtras,
  Public,
  Require,
  RequireAuthenticated,
  RequirePermission,
} from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://orders' });
const log = captureLog();
const options = {
  service: 'order-service',
  audience: 'api://orders',
  trust: issuer.trust,
  accessLog: { destination: log.destination },
};
const moduleWith = (extras: ModuleExtras = {}) => CountersignModule.forRoot({ ...options, ...extras });

const symbolHandler = Symbol('handler');

@Controller('plain')
class PlainController {
  @Get('undeclared')
  undeclared(): string {
    return 'reached';
  }

  @Public('test')
  @Get('public')
  open(): string {
    return 'reached';
  }

  @RequireAuthenticated()
  @Get('me')
  me(@Caller() caller: Principal): object {
    return { subject: caller.subject, frozen: Object.isFrozen(caller) };
  }

  @Require({ anyOf: ['a', 'b'] })
  @All('any')
  any(): string {
    return 'reached';
  }
}

@RequirePermission('class')
@Controller('declared')
class DeclaredController {
  @Get('by-class')
  byClass(): string {
    return 'reached';
  }

  @RequirePermission('method')
  @Get('by-method')
  byMethod(): string {
    return 'reached';
  }
}

@RequirePermission('base')
@Controller('base')
abstract class BaseController<T = unknown> {
  readonly unused?: T;

  @Get('inherited')
  inherited(): string {
    return 'reached';
  }

  @RequirePermission('method')
  @Get('declared')
  declared(): string {
    return 'reached';
  }

  @RequirePermission('method')
  @Get('overridden')
  overridden(): string {
    return 'reached';
  }
}

@Controller('sub')
class SubController extends BaseController<string> {
  @Get('overridden')
  override overridden(): string {
    return 'reached';
  }
}

/** Two controllers with one handler between them, which itself declares nothing. */
abstract class SharedHandlers {
  @Get('shared')
  shared(): string {
    return 'reached';
  }
}

@Public('a test of what is open')
@Controller('open')
class OpenHeir extends SharedHandlers {}

@Controller('closed')
class ClosedHeir extends SharedHandlers {}

function Mixin<Base extends new (...values: never[]) => object>(Parent: Base) {
  @RequirePermission('mixin')
  @Controller('mixed')
  class Mixed extends (Parent as unknown as new () => object) {
    @Get('in-mixin')
    inMixin(): string {
      return 'reached';
    }
  }
  return Mixed;
}

@Controller('mixed')
class MixedController extends Mixin(Object) {}

@Controller('symbol')
class SymbolController {
  @RequireAuthenticated()
  @Get('x')
  [symbolHandler](): string {
    return 'reached';
  }

  @RequireAuthenticated()
  @Get('plain')
  plain(): string {
    return 'reached';
  }
}

@Controller('foreign')
class ForeignController {
  @Get()
  get(): string {
    return 'reached';
  }
}

describe.each(nestPlatforms)('what handlers declare, Nest on %s', (_platform, makeAdapter) => {
  const statusOf = async (base: string, path: string, scope?: string) => {
    const headers = scope === undefined ? [] : [bearer(await issuer.sign({ scope }))];
    return (await sendRequest(base, path, { headers })).status;
  };
  const start = (controllers: (new () => object)[], extras: ModuleExtras = {}) =>
    startNest(makeAdapter, { imports: [moduleWith(extras)], controllers });

  it('counts, and what declares nothing is closed', async () => {
    const base = await start([PlainController]);
    expect(await statusOf(base, '/plain/undeclared', 'everything')).toBe(403);
    expect(await statusOf(base, '/plain/public')).toBe(200);
    expect(await statusOf(base, '/plain/me')).toBe(401);
    expect((await sendRequest(base, '/plain/me', { headers: [bearer(await issuer.sign())] })).body).toBe(
      '{"subject":"test-service","frozen":true}',
    );
    expect(await statusOf(base, '/plain/any', 'b')).toBe(200);
    expect(await statusOf(base, '/plain/any', 'c')).toBe(403);
  });

  it('on a method replaces what its class declares', async () => {
    const base = await start([DeclaredController]);
    expect(await statusOf(base, '/declared/by-class', 'class')).toBe(200);
    expect(await statusOf(base, '/declared/by-class', 'method')).toBe(403);
    expect(await statusOf(base, '/declared/by-method', 'method')).toBe(200);
    expect(await statusOf(base, '/declared/by-method', 'class')).toBe(403);
  });

  it('is not inherited from a class, and lost by an override that drops it', async () => {
    const base = await start([SubController as never, MixedController as never, SymbolController]);
    expect(await statusOf(base, '/sub/inherited', 'base method')).toBe(403);
    expect(await statusOf(base, '/sub/overridden', 'base method')).toBe(403);
    expect(await statusOf(base, '/sub/declared', 'method')).toBe(200); // the very method that declared it
    expect(await statusOf(base, '/mixed/in-mixin', 'mixin')).toBe(403);
    expect(await statusOf(base, '/symbol/plain')).toBe(401);
    expect([401, 404]).toContain(await statusOf(base, '/symbol/x'));
  });

  it('is each controller’s own, where several have one handler, whoever was asked before', async () => {
    const base = await start([OpenHeir as never, ClosedHeir as never]);
    const statuses: number[] = [];
    for (const path of ['/open/shared', '/closed/shared', '/open/shared', '/closed/shared', '/closed/shared']) {
      statuses.push(await statusOf(base, path, 'any'));
    }
    expect(statuses).toEqual([200, 403, 200, 403, 403]);
  });

  it('can be declared from outside', async () => {
    const base = await start([ForeignController], {
      declare: [{ controller: ForeignController, requirement: { permissions: 'foreign' } }],
    });
    expect(await statusOf(base, '/foreign', 'foreign')).toBe(200);
    expect(await statusOf(base, '/foreign', 'other')).toBe(403);
  });

  it('or else the application doesn’t start, where that is wanted', async () => {
    await expect(start([PlainController], { undeclaredRoutes: 'refuse-start' })).rejects.toThrow(
      /PlainController\.undeclared; write @RequirePermission/,
    );
    await expect(start([DeclaredController], { undeclaredRoutes: 'refuse-start' })).resolves.toBeDefined();
  });

  it('must be possible: @Caller() needs a caller', async () => {
    @Controller('odd')
    class OddController {
      @Public('test')
      @Get()
      odd(@Caller() caller: Principal): string {
        return caller.subject;
      }
    }
    await expect(start([OddController])).rejects.toThrow(/OddController\.odd is public and wants @Caller\(\)/);
  });
});

describe('a declaration that is none', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'two on one handler',
      () => {
        class Twice {
          @Public('test')
          @RequirePermission('a')
          get(): void {}
        }
        return Twice;
      },
      /get declares two requirements/,
    ],
    [
      'two on one class',
      () => {
        @RequireAuthenticated()
        @RequirePermission('a')
        class Twice {}
        return Twice;
      },
      /Twice declares two requirements/,
    ],
    ['an empty permission', () => RequirePermission(''), /non-empty string/],
    ['public without a reason', () => Public(''), /requirement\.public/],
    ['a misspelt member', () => Require({ permission: 'a' } as never), /requirement\.permission is not an option/],
  ])('is an error while the class is defined: %s', (_what, define, message) => {
    expect(define).toThrow(message);
    expect(define).toThrow(ConfigurationError);
  });

  it.each<[string, object, RegExp]>([
    [
      'an unknown way with undeclared routes',
      { undeclaredRoutes: 'open' },
      /undeclaredRoutes must be 'close' or 'refuse-start'/,
    ],
    ['an endpoint without a slash', { endpoints: { metrics: 'metrics' } }, /endpoints\.metrics must be a path/],
    ['an unknown endpoint', { endpoints: { swagger: '/docs' } }, /endpoints\.swagger is not an option/],
    ['a list in place of declare', { declare: {} }, /declare must be a list/],
    [
      'a controller that is none',
      { declare: [{ controller: 'x', requirement: {} }] },
      /declare\[0\]\.controller must be a controller class/,
    ],
    [
      'a controller that declares itself',
      { declare: [{ controller: DeclaredController, requirement: {} }] },
      /declares a requirement itself: DeclaredController/,
    ],
    ['an audience that is unset', { audience: undefined }, /audience must be a non-empty string/],
  ])('is an error at start: %s', async (_what, extras, message) => {
    await expect(
      Test.createTestingModule({ imports: [CountersignModule.forRoot({ ...options, ...extras } as never)] }).compile(),
    ).rejects.toThrow(message);
  });
});

describe('the module', () => {
  const config = { provide: 'CONFIG', useValue: { audience: 'api://orders' } };
  @Module({ providers: [config], exports: [config] })
  class ConfigModule {}

  class OptionsFactory {
    create() {
      return options;
    }
  }
  @Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
  class FactoryModule {}

  it.each([
    [
      'useFactory',
      {
        imports: [ConfigModule],
        inject: ['CONFIG'],
        useFactory: async (given: { audience: string }) => ({ ...options, ...given }),
      },
    ],
    ['useClass', { useClass: OptionsFactory }],
    ['useExisting', { imports: [FactoryModule], useExisting: OptionsFactory }],
  ])('is configured by forRootAsync with %s', async (_way, asynchronous) => {
    const [, makeExpress] = nestPlatforms[0];
    const base = await startNest(makeExpress, {
      imports: [CountersignModule.forRootAsync({ ...asynchronous, endpoints: { health: '/alive' } } as never)],
      controllers: [PlainController],
    });
    expect((await sendRequest(base, '/alive')).status).toBe(200);
    expect((await sendRequest(base, '/plain/me')).status).toBe(401);
    expect((await sendRequest(base, '/plain/me', { headers: [bearer(await issuer.sign())] })).status).toBe(200);
  });

  it('works in a TestingModule without a network, and gives out the gate', async () => {
    const testing = await Test.createTestingModule({
      imports: [CountersignModule.forRoot({ ...options, signing: { issuer: 'https://orders.internal' } })],
      controllers: [PlainController],
    }).compile();
    const app = testing.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    const base = `http://127.0.0.1:${(app.getHttpServer().address() as { port: number }).port}`;
    expect((await fetch(`${base}/plain/me`, { headers: await issuer.headers() })).status).toBe(200);
    expect((await fetch(`${base}/plain/undeclared`, { headers: await issuer.headers() })).status).toBe(403);
    const countersign = testing.get(Countersign);
    expect((await countersign.mint({ audience: 'api://payments' })).split('.')).toHaveLength(3);
    expect(typeof countersign.client({ audience: 'api://payments', origins: ['https://payments.internal'] })).toBe(
      'function',
    );
    expect((await countersign.gate.ready()).ready).toBe(true);
    await app.close();
  });

  it('lets a test put another guard in the place of its own', async () => {
    const testing = await Test.createTestingModule({ imports: [moduleWith()], controllers: [PlainController] })
      .overrideProvider(CountersignGuard)
      .useValue({ canActivate: () => true })
      .compile();
    const app = testing.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    const base = `http://127.0.0.1:${(app.getHttpServer().address() as { port: number }).port}`;
    expect((await fetch(`${base}/plain/undeclared`)).status).toBe(200);
    await app.close();
  });

  it('can be there twice in a process, each with its own trust', async () => {
    const [, makeExpress] = nestPlatforms[0];
    const other = await createTestIssuer({ audience: 'api://orders', issuer: 'https://other.test' });
    const one = await startNest(makeExpress, { imports: [moduleWith()], controllers: [PlainController] });
    const two = await startNest(makeExpress, {
      imports: [CountersignModule.forRoot({ ...options, trust: other.trust })],
      controllers: [PlainController],
    });
    const token = await issuer.sign();
    expect((await sendRequest(one, '/plain/me', { headers: [bearer(token)] })).status).toBe(200);
    expect((await sendRequest(two, '/plain/me', { headers: [bearer(token)] })).status).toBe(401);
  });
});
