import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { countersign } from 'countersign/express';
import { CountersignModule, Public, RequireAuthenticated, RequirePermission } from 'countersign/nest';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';
import { sendRaw, writeRequest } from '../support/send-raw.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { spellPath } from '../support/spell-path.js';
import { type MakeAdapter, nestPlatforms, startNest, stopNest } from '../support/start-nest.js';
import { startServer, stopServers } from '../support/start-server.js';

const issuer = await createTestIssuer({ audience: 'api://orders' });
const options = {
  service: 's',
  audience: 'api://orders',
  trust: issuer.trust,
  signing: { issuer: 'https://s.test' },
  accessLog: { destination: { write() {} } },
};
let reached = 0;

@Controller()
class AdminController {
  @RequireAuthenticated()
  @Get('admin/x')
  admin(): string {
    reached++;
    return 'reached';
  }

  @RequirePermission('nobody:has')
  @Get('forbidden')
  forbidden(): void {}

  @Get('undeclared')
  undeclared(): void {}

  @Public('test')
  @Get('public')
  open(): string {
    return 'open';
  }
}

async function startExpress(isMounted: boolean): Promise<string> {
  const gate = countersign(options);
  const app = express();
  app.use(gate.accessLog());
  const note = (_req: express.Request, res: express.Response) => {
    reached++;
    res.send('reached');
  };
  if (isMounted) app.use('/admin', gate.verifyToken()).get('/admin/x', note);
  else app.get('/admin/x', gate.verifyToken(), note);
  app.get('/forbidden', gate.requirePermission('nobody:has'), note);
  app.get('/public', gate.public('test'), (_req, res) => void res.send('open'));
  app.get('/metrics', gate.requirePermission('metrics:read'), gate.metrics());
  app.get('/jwks', gate.jwks());
  app.get('/metadata', gate.metadata());
  gate.assertCovered(app);
  return startServer(app);
}

function startModule(makeAdapter: MakeAdapter): Promise<string> {
  const endpoints = { metrics: '/metrics', jwks: '/jwks', metadata: '/metadata', health: '/health' };
  return startNest(makeAdapter, {
    imports: [CountersignModule.forRoot({ ...options, endpoints })],
    controllers: [AdminController],
  });
}

const lenient = {
  ignoreTrailingSlash: true,
  ignoreDuplicateSlashes: true,
  caseSensitive: false,
  useSemicolonDelimiter: true,
};

afterAll(async () => {
  await stopServers();
  await stopNest();
});

describe.each<[string, () => Promise<string>]>([
  ['Express, a guard on each route', () => startExpress(false)],
  ['Express, a guard on a path', () => startExpress(true)],
  ...nestPlatforms.map(
    ([name, make]) => [`Nest on ${name}`, () => startModule(make)] as [string, () => Promise<string>],
  ),
  ['Nest on Fastify, lenient about paths', () => startModule(() => new FastifyAdapter({ routerOptions: lenient }))],
])('%s', (_surface, start) => {
  let base: string;
  let field: string;
  beforeAll(async () => {
    base = await start();
    field = `authorization: Bearer ${await issuer.sign({ scope: 'metrics:read' })}`;
    reached = 0;
  });

  it('CVE-2026-2293 CVE-2026-54281: however its path is spelt, a route that is guarded never answers without a token', async () => {
    const leaks: string[] = [];
    let opened = 0;
    for (const target of ['/admin/x', '/metrics'].flatMap(spellPath)) {
      const [withToken = 0] = await sendRaw(base, writeRequest(target, [field]));
      reached = 0;
      const [without = 0] = await sendRaw(base, writeRequest(target));
      // What a token opens, its absence closes; everything else isn't there, or is no request.
      const expected = withToken < 300 ? [401] : [400, 401, 404];
      if (!expected.includes(without) || reached > 0) leaks.push(`${target} answered ${without}`);
      if (withToken < 300) opened++;
    }
    expect(leaks).toEqual([]);
    expect(opened).toBeGreaterThanOrEqual(18); // it was the routes that were asked for, by several of their names
  }, 30_000);

  it('CVE-2022-25896 GHSA-v923-w3x8-wh69: there is no session to be fixed – no answer sets a cookie, no cookie lets anybody in, and a connection remembers nobody', async () => {
    const token = await issuer.sign({ scope: 'metrics:read' });
    const cookie = ['cookie', `sid=1; connect.sid=s%3A1.x; token=${token}; access_token=${token}`] as const;
    const paths = [
      '/admin/x',
      '/forbidden',
      '/undeclared',
      '/public',
      '/metrics',
      '/jwks',
      '/metadata',
      '/health',
      '/none',
    ];
    const statuses = new Set<number>();
    for (const path of paths) {
      for (const headers of [[], [cookie], [bearer(token)], [cookie, bearer(token)], [bearer('forged')]]) {
        const answer = await sendRequest(base, path, { headers });
        expect([path, answer.lines('set-cookie')]).toEqual([path, []]);
        statuses.add(answer.status);
      }
    }
    expect([...statuses].sort()).toEqual([200, 401, 403, 404]);
    expect((await sendRequest(base, '/admin/x', { headers: [cookie] })).status).toBe(401);
    const first = `GET /admin/x HTTP/1.1\r\nhost: a\r\n${field}\r\n\r\n`;
    expect(await sendRaw(base, first + writeRequest('/admin/x', ['cookie: sid=1']))).toEqual([200, 401]);
  }, 30_000);

  it('express-oauth2-jwt-bearer PR 244: no Host and no forwarded field changes a verdict – and a token that is bound to a key is not accepted as a bearer’s', async () => {
    const bound = `authorization: Bearer ${await issuer.sign({ cnf: { jkt: 'A'.repeat(43) } })}`;
    const hosts = [
      'orders.test',
      'ORDERS.test:443',
      'evil.test',
      '[::1]:80',
      'a@b',
      'a/b#c?d',
      'a\\b',
      '%00',
      ' ',
      'a, b',
      '"',
    ];
    const fields = hosts.flatMap((host) => [
      [`host: ${host}`, 'x-original-url: /public', 'x-rewrite-url: /public', 'x-forwarded-prefix: /public'],
      [`x-forwarded-host: ${host}`, 'x-forwarded-proto: https', `forwarded: host="${host}";proto=https`],
    ]);
    for (const more of fields) {
      const verdicts: number[] = [];
      for (const credential of [[field], [], [bound]]) {
        verdicts.push(...(await sendRaw(base, writeRequest('/admin/x', [...more, ...credential]))));
      }
      expect([more, verdicts]).toEqual([more, [200, 401, 401]]);
    }
    const { status, lines } = await sendRequest(base, '/admin/x', { headers: [bearer(bound.slice(22))] });
    expect([status, lines('www-authenticate')[0]]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
  }, 30_000);
});
