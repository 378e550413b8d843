import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer, type TestIssuer } from 'countersign/testing';
import express from 'express';
import {
  type Answer,
  drip,
  fail,
  flood,
  hangUp,
  json,
  type KeyServer,
  stall,
  startKeyServer,
} from '../support/key-server.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const audience = 'api://orders';
let clock: ReturnType<typeof createTestClock>;
let server: KeyServer;
let issuer: TestIssuer;
let call: (token?: string) => Promise<number>;
let judge: (token: string) => Promise<string | undefined>;
beforeEach(async () => {
  clock = createTestClock();
  server = await startKeyServer();
  issuer = await createTestIssuer({ audience, now: clock.now });
  server.answer = json(issuer.jwks);
  const gate = countersign({
    service: 'order-service',
    audience,
    trust: [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}/jwks` } }],
    accessLog: { destination: { write() {} } },
    now: clock.now,
  });
  const app = express();
  app.get('/orders', gate.verifyServiceToken(), (_req, res) => void res.end('orders'));
  const base = await startServer(app);
  judge = async (token) => {
    const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
    return (await gate.enforce({ source: {}, method: 'GET', target: '/', header }, {})).decision.reason;
  };
  call = async (token) =>
    (await sendRequest(base, '/orders', { headers: [bearer(token ?? (await issuer.sign()))] })).status;
});

/** What every one of so many callers at once is answered. */
async function callAtOnce(callers: number, token?: string): Promise<number[]> {
  return [...new Set(await Promise.all(Array.from({ length: callers }, () => call(token))))];
}

const outages: [string, Answer][] = [
  ['dies', hangUp],
  ['fails', fail],
  ['stalls', stall],
  ['drips one byte in 500 ms', drip(500)],
  ['answers with 120 MB', flood(120)],
  ['answers with nonsense', json({ keys: 'none' })],
];

describe('a key server that', () => {
  it.each(outages)(
    '%s is noticed by no caller for a day, and asked seldom',
    async (_how, answer) => {
      expect(await call()).toBe(200);
      server.answer = answer;
      const hits = server.hits.length;
      clock.advance(500); // time for the next set: everybody goes on meanwhile
      expect(await callAtOnce(20)).toEqual([200]);
      let rounds = 0;
      for (let second = 500; second + 21_600 <= 86_400; second += 21_600) {
        clock.advance(21_600);
        expect(await callAtOnce(5)).toEqual([200]);
        rounds++;
      }
      expect(server.hits.length - hits).toBeLessThanOrEqual(rounds + 1);
      clock.advance(21_600);
      expect(await call()).toBe(503); // and not 401: it says nothing about the token
      server.answer = json(issuer.jwks);
      clock.advance(31);
      expect(await call()).toBe(200); // the first call after the recovery
    },
    120_000,
  );

  it.each(outages.filter(([how]) => how !== 'answers with nonsense'))(
    '%s from the start answers 503, once in a pause, and 200 when it is back',
    async (_how, answer) => {
      server.answer = answer;
      expect(await callAtOnce(20)).toEqual([503]);
      expect(await callAtOnce(20)).toEqual([503]);
      expect(server.hits).toHaveLength(1);
      server.answer = json(issuer.jwks);
      clock.advance(1);
      expect(await call()).toBe(200);
    },
    20_000,
  );

  it('rotates its keys, published before they sign, fails no call', async () => {
    const answers: number[] = [];
    let current = issuer;
    for (let rotation = 0; rotation < 5; rotation++) {
      const next = await createTestIssuer({ audience, now: clock.now });
      answers.push(await call(await current.sign()));
      server.answer = json({ keys: [...current.jwks.keys, ...next.jwks.keys] });
      clock.advance(601);
      answers.push(await call(await current.sign()), await call(await next.sign()));
      server.answer = json(next.jwks);
      clock.advance(601);
      answers.push(await call(await next.sign()));
      expect(await call(await current.sign())).toBe(401); // the key is gone after one refresh
      current = next;
    }
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(server.hits.length).toBeLessThanOrEqual(11 + 5); // one refresh a step, and one look for each key that was gone
  });

  it('is asked about 10,000 keys that don’t exist is asked once in 30 seconds, and valid callers notice nothing', async () => {
    expect(await call()).toBe(200);
    const [, payload, signature] = (await issuer.sign()).split('.');
    const forge = (at: number) => {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `unknown-${at}` }));
      return `${header.toString('base64url')}.${payload}.${signature}`;
    };
    const hits = server.hits.length;
    for (let at = 0; at < 10_000; at += 100) {
      const forged = Array.from({ length: 100 }, (_, one) => judge(forge(at + one)));
      expect(await call()).toBe(200);
      expect(new Set(await Promise.all(forged))).toEqual(new Set(['key_unknown']));
      clock.advance(0.6); // a minute in all
    }
    expect(server.hits.length - hits).toBeLessThanOrEqual(2 + 1);
  }, 60_000);

  it('stalls while unknown keys are asked for delays no caller whose key is known', async () => {
    expect(await call()).toBe(200);
    server.answer = stall;
    const unknown = call(await issuer.forge('unknown-key'));
    const before = performance.now();
    expect(await callAtOnce(20)).toEqual([200]);
    expect(performance.now() - before).toBeLessThan(2000);
    expect(await unknown).toBe(503);
  }, 20_000);
});
