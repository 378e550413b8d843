import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AuthzenDecisionPoint,
  type AuthzenDecisionPointOptions,
  authzenDecisionPoint,
  type EvaluationsSemantic,
} from 'countersign';
import { createTestClock } from 'countersign/testing';
import { type Asked, decisionRequest } from '../support/decision-request.js';
import { type DecisionServer, startDecisionServer, whyUnavailable } from '../support/decision-server.js';
import { type Answer, drip, fail, flood, hangUp, json, stall, waitUntil } from '../support/key-server.js';
import { optionRefused } from '../support/option-refused.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);

const permit = json({ decision: true });
const REQUEST_ID = 'f45d0ab6942268fb1691052a7';
let clock: ReturnType<typeof createTestClock>;
let server: DecisionServer;
let openPoint: (options?: AuthzenDecisionPointOptions) => AuthzenDecisionPoint;
beforeEach(async () => {
  clock = createTestClock();
  server = await startDecisionServer();
  openPoint = (options) =>
    authzenDecisionPoint({ timeoutMilliseconds: 3000, now: clock.now, url: server.base, ...options });
});
const status =
  (code: number): Answer =>
  (_req, res) =>
    void res.writeHead(code).end('{"decision":true}');

describe('a question in AuthZEN', () => {
  it('is the request, with its id and our headers', async () => {
    server.answer = permit;
    await openPoint({ url: `${server.base}/pdp/`, headers: { authorization: 'Bearer for-pdp' } }).decide(
      decisionRequest(),
    );
    expect(server.asked).toMatchObject([
      {
        method: 'POST',
        url: '/pdp/access/v1/evaluation',
        headers: { 'x-request-id': REQUEST_ID, 'content-type': 'application/json', authorization: 'Bearer for-pdp' },
      },
    ]);
    expect(Object.keys(server.asked[0]?.body)).toEqual(['subject', 'action', 'resource', 'context']);
    expect(server.asked[0]?.body.subject.properties.permissions).toEqual(['payments:approve']);
  });

  it('goes without an id that is no header', async () => {
    server.answer = permit;
    await openPoint().decide(decisionRequest({ requestId: 'a\nb' }));
    expect(server.asked[0]?.headers['x-request-id']).toBeUndefined();
  });
});

describe('an answer in AuthZEN', () => {
  it.each<[string, unknown, object]>([
    ['permits', { decision: true }, { effect: 'permit' }],
    ['permits, whatever else is in it', { decision: true, more: 1, context: { more: 1 } }, { effect: 'permit' }],
    ['denies', { decision: false }, { effect: 'deny' }],
    ['says why', { decision: false, context: { reason_admin: 'too much' } }, { effect: 'deny', reason: 'too much' }],
    [
      'says why by codes',
      { decision: false, context: { reason_admin: { 403: 'too much' }, reason_user: { 403: 'sorry' } } },
      { effect: 'deny', reason: '{"403":"too much"}' },
    ],
    ['has a reason that is none', { decision: false, context: { reason_admin: 7 } }, { effect: 'deny' }],
    [
      'obliges',
      { decision: true, context: { obligations: [{ id: 'o1', type: 'notify', properties: { whom: 'cfo' } }] } },
      { effect: 'permit', obligations: [{ id: 'o1', type: 'notify', properties: { whom: 'cfo' } }] },
    ],
    [
      'obliges to something that can not be read',
      { decision: true, context: { obligations: { type: 'notify' } } },
      { effect: 'deny', reason: "the obligations of the decision can't be read" },
    ],
  ])('%s', async (_what, answer, decision) => {
    server.answer = json(answer);
    expect(await openPoint().decide(decisionRequest())).toEqual(decision);
  });

  it('has a reason that is as long as a record wants it', async () => {
    server.answer = json({ decision: false, context: { reason_admin: { en: 'x'.repeat(5000) } } });
    expect((await openPoint().decide(decisionRequest())).reason).toHaveLength(300);
  });

  it('counts where it names the request that it answers', async () => {
    server.answer = json({ decision: true }, { 'x-request-id': REQUEST_ID });
    expect(await openPoint().decide(decisionRequest())).toEqual({ effect: 'permit' });
  });
});

