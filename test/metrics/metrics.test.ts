import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createGate } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import type { Express } from 'express';
import { Counter, Registry } from 'prom-client';
import { captureLog } from '../support/capture-log.js';
import { expressVersions } from '../support/express-versions.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const issuer = await createTestIssuer({ audience: 'api://orders' });

describe.each(expressVersions)('the metrics, %s', (_version, express) => {
  async function rig(options = {}) {
    const log = captureLog();
    const gate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: issuer.trust,
      signing: { issuer: 'https://orders.internal' },
      accessLog: { destination: log.destination },
      ...options,
    });
    const app: Express = express();
    app.use(gate.accessLog());
    app.get('/orders/:id', gate.requirePermission('orders:read'), (_req, res) => void res.send('reached'));
    app.get('/odd', gate.public('test'), (_req, res) => void res.writeHead(799).end());
    app.get('/metrics', gate.requirePermission('metrics:read'), gate.metrics());
    const base = await startServer(app);
    const token = await issuer.sign({ scope: 'orders:read metrics:read' });
    const send = async (path: string, options: Parameters<typeof sendRequest>[2] = { headers: [bearer(token)] }) => {
      const answer = await sendRequest(base, path, options);
      await log.next();
      return answer;
    };
    return { gate, send, scrape: async () => (await send('/metrics')).body };
  }

  it('count refused requests that show a token in their query, alone or beside another', async () => {
    const { send, scrape } = await rig();
    await send('/orders/1?access_token=abc', {});
    await send('/orders/1?a=b&access_token=', { headers: [bearer('abc')] });
    await send('/orders/1?a=access_token', {});
    expect(await scrape()).toContain('countersign_tokens_in_query_total 2');
  });

  it('count requests by route, method, status and decision, and denials by reason', async () => {
    const { send, scrape, gate } = await rig();
    await send('/orders/1');
    await send('/orders/2');
    await send('/orders/3', {});
    await send('/orders/4', { headers: [bearer(await issuer.forge('expired'))] });
    await send('/odd');
    gate.client({ audience: 'api://payments', origins: ['https://payments.internal'] });
    await gate.mint({ audience: 'api://payments' });
    await gate.mint({ audience: 'api://made-up' });
    const text = await scrape();
    for (const line of [
      'countersign_decisions_total{route="/orders/:id",method="GET",decision="permit",reason=""} 2',
      'countersign_decisions_total{route="/orders/:id",method="GET",decision="deny",reason="token_missing"} 1',
      'countersign_decisions_total{route="/orders/:id",method="GET",decision="deny",reason="token_expired"} 1',
      'countersign_request_duration_seconds_count{route="/orders/:id",method="GET",status="200",decision="permit"} 2',
      'countersign_request_duration_seconds_count{route="/orders/:id",method="GET",status="401",decision="deny"} 2',
      'countersign_request_duration_seconds_count{route="/odd",method="GET",status="other",decision="permit"} 1',
      'countersign_token_verifications_total{issuer="https://issuer.test",result="accepted",reason=""} 3',
      'countersign_token_verifications_total{issuer="https://issuer.test",result="refused",reason="token_expired"} 1',
      'countersign_token_verifications_total{issuer="",result="refused",reason="token_missing"} 1',
      'countersign_key_age_seconds{issuer="https://issuer.test"} 0',
      'countersign_tokens_minted_total{audience="api://payments"} 1',
      'countersign_tokens_minted_total{audience="other"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('get no series from junk paths, methods and hosts', async () => {
    const { send, scrape } = await rig();
    await send('/junk-0', { method: 'PURGE', headers: [['host', 'junk-0.example']] });
    await send('/orders/x-0', { method: 'REPORT', headers: [['x-request-id', 'junk-id-0']] });
    await send('/orders/0');
    await scrape();
    const before = (await scrape()).split('\n').length;
    for (let at = 1; at < 100; at++) {
      await send(`/junk-${at}/${at}`, {
        method: ['PURGE', 'MKCOL', 'LINK', 'SEARCH'][at % 4] as string,
        headers: [['host', `junk-${at}.example`]],
      });
      await send(`/orders/${at}`);
    }
    expect((await scrape()).split('\n')).toHaveLength(before);
  });

  it('are read by whoever scrapes', async () => {
    const { send, scrape } = await rig();
    await send('/orders/1');
    await scrape();
    checkExposition(await scrape());
  });

  it('are for those who may read them', async () => {
    const { send } = await rig();
    expect((await send('/metrics', {})).status).toBe(401);
    expect((await send('/metrics', { headers: [bearer(await issuer.sign({ scope: 'orders:read' }))] })).status).toBe(
      403,
    );
    const { headers } = await send('/metrics');
    expect([headers['content-type'], headers['cache-control']]).toEqual([
      'text/plain; version=0.0.4; charset=utf-8',
      'no-store',
    ]);
  });
});

/** promtool's judgement where it is installed; a small reading of the format elsewhere. */
function checkExposition(text: string): void {
  const { error, status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (!error) {
    expect([status, stderr]).toEqual([0, '']);
    return;
  }
  if (process.env['CI']) throw new Error('promtool is not installed');
  process.stderr.write('SKIPPED: promtool is not installed; the exposition is only read by a small parser\n');
  const names = new Set<string>();
  for (const line of text.split('\n').filter(Boolean)) {
    const described = /^# (?:HELP|TYPE) (countersign_[a-z_]+) /.exec(line)?.[1];
    if (described) names.add(described);
    else
      expect(names).toContain(
        /^(countersign_[a-z_]+?)(?:_bucket|_sum|_count)?(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? [\d.e+-]+$/.exec(
          line,
        )?.[1],
      );
  }
}

describe('a registry', () => {
  const options = { service: 's', audience: 'a', trust: issuer.trust, accessLog: { destination: { write() {} } } };

  it('is each gate’s own, where none is given', async () => {
    const [one, two] = [createGate(options), createGate(options)];
    const read = async (gate: typeof one) => (await gate.documents.metrics()()).body;
    one.open({ source: {}, method: 'GET', target: '/', header: () => [] }).finish({ statusCode: 200 });
    expect(await read(one)).toContain('decision="none"');
    expect(await read(two)).not.toContain('decision="none"');
  });

  it('may be shared by gates, and with other series', async () => {
    const registry = new Registry();
    new Counter({ name: 'shop_orders_total', help: 'Orders', registers: [registry] }).inc();
    const gates = [
      createGate({ ...options, metrics: { registry } }),
      createGate({ ...options, metrics: { registry } }),
    ];
    for (const gate of gates)
      gate.open({ source: {}, method: 'GET', target: '/', header: () => [] }).finish({ statusCode: 200 });
    const text = await registry.metrics();
    expect(text).toContain('shop_orders_total 1');
    expect(text).toContain('countersign_decisions_total{route="unmatched",method="GET",decision="none",reason=""} 2');
  });

  it('that has one of our names already is an error at start', () => {
    const registry = new Registry();
    new Counter({ name: 'countersign_decisions_total', help: 'x', registers: [registry] });
    expect(() => createGate({ ...options, metrics: { registry } })).toThrow(/metrics\.registry can't take our series/);
  });
});
