import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AccessDenied, type OpaDecisionPointOptions, opaDecisionPoint } from 'countersign';
import { createTestClock } from 'countersign/testing';
import type { DecisionPoint } from '../../lib/policy/decision.js';
import { type Asked, decisionRequest } from '../support/decision-request.js';
import { type DecisionServer, startDecisionServer, whyUnavailable } from '../support/decision-server.js';
import { fail, json, stall } from '../support/key-server.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);

const permit = json({ result: true });
const deny = json({ result: false });
let clock: ReturnType<typeof createTestClock>;
let server: DecisionServer;
let openPoint: (options?: Partial<OpaDecisionPointOptions>) => DecisionPoint;
beforeEach(async () => {
  clock = createTestClock();
  server = await startDecisionServer();
  openPoint = (options) =>
    opaDecisionPoint({ url: `${server.base}/v1/data/allow`, timeoutMilliseconds: 3000, now: clock.now, ...options });
});

/** What so many callers are told, one after the other: the decision, or that there is none. */
async function ask(point: DecisionPoint, times = 1): Promise<string[]> {
  const told = [];
  for (let time = 0; time < times; time++) {
    const answer = await Promise.resolve(point.decide(decisionRequest())).catch((error: AccessDenied) => error);
    told.push('effect' in answer ? answer.effect : answer.reason);
  }
  return told;
}

describe('a decision point that fails', () => {
  it('is left alone after five failures in a row, and callers are told when to come again', async () => {
    const point = openPoint();
    expect(new Set(await ask(point, 5))).toEqual(new Set(['decision_unavailable']));
    expect(server.asked).toHaveLength(5);
    expect(await whyUnavailable(point.decide(decisionRequest()))).toMatchObject({
      reason: 'decision_unavailable',
      retryAfterSeconds: 1,
    });
    expect(server.asked).toHaveLength(5);
  });

  it('is not left alone where a success stands between failures', async () => {
    const point = openPoint();
    await ask(point, 4);
    server.answer = permit;
    await ask(point);
    server.answer = fail;
    await ask(point, 4);
    server.answer = permit;
    expect(await ask(point)).toEqual(['permit']);
  });

  it('is asked by one caller after a while, who finds it back for all', async () => {
    const point = openPoint();
    await ask(point, 5);
    clock.advance(1);
    server.answer = permit;
    const [trial, ...others] = await Promise.all(Array.from({ length: 5 }, () => ask(point)));
    expect(trial).toEqual(['permit']);
    expect(others.flat()).toEqual(Array(4).fill('decision_unavailable'));
    expect(server.asked).toHaveLength(6);
    expect(await ask(point, 3)).toEqual(['permit', 'permit', 'permit']);
    server.answer = fail;
    await ask(point, 4);
    server.answer = permit;
    expect(await ask(point)).toEqual(['permit']);
  });

  it('is left alone for longer after each trial that fails, 30 seconds at most', async () => {
    const point = openPoint();
    await ask(point, 5);
    const waits = [];
    for (let trial = 0; trial < 8; trial++) {
      const { retryAfterSeconds = 0 } = (await whyUnavailable(point.decide(decisionRequest()))) as AccessDenied;
      waits.push(retryAfterSeconds);
      clock.advance(retryAfterSeconds);
      await ask(point);
    }
    expect(server.asked).toHaveLength(13);
    for (const [at, most] of [1, 2, 4, 8, 16, 30, 30, 30].entries()) {
      expect(waits[at]).toBeLessThanOrEqual(most);
      expect(waits[at]).toBeGreaterThanOrEqual(most * 0.75);
    }
  });

  it('is asked again when the clock is set back', async () => {
    const point = openPoint();
    await ask(point, 5);
    clock.advance(-3600);
    server.answer = permit;
    expect(await ask(point)).toEqual(['permit']);
  });

  it('is not taken for broken because it refuses some questions', async () => {
    const point = openPoint();
    server.answer = (_req, res) => void res.writeHead(400).end();
    expect(new Set(await ask(point, 8))).toEqual(new Set(['decision_unavailable']));
    server.answer = permit;
    expect(await ask(point)).toEqual(['permit']);
  });

  it('counts those that were on their way when it was found broken only once', async () => {
    server.answer = stall;
    const point = openPoint({ timeoutMilliseconds: 40 });
    await Promise.all(Array.from({ length: 20 }, () => ask(point)));
    const { retryAfterSeconds } = (await whyUnavailable(point.decide(decisionRequest()))) as AccessDenied;
    expect(retryAfterSeconds).toBe(1);
  });

  it('is waited for 300 ms by default', async () => {
    server.answer = stall;
    const startedAt = performance.now();
    await ask(opaDecisionPoint({ url: `${server.base}/v1/data/allow` }));
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect(performance.now() - startedAt).toBeLessThan(2500);
  });
});