describe('there is no answer in AuthZEN', () => {
  it.each<[string, Answer]>([
    ['when the decision is the text "true"', json({ decision: 'true' })],
    ['when the decision is 1', json({ decision: 1 })],
    ['when there is no decision', json({})],
    ['when the context is a list', json({ decision: true, context: [] })],
    ['when it is to another request', json({ decision: true }, { 'x-request-id': 'another' })],
    ['when the decision stands in it twice', (_req, res) => void res.end('{"decision":false,"decision":true}')],
    ['when it fails', fail],
    ['when our own credential is refused', status(401)],
    ['when we may not ask', status(403)],
    ['when the question is not understood', status(400)],
    ['when it never comes', stall],
    ['when it drips', drip(20)],
    ['when it breaks off', hangUp],
    ['when it has 5 MB', flood(5)],
    ['when it is elsewhere', (_req, res) => void res.writeHead(308, { location: '/access/v1/evaluation' }).end()],
  ])('%s', async (_when, answer) => {
    server.answer = answer;
    const error = await whyUnavailable(openPoint({ timeoutMilliseconds: 60 }).decide(decisionRequest()));
    expect(error).toMatchObject({ name: 'AccessDenied', reason: 'decision_unavailable' });
  });

  it('for a while, after five failures in a row, of one question or of several', async () => {
    const point = openPoint();
    for (let time = 0; time < 5; time++) {
      await whyUnavailable(time % 2 ? point.decide(decisionRequest()) : point.evaluateAll([decisionRequest()]));
    }
    expect(await whyUnavailable(point.decide(decisionRequest()))).toMatchObject({ retryAfterSeconds: 1 });
    expect(server.asked).toHaveLength(5);
  });
});

describe('several questions at once', () => {
  const requests = [9000, 20_000, 5].map((amount) =>
    decisionRequest({ resource: { type: 'payment', id: String(amount), properties: { amount } } }),
  );

  it('say only once what they have in common', async () => {
    server.answer = json({ evaluations: [{ decision: true }, { decision: false }, { decision: true }] });
    const decisions = await openPoint().evaluateAll(requests);
    expect(decisions.map(({ effect }) => effect)).toEqual(['permit', 'deny', 'permit']);
    expect(server.asked).toMatchObject([{ url: '/access/v1/evaluations', headers: { 'x-request-id': REQUEST_ID } }]);
    const { subject, action, context } = JSON.parse(JSON.stringify(requests[0]));
    expect(server.asked[0]?.body).toEqual({
      subject,
      action,
      context,
      evaluations: requests.map(({ resource }) => ({ resource })),
      options: { evaluations_semantic: 'execute_all' },
    });
  });

  it('say each for itself what differs', async () => {
    server.answer = json({ evaluations: [{ decision: true }, { decision: true }] });
    await openPoint().evaluateAll([
      decisionRequest(),
      decisionRequest({ id: 'bob', time: '2027-01-01T00:00:00.000Z' }),
    ]);
    const { body } = server.asked[0] ?? {};
    expect(Object.keys(body)).toEqual(['action', 'resource', 'evaluations', 'options']);
    expect(body.evaluations.map((each: object) => Object.keys(each))).toEqual(Array(2).fill(['subject', 'context']));
  });

  const answers: [EvaluationsSemantic, boolean[], string][] = [
    ['execute_all', [true, false, true], 'permit deny permit'],
    ['execute_all', [true, false], 'unavailable'],
    ['execute_all', [true, true, true, true], 'unavailable'],
    ['execute_all', [], 'unavailable'],
    ['deny_on_first_deny', [true, true, true], 'permit permit permit'],
    ['deny_on_first_deny', [true, false], 'permit deny'],
    ['deny_on_first_deny', [false], 'deny'],
    ['deny_on_first_deny', [true, true, false], 'permit permit deny'],
    ['deny_on_first_deny', [true, true], 'unavailable'],
    ['deny_on_first_deny', [true, false, true], 'unavailable'],
    ['deny_on_first_deny', [true, true, true, false], 'unavailable'],
    ['deny_on_first_deny', [], 'unavailable'],
    ['permit_on_first_permit', [false, false, false], 'deny deny deny'],
    ['permit_on_first_permit', [false, true], 'deny permit'],
    ['permit_on_first_permit', [true], 'permit'],
    ['permit_on_first_permit', [false, false], 'unavailable'],
    ['permit_on_first_permit', [true, false, true], 'unavailable'],
    ['permit_on_first_permit', [], 'unavailable'],
  ];
  it.each(answers)('by %s are answered with %j: %s', async (semantic, given, expected) => {
    server.answer = json({ evaluations: given.map((decision) => ({ decision })) });
    const decided = openPoint().evaluateAll(requests, semantic);
    if (expected === 'unavailable') return expect(decided).rejects.toMatchObject({ reason: 'decision_unavailable' });
    expect((await decided).map(({ effect }) => effect).join(' ')).toBe(expected);
    expect(server.asked[0]?.body.options).toEqual({ evaluations_semantic: semantic });
  });

  it.each<[string, unknown]>([
    ['no list', { decision: true }],
    ['a list in which one says nothing', { evaluations: [{ decision: true }, {}, { decision: true }] }],
    ['a list in which one is null', { evaluations: [null, { decision: true }, { decision: true }] }],
  ])('are not answered by %s', async (_what, answer) => {
    server.answer = json(answer);
    expect(await whyUnavailable(openPoint().evaluateAll(requests))).toMatchObject({ reason: 'decision_unavailable' });
  });

  it.each<[string, Asked, boolean]>([
    ['ask for another action', { action: 'payments:read' }, true],
    ['come a little later', { time: '2027-01-01T00:00:00.000Z', requestId: 'another-request' }, true],
    ['are about a resource of another type', { resource: { type: 'order', id: '7' } }, true],
    ['are by somebody else', { id: 'bob', roles: [] }, true],
    [
      'tell another amount of the same payment',
      { resource: { type: 'payment', id: '7', properties: { amount: 1 } } },
      false,
    ],
    ['tell other roles of the same caller', { roles: ['cfo'] }, false],
    ['tell another issuer of the same caller', { issuer: 'https://other.example' }, false],
  ])('may or may not %s: %j', async (_what, asked, isSent) => {
    server.answer = json({ evaluations: [{ decision: true }, { decision: true }] });
    const decided = openPoint().evaluateAll([decisionRequest(), decisionRequest(asked)]);
    if (isSent) expect(await decided).toHaveLength(2);
    else await expect(decided).rejects.toThrow(/one by one/);
    expect(server.asked).toHaveLength(isSent ? 1 : 0);
  });

  it('are at least one, by a semantic that there is', async () => {
    await expect(openPoint().evaluateAll([])).rejects.toThrow(TypeError);
    await expect(openPoint().evaluateAll(requests, 'all' as never)).rejects.toThrow(/execute_all/);
    expect(server.asked).toEqual([]);
  });
});

