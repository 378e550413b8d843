import { afterAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { type CallerRequirement, definePolicy, type GateOptions } from 'countersign';
import { countersign } from 'countersign/express';
import { CountersignModule, RequirePermission } from 'countersign/nest';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express from 'express';
import { captureLog } from '../support/capture-log.js';
import { runNode } from '../support/run-node.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(async () => {
  await stopServers();
  await stopNest();
});

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const DAY = 86_400;
const inDays = (days: number) => new Date((clock.now() + days * DAY) * 1000);
const shadow = (days = 1) => ({ shadow: true, until: inDays(days) }) as const;
const unauthenticated = (days = 1) => ({ dangerouslyAllowUnauthenticated: { until: inDays(days) } });

const base = { service: 'order-service', audience: 'api://orders', trust: issuer.trust, now: clock.now };

async function start(requirement: CallerRequirement, options: Partial<GateOptions> = {}) {
  const log = captureLog();
  const gate = countersign({ ...base, accessLog: { destination: log.destination }, ...options });
  const app = express();
  app.use(gate.accessLog());
  app.get('/', gate.require(requirement), (req, res) =>
    res.set('x-resource', req.resource?.id ?? '').json(req.principal?.subject ?? null),
  );
  const at = await startServer(app);
  return {
    gate,
    async ask(claims: Record<string, unknown> = {}) {
      const headers = [bearer(await issuer.sign(claims))];
      const answer = await sendRequest(at, '/', { headers });
      const { decision, reason, wouldDeny, caller } = await log.next();
      return { answer, told: [answer.status, decision, reason ?? wouldDeny], caller };
    },
    anonymous: async (...headers: (readonly [string, string])[]) => {
      const answer = await sendRequest(at, '/', { headers });
      const { decision, reason, wouldDeny } = await log.next();
      return [answer.status, decision, reason ?? wouldDeny, answer.body];
    },
  };
}

const never = definePolicy('never', () => false);
const broken = definePolicy('broken', () => {
  throw new Error('boom');
});

describe('shadow mode', () => {
  it.each<[string, CallerRequirement, string]>([
    ['a permission', { permissions: 'x' }, 'permission_missing'],
    ['a kind', { kinds: ['user'] }, 'caller_kind_refused'],
    ['a step-up', { kinds: ['service'], stepUp: { acr: 'strong' } }, 'caller_kind_refused'],
    ['a policy', { policy: never }, 'policy_denied'],
    ['a policy that throws', { policy: broken }, 'internal_error'],
    ['a resource', { resource: () => undefined }, 'resource_missing'],
  ])('lets pass what it would deny for %s, and records why', async (_what, requirement, reason) => {
    const { ask } = await start(requirement, { mode: shadow() });
    const { answer, told } = await ask({});
    expect(told).toEqual([200, 'permit', reason]);
    expect(JSON.parse(answer.body)).toBe('test-service');
    expect((await (await start(requirement)).ask()).told[0]).not.toBe(200);
  });

  it.each<[string, CallerRequirement]>([
    ['before it was loaded', { permissions: 'x' }],
    ['after it was loaded', { policy: never }],
  ])('hands over the resource, whether the denial came %s', async (_what, requirement) => {
    let loads = 0;
    const load = () => ({ type: 'order', id: String(++loads) });
    const { ask, anonymous } = await start(
      { ...requirement, resource: load },
      { mode: shadow(), ...unauthenticated() },
    );
    expect((await ask()).answer.headers['x-resource']).toBe('1');
    await anonymous();
    expect(loads).toBe(2);
  });

  it('says nothing of what would pass', async () => {
    const { ask } = await start({ permissions: 'x' }, { mode: shadow() });
    expect((await ask({ scope: 'x' })).told).toEqual([200, 'permit', undefined]);
  });

  it.each<[string, Record<string, unknown> | undefined, string, Partial<GateOptions>]>([
    ['without a token', undefined, 'token_missing', {}],
    ['with an expired one', { iat: clock.now() - 900, exp: clock.now() - 600 }, 'token_expired', {}],
    ['with one for somebody else', { aud: 'api://other' }, 'audience_mismatch', {}],
    [
      'without the proof that is demanded',
      {},
      'binding_missing',
      { publicOrigin: 'https://a.example', proof: 'required' },
    ],
  ])('lets nobody in who is not verified: %s', async (_what, claims, reason, options) => {
    const { ask, anonymous } = await start({}, { mode: shadow(), ...options });
    const told = claims ? (await ask(claims)).told : (await anonymous()).slice(0, 3);
    expect(told).toEqual([401, 'deny', reason]);
  });

  it('ends by itself', async () => {
    const { ask } = await start({ permissions: 'x' }, { mode: shadow(1) });
    expect((await ask()).told).toEqual([200, 'permit', 'permission_missing']);
    clock.advance(DAY - 1);
    expect((await ask()).told).toEqual([200, 'permit', 'permission_missing']);
    clock.advance(1);
    expect((await ask()).told).toEqual([403, 'deny', 'permission_missing']);
  });

  it('is of a route, or of all but one', async () => {
    const one = await start({ permissions: 'x', mode: shadow() });
    expect((await one.ask()).told).toEqual([200, 'permit', 'permission_missing']);
    const other = await start({ permissions: 'x', mode: 'enforce' }, { mode: shadow() });
    expect((await other.ask()).told).toEqual([403, 'deny', 'permission_missing']);
  });

  it('is told in metrics', async () => {
    const requirement = { permissions: 'x', mode: shadow(3) };
    const { ask, gate } = await start(requirement, { mode: shadow(2), ...unauthenticated(1) });
    gate.settle({ mode: shadow(1) });
    await ask();
    const { body } = await gate.documents.metrics()();
    expect(body).toContain('countersign_would_deny_total{route="/",method="GET",reason="permission_missing"} 1');
    expect(body).toMatch(/countersign_shadow_until_timestamp_seconds\{of="authorization"\} \d{10}/);
    expect(body).toMatch(/countersign_shadow_until_timestamp_seconds\{of="authentication"\} \d{10}/);
    const until = Math.floor(requirement.mode.until.getTime() / 1000);
    expect(body).toContain(`countersign_shadow_until_timestamp_seconds{of="routes"} ${until}`);
  });
});

