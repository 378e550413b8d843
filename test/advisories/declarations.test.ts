import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, type Type } from '@nestjs/common';
import { CountersignModule, type ModuleExtras, RequirePermission } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const issuer = await createTestIssuer({ audience: 'api://orders' });
const symbolic = Symbol('handler');

abstract class Base<Item = unknown> {
  readonly unused?: Item;

  @RequirePermission('base')
  @Get('kept')
  kept(): void {}

  @RequirePermission('base')
  @Get('overridden')
  overridden(): void {}

  @RequirePermission('base')
  @Get('silent')
  silent(): void {}

  @Get('bare')
  bare(): void {}
}

@Controller('generic')
class GenericController extends Base<string> {
  @Get('overridden')
  override overridden(): void {}

  override silent(): void {} // no route any more
}

@RequirePermission('base')
@Controller('parent')
class ParentController {
  @Get('declared')
  declared(): void {}
}

@Controller('child')
class ChildController extends ParentController {}

const mixIn = (Parent: Type<object>) => {
  @RequirePermission('base')
  class Mixed extends Parent {
    @Get('mixed')
    mixed(): void {}
  }
  return Mixed;
};

@Controller('mixture')
class MixtureController extends mixIn(Object as Type<object>) {}

@Controller('symbol')
class SymbolController {
  @RequirePermission('base')
  @Get('declared')
  [symbolic](): void {}

  @Get('bare')
  bare(): void {}
}

/** Each handler, and what a caller gets there without a token, without the permission, and with it. */
const handlers: readonly (readonly [string, readonly number[]])[] = [
  ['/generic/kept', [401, 403, 200]],
  ['/generic/overridden', [403, 403, 403]],
  ['/generic/silent', [404, 404, 404]],
  ['/generic/bare', [403, 403, 403]],
  ['/parent/declared', [401, 403, 200]],
  ['/child/declared', [403, 403, 403]],
  ['/mixture/mixed', [403, 403, 403]],
  ['/symbol/declared', [404, 404, 404]], // Nest makes no route of it
  ['/symbol/bare', [403, 403, 403]],
];

describe.each(nestPlatforms)('Nest on %s', (_platform, makeAdapter) => {
  const start = (controllers: readonly Type<object>[], extras: ModuleExtras = {}) => {
    const gate = {
      service: 's',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: { write() {} } },
    };
    return startNest(makeAdapter, {
      imports: [CountersignModule.forRoot({ ...gate, ...extras })],
      controllers: [...controllers],
    });
  };

  it('CVE-2025-41248 CVE-2025-41249: a declaration that is lost on the way – in a subclass, an override, a mixin, a generic or abstract base – leaves the handler closed', async () => {
    const base = await start([
      GenericController,
      ParentController,
      ChildController,
      MixtureController,
      SymbolController,
    ]);
    const statusOf = async (path: string, scope?: string) => {
      const headers = scope === undefined ? [] : [bearer(await issuer.sign({ scope }))];
      return (await sendRequest(base, path, { headers })).status;
    };
    for (const [path, statuses] of handlers) {
      expect([path, await statusOf(path), await statusOf(path, 'other'), await statusOf(path, 'base')]).toEqual([
        path,
        ...statuses,
      ]);
    }
  }, 30_000);

  it('CVE-2025-41248 CVE-2025-41249: or the application doesn’t start, and names the handler', async () => {
    const undeclaredRoutes = 'refuse-start' as const;
    for (const [controller, message] of [
      [GenericController, /GenericController\.overridden.*GenericController\.bare/s],
      [ChildController, /ChildController\.declared/],
      [MixtureController, /MixtureController\.mixed/],
      [SymbolController, /SymbolController\.bare/],
    ] as const) {
      await expect(start([controller], { undeclaredRoutes })).rejects.toThrow(message);
    }
    await expect(start([ParentController], { undeclaredRoutes })).resolves.toBeDefined();
  }, 30_000);
});