describe('the metadata of a decision point', () => {
  const WELL_KNOWN = '/.well-known/authzen-configuration';
  let metadata: Record<string, unknown>;
  let issuer: string;
  const openByIssuer = () => authzenDecisionPoint({ issuer, timeoutMilliseconds: 3000, now: clock.now });
  const metadataAsked = () => server.asked.filter(({ url }) => url.startsWith(WELL_KNOWN)).length;
  beforeEach(() => {
    issuer = `${server.base}/tenant`;
    metadata = {
      policy_decision_point: issuer,
      access_evaluation_endpoint: `${server.base}/one`,
      access_evaluations_endpoint: `${server.base}/many`,
    };
    server.judge = ({ url }) => {
      if (url.startsWith(WELL_KNOWN)) return json(metadata);
      return url === '/many' ? json({ evaluations: [{ decision: true }] }) : permit;
    };
  });

  it('tells where it is asked', async () => {
    const point = openByIssuer();
    await point.decide(decisionRequest());
    await point.evaluateAll([decisionRequest()]);
    expect(server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${WELL_KNOWN}/tenant`,
      'POST /one',
      'POST /many',
    ]);
  });

  it('is asked without our credential', async () => {
    await authzenDecisionPoint({ issuer, timeoutMilliseconds: 3000, headers: { authorization: 'Bearer a' } }).decide(
      decisionRequest(),
    );
    expect(server.asked.map(({ headers }) => headers['authorization'])).toEqual([undefined, 'Bearer a']);
  });

  it('is asked for once by callers who come at once', async () => {
    const point = openByIssuer();
    await Promise.all(Array.from({ length: 5 }, () => point.decide(decisionRequest())));
    expect([metadataAsked(), server.asked.length]).toEqual([1, 6]);
  });

  it('is asked for again every hour, beside the questions', async () => {
    const point = openByIssuer();
    await point.decide(decisionRequest());
    clock.advance(3599);
    await point.decide(decisionRequest());
    expect(metadataAsked()).toBe(1);
    clock.advance(1);
    metadata['access_evaluation_endpoint'] = `${server.base}/moved`;
    for (let time = 0; time < 50 && server.asked.at(-1)?.url !== '/moved'; time++)
      await point.decide(decisionRequest());
    expect([server.asked.at(-1)?.url, metadataAsked()]).toEqual(['/moved', 2]);
  });

  it('serves on when it can not be had any more, or is of another decision point all at once', async () => {
    const point = openByIssuer();
    await point.decide(decisionRequest());
    metadata = {
      ...metadata,
      policy_decision_point: 'https://other.example',
      access_evaluation_endpoint: `${server.base}/evil`,
    };
    clock.advance(3600);
    for (let time = 0; time < 3; time++) {
      expect((await point.decide(decisionRequest())).effect).toBe('permit');
      await waitUntil(() => metadataAsked() === 2);
    }
    clock.advance(30);
    await point.decide(decisionRequest());
    await waitUntil(() => metadataAsked() === 3);
    expect(metadataAsked()).toBe(3);
    expect(server.asked.filter(({ url }) => url === '/one')).toHaveLength(5);
  });

  it.each<[string, () => object]>([
    ['of another decision point', () => ({ policy_decision_point: server.base })],
    ['of the same with a slash more', () => ({ policy_decision_point: `${issuer}/` })],
    ['of nobody', () => ({ policy_decision_point: undefined })],
    ['without an endpoint', () => ({ access_evaluation_endpoint: undefined })],
    ['with an endpoint over http elsewhere', () => ({ access_evaluation_endpoint: 'http://pdp.example/one' })],
    ['with an endpoint on another port over http', () => ({ access_evaluation_endpoint: 'http://127.0.0.1:1/one' })],
    ['with an endpoint that has a user', () => ({ access_evaluation_endpoint: 'https://a:b@pdp.example/one' })],
    ['with an endpoint that is no text', () => ({ access_evaluation_endpoint: ['https://pdp.example'] })],
    ['with a second endpoint that is no URL', () => ({ access_evaluations_endpoint: 'many' })],
  ])('is not believed: %s', async (_what, change) => {
    metadata = { ...metadata, ...change() };
    const error = await whyUnavailable(openByIssuer().decide(decisionRequest()));
    expect(error).toMatchObject({ reason: 'decision_unavailable' });
    expect(server.asked).toHaveLength(1);
  });

  it('may say that it takes one question at a time', async () => {
    delete metadata['access_evaluations_endpoint'];
    const error = await whyUnavailable(openByIssuer().evaluateAll([decisionRequest()]));
    expect(error).toMatchObject({
      reason: 'decision_unavailable',
      message: expect.stringMatching(/several questions/),
    });
  });

  it('that can not be had counts as a failure', async () => {
    server.answer = status(400);
    const point = openByIssuer();
    for (let time = 0; time < 5; time++) await whyUnavailable(point.decide(decisionRequest()));
    expect(await whyUnavailable(point.decide(decisionRequest()))).toMatchObject({ retryAfterSeconds: 1 });
  });
});

describe('a decision point in AuthZEN', () => {
  it.each<[string, object]>([
    ['', {}],
    ['', { url: 'https://a.example', issuer: 'https://a.example' }],
    ['.url', { url: undefined }],
    ['.url', { url: 'http://pdp.example' }],
    ['.url', { url: 'https://pdp.example?a=b' }],
    ['.issuer', { issuer: 'https://pdp.example/#a' }],
    ['.issuer', { issuer: 'pdp.example' }],
    ['.mapResult', { url: 'https://pdp.example', mapResult: () => true }],
    ['.timeoutMilliseconds', { url: 'https://pdp.example', timeoutMilliseconds: 0 }],
  ])('stops the start when its options%s are wrong: %j', (option, options) => {
    expect(optionRefused(() => authzenDecisionPoint(options))).toBe(`authzenDecisionPoint${option}`);
  });
});