describe('unauthenticated requests', () => {
  it('pass as nobody, where the operator says so, and the record says why they should not', async () => {
    const { anonymous, ask } = await start({ permissions: 'x' }, unauthenticated());
    expect(await anonymous()).toEqual([200, 'permit', 'token_missing', 'null']);
    expect(await anonymous(bearer('garbage'))).toEqual([200, 'permit', 'token_malformed', 'null']);
    const forged = await issuer.forge('signature-tampered' as never).catch(() => 'a.b.c');
    expect((await anonymous(bearer(forged)))[3]).toBe('null');
    // Who is verified is still judged.
    expect((await ask()).told).toEqual([403, 'deny', 'permission_missing']);
    expect((await ask({ scope: 'x' })).told).toEqual([200, 'permit', undefined]);
  });

  it('end by themselves', async () => {
    const { anonymous } = await start({}, unauthenticated(1));
    expect((await anonymous())[0]).toBe(200);
    clock.advance(DAY);
    expect((await anonymous()).slice(0, 3)).toEqual([401, 'deny', 'token_missing']);
  });
});

describe('both', () => {
  it('are told at start', async () => {
    const { stderr } = await runNode(
      `import { createGate } from 'countersign';
      const until = new Date(Date.now() + 86_400_000);
      const gate = createGate({
        service: 's', audience: 'a', trust: [{ issuer: 'https://i.example' }],
        mode: { shadow: true, until }, dangerouslyAllowUnauthenticated: { until },
      });
      gate.settle({ mode: { shadow: true, until } });`,
    );
    expect(stderr.match(/\[COUNTERSIGN_\w+\]/g)).toEqual([
      '[COUNTERSIGN_SHADOW_MODE]',
      '[COUNTERSIGN_DANGEROUSLY_ALLOW_UNAUTHENTICATED]',
      '[COUNTERSIGN_SHADOW_MODE]',
    ]);
  });

  const mode = (value: unknown) => ({ mode: value });
  const open = (value: unknown) => ({ dangerouslyAllowUnauthenticated: value });
  it.each<[string, object, string, RegExp]>([
    ['another word', mode('shadow'), 'mode', /must be 'enforce' or \{ shadow: true, until \}, found "shadow"/],
    ['an unset mode', mode(undefined), 'mode', /must be an object, found undefined/],
    ['a mode without end', mode({ shadow: true }), 'mode.until', /must be a date, found undefined/],
    ['a mode that is off', mode({ shadow: false, until: '2026-12-24' }), 'mode.shadow', /must be true/],
    ['a shadow in text', mode({ shadow: 'true', until: '2026-12-24' }), 'mode.shadow', /must be true or false/],
    ['a date that is none', mode({ shadow: true, until: 'soon' }), 'mode.until', /must be a date, found "soon"/],
    ['a date of no calendar', mode({ shadow: true, until: '2026-13-40' }), 'mode.until', /must be a date/],
    ['a number', mode({ shadow: true, until: 1e12 }), 'mode.until', /must be a date, found the number/],
    ['a date in years', mode({ shadow: true, until: '9999-12-31' }), 'mode.until', /at most 366 days ahead/],
    ['all doors open', open(true), 'dangerouslyAllowUnauthenticated', /must be an object, found true/],
    ['no end', open({}), 'dangerouslyAllowUnauthenticated.until', /must be a date/],
    [
      'an end next year',
      open({ until: new Date(Date.now() + 93 * DAY * 1000) }),
      'dangerouslyAllowUnauthenticated.until',
      /at most 92 days/,
    ],
  ])('are refused at start with %s', (_what, options, option, message) => {
    expect(() => countersign({ ...base, ...options } as GateOptions)).toThrow(
      expect.objectContaining({ option, message: expect.stringMatching(message) }) as unknown as Error,
    );
  });
});

@Controller()
class OrdersController {
  @RequirePermission('orders:read')
  @Get('declared')
  declared(): string {
    return 'reached';
  }

  @UseGuards()
  @Get('undeclared')
  undeclared(): string {
    return 'reached';
  }
}

describe.each(nestPlatforms)('shadow mode in Nest on %s', (_platform, makeAdapter) => {
  it('lets verified callers reach what is closed to them, or declared for nobody', async () => {
    const log = captureLog();
    const options = { ...base, accessLog: { destination: log.destination }, mode: shadow() };
    const at = await startNest(makeAdapter, {
      imports: [CountersignModule.forRoot(options)],
      controllers: [OrdersController],
    });
    const token = bearer(await issuer.sign());
    for (const [path, reason] of [
      ['/declared', 'permission_missing'],
      ['/undeclared', 'route_undeclared'],
    ] as const) {
      const answer = await sendRequest(at, path, { headers: [token] });
      expect([answer.status, answer.body, (await log.next()).wouldDeny]).toEqual([200, 'reached', reason]);
      expect((await sendRequest(at, path)).status).toBe(401);
      expect((await log.next()).reason).toBe('token_missing');
    }
  });
});
