import { afterAll, describe, expect, it } from '@jest/globals';
import { type AccessRecord, createGate, type GateOptions } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express from 'express';
import { Registry } from 'prom-client';
import { captureLog } from '../support/capture-log.js';
import { optionRefused } from '../support/option-refused.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const clock = createTestClock();
const idp = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const other = await createTestIssuer({ audience: 'api://orders', now: clock.now });

async function startOrders(refusalBudget: GateOptions['refusalBudget'] = { refusals: 3, seconds: 10 }) {
  const log = captureLog();
  const registry = new Registry();
  const gate = countersign({
    service: 'order-service',
    audience: 'api://orders',
    trust: idp.trust,
    accessLog: { destination: log.destination },
    metrics: { registry },
    now: clock.now,
    refusalBudget,
  });
  const app = express();
  app.set('trust proxy', 'loopback');
  app.use(gate.accessLog());
  app.get('/orders', gate.verifyToken(), (_req, res) => void res.send('orders'));
  const base = await startServer(app);
  async function show(token: string, peer = '192.0.2.1') {
    return sendRequest(base, '/orders', { headers: [bearer(token), ['x-forwarded-for', peer]] });
  }
  return { show, gate, log, registry };
}

const forge = () => other.sign();

describe('a peer whose budget of refusals is spent', () => {
  it('is answered 429 before its tokens are verified, and told when to come back', async () => {
    const { show } = await startOrders();
    for (let at = 0; at < 3; at++) expect((await show(await forge())).status).toBe(401);
    const refused = await show(await idp.sign());
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('10');
    expect(refused.body).not.toContain('rate_limited');
    clock.advance(9.9);
    expect((await show(await idp.sign())).status).toBe(429);
    clock.advance(0.2);
    expect((await show(await idp.sign())).status).toBe(200);
  });

  it('still gets in with tokens that are remembered, and others are not held to account for it', async () => {
    const { show } = await startOrders();
    const known = await idp.sign();
    expect((await show(known)).status).toBe(200);
    for (let at = 0; at < 3; at++) await show(await forge());
    expect((await show(await idp.sign())).status).toBe(429);
    expect((await show(known)).status).toBe(200);
    expect((await show(await idp.sign(), '192.0.2.2')).status).toBe(200);
  });

  it('has its refusals recorded together, and counted one by one', async () => {
    const { show, gate, log, registry } = await startOrders();
    for (let at = 0; at < 3; at++) await show(await forge());
    for (let at = 0; at < 50; at++) await show(await forge());
    await show(await forge(), '192.0.2.2');
    await gate.close();
    const records = log.lines.map((line) => JSON.parse(line) as AccessRecord);
    const limited = records.filter(({ reason }) => reason === 'rate_limited');
    expect(limited.map(({ ip, statusCode }) => `${ip} ${statusCode}`)).toEqual(Array(2).fill('192.0.2.1 429'));
    expect(limited.map(({ repeated }) => repeated)).toEqual([undefined, 49]);
    expect(records).toHaveLength(3 + 2 + 1);
    expect(await registry.metrics()).toMatch(/countersign_decisions_total\{.*reason="rate_limited"\} 50/);
  });

  it('is a whole network where addresses are of IPv6', async () => {
    const { show } = await startOrders();
    for (const host of ['1', 'abcd:1', '2:3:4:5']) await show(await forge(), `2001:db8:0:7::${host}`.slice(0, 24));
    expect((await show(await idp.sign(), '2001:db8::7:0:0:0:9')).status).toBe(429);
    expect((await show(await idp.sign(), '2001:db8:0:8::1')).status).toBe(200);
  });

  it('is nobody without an address, as on a queue', async () => {
    const { gate } = await startOrders();
    const judge = async (token: string) => {
      const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
      return (await gate.enforce({ source: {}, method: 'CALL', target: 'orders.find', header }, {})).decision.reason;
    };
    for (let at = 0; at < 5; at++) expect(await judge(await forge())).not.toBe('rate_limited');
    expect(await judge(await idp.sign())).toBeUndefined();
  });

  it('spends nothing by what an honest caller does', async () => {
    const { show } = await startOrders();
    const [known, expired] = [await idp.sign(), await idp.sign({ exp: Math.floor(clock.now()) - 60 })];
    for (let at = 0; at < 5; at++) expect((await show(expired)).status).toBe(401);
    for (let at = 0; at < 5; at++) expect((await show(known)).status).toBe(200);
    expect((await show(await idp.sign())).status).toBe(200);
  });
});

describe('the option refusalBudget', () => {
  it.each([
    ['undefined', undefined, 'refusalBudget'],
    ['nothing', {}, 'refusalBudget.refusals'],
    ['no time', { refusals: 1 }, 'refusalBudget.seconds'],
    ['none at all', { refusals: 0, seconds: 1 }, 'refusalBudget.refusals'],
    ['for ever', { refusals: 1, seconds: Number.POSITIVE_INFINITY }, 'refusalBudget.seconds'],
  ])('is refused at start: %s', (_what, value, option) => {
    const refusalBudget = value as NonNullable<GateOptions['refusalBudget']>;
    const options = { service: 's', audience: 'a', trust: idp.trust, refusalBudget };
    expect(optionRefused(() => createGate(options))).toBe(option);
  });
});