describe('decisions that are kept', () => {
  const cache = { maxAgeSeconds: 5 };

  it('are none by default', async () => {
    server.answer = permit;
    await ask(openPoint(), 3);
    expect(server.asked).toHaveLength(3);
  });

  it('hold for as long as was said, permits and denials', async () => {
    const point = openPoint({ cache });
    server.answer = permit;
    expect(await ask(point)).toEqual(['permit']);
    server.answer = deny;
    clock.advance(4.9);
    expect(await ask(point)).toEqual(['permit']);
    clock.advance(0.1);
    expect(await ask(point, 2)).toEqual(['deny', 'deny']);
    server.answer = permit;
    clock.advance(4.9);
    expect(await ask(point)).toEqual(['deny']);
    clock.advance(0.1);
    expect(await ask(point)).toEqual(['permit']);
    expect(server.asked).toHaveLength(3);
  });

  it('do not get younger when the clock is set back', async () => {
    const point = openPoint({ cache });
    server.answer = permit;
    await ask(point);
    clock.advance(-60);
    server.answer = deny;
    expect(await ask(point)).toEqual(['deny']);
  });

  const others: [string, Asked, boolean][] = [
    ['time', { time: '2027-01-01T00:00:00.000Z' }, true],
    ['request', { requestId: 'another-request' }, true],
    ['subject', { id: 'bob' }, false],
    ['issuer', { issuer: 'https://other.example' }, false],
    ['roles', { roles: ['payment-manager', 'cfo'] }, false],
    ['permissions', { permissions: [] }, false],
    ['action', { action: 'payments:read' }, false],
    ['resource', { resource: { type: 'payment', id: '7', properties: { amount: 9001 } } }, false],
    ['resource without properties', { resource: { type: 'payment', id: '7' } }, false],
  ];
  it.each(others)('are told apart by all but time and request id: another %s', async (_what, asked, isKept) => {
    const point = openPoint({ cache });
    server.answer = permit;
    await point.decide(decisionRequest());
    server.answer = deny;
    expect((await point.decide(decisionRequest(asked))).effect).toBe(isKept ? 'permit' : 'deny');
  });

  it('are told apart by what a member of the same name elsewhere says', async () => {
    const point = openPoint({ cache });
    server.answer = permit;
    const of = (properties: object) =>
      decisionRequest({ resource: { type: 'payment', id: '7', properties: { ...properties } } });
    await point.decide(of({ time: 1, requestId: 1 }));
    await point.decide(of({ time: 2, requestId: 1 }));
    await point.decide(of({ requestId: 1, time: 1 }));
    expect(server.asked).toHaveLength(2);
  });

  it('are forgotten when an answer comes from another version of the policy', async () => {
    const point = openPoint({ cache });
    const answerOf = (revision: string, result: boolean) =>
      json({ result, provenance: { bundles: { a: { revision } } } });
    server.answer = answerOf('1', true);
    expect((await point.decide(decisionRequest())).effect).toBe('permit');
    server.answer = answerOf('2', false);
    expect((await point.decide(decisionRequest({ id: 'bob' }))).effect).toBe('deny');
    expect((await point.decide(decisionRequest())).effect).toBe('deny');
    expect((await point.decide(decisionRequest({ id: 'bob' }))).effect).toBe('deny');
    expect(server.asked).toHaveLength(3);
  });

  it('are no failures', async () => {
    const point = openPoint({ cache });
    expect(await ask(point, 2)).toEqual(['decision_unavailable', 'decision_unavailable']);
    server.answer = permit;
    expect(await ask(point)).toEqual(['permit']);
  });

  it('are so many at most, and the oldest makes room', async () => {
    const point = openPoint({ cache: { maxAgeSeconds: 5, maxEntries: 2 } });
    server.answer = permit;
    for (const id of ['a', 'b', 'c', 'b', 'c', 'a']) await point.decide(decisionRequest({ id }));
    expect(server.asked.map(({ body }) => body.input.subject.id)).toEqual(['a', 'b', 'c', 'a']);
  });

  it('serve while the decision point is left alone', async () => {
    const point = openPoint({ cache });
    server.answer = permit;
    await ask(point);
    server.answer = fail;
    for (let time = 0; time < 6; time++) await whyUnavailable(point.decide(decisionRequest({ id: 'bob' })));
    expect(await ask(point)).toEqual(['permit']);
    expect(server.asked).toHaveLength(6);
  });
});
