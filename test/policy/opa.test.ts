import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type OpaDecisionPointOptions, opaDecisionPoint } from 'countersign';
import type { DecisionPoint } from '../../lib/policy/decision.js';
import { decisionRequest } from '../support/decision-request.js';
import { type DecisionServer, startDecisionServer, whyUnavailable } from '../support/decision-server.js';
import { type Answer, drip, fail, flood, hangUp, json, stall } from '../support/key-server.js';
import { optionRefused } from '../support/option-refused.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);

const RULE = '/v1/data/payments/allow';
let server: DecisionServer;
let opa: (options?: Partial<OpaDecisionPointOptions>) => DecisionPoint;
beforeEach(async () => {
  server = await startDecisionServer();
  opa = (options) => opaDecisionPoint({ url: server.base + RULE, timeoutMilliseconds: 3000, ...options });
});

/** Answers with exactly this text. */
const write =
  (text: string): Answer =>
  (_req, res) =>
    void res.setHeader('content-type', 'application/json').end(text);
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_req, res) =>
    void res.writeHead(code, headers).end('{"result":true}');

describe('a question to OPA', () => {
  it('is the request as input, to the rule, with our headers', async () => {
    server.answer = json({ result: true });
    await opa({ headers: { authorization: 'Bearer for-opa' } }).decide(decisionRequest());
    const [asked] = server.asked;
    expect(asked).toMatchObject({
      method: 'POST',
      url: `${RULE}?provenance=true`,
      headers: { 'content-type': 'application/json', authorization: 'Bearer for-opa' },
    });
    expect(asked?.body).toEqual({
      input: {
        subject: {
          type: 'user',
          id: 'alice',
          properties: {
            issuer: 'https://idp.example',
            permissions: ['payments:approve'],
            roles: ['payment-manager'],
            authentication: {},
            claims: { sub: 'alice', iss: 'https://idp.example' },
          },
        },
        action: { name: 'payments:approve', properties: { method: 'POST', permissions: ['payments:approve'] } },
        resource: { type: 'payment', id: '7', properties: { amount: 9000 } },
        context: { time: '2026-11-22T09:00:00.000Z', requestId: 'f45d0ab6942268fb1691052a7', bound: false },
      },
    });
  });

  it('takes headers from a function each time', async () => {
    server.answer = json({ result: true });
    let times = 0;
    const point = opa({ headers: async () => ({ authorization: `Bearer ${++times}` }) });
    await point.decide(decisionRequest());
    await point.decide(decisionRequest());
    expect(server.asked.map(({ headers }) => headers['authorization'])).toEqual(['Bearer 1', 'Bearer 2']);
  });

  it.each([
    ['a number that JSON has no word for', { amount: Number.POSITIVE_INFINITY }],
    ['a map', { amounts: new Map([['a', 1]]) }],
  ])('is not sent with %s in it, which would turn into something else', async (_what, properties) => {
    server.answer = json({ result: true });
    const asked = opa().decide(decisionRequest({ resource: { type: 'payment', id: '7', properties } }));
    await expect(asked).rejects.toThrow(TypeError);
    expect(server.asked).toEqual([]);
  });
});

describe('OPA permits', () => {
  it.each<[string, unknown, object]>([
    ['by true', { result: true }, {}],
    ['by an object whose allow is true', { result: { allow: true } }, {}],
    [
      'and says why, by which policy, and on what condition',
      {
        result: {
          allow: true,
          reason: 'below the limit',
          policyId: 'payments',
          policyVersion: '7',
          obligations: [{ type: 'notify', id: '1', properties: { whom: 'cfo' }, more: 1 }],
        },
        decision_id: 'd-1',
        provenance: { bundles: { payments: { revision: 'abc' } } },
      },
      {
        reason: 'below the limit',
        policyId: 'payments',
        policyVersion: '7',
        decisionId: 'd-1',
        obligations: [{ type: 'notify', id: '1', properties: { whom: 'cfo' } }],
      },
    ],
    [
      'by bundles of these revisions',
      { result: true, provenance: { bundles: { b: { revision: '2' }, a: { revision: '1' }, c: {} } } },
      { policyVersion: '1,2' },
    ],
  ])('%s', async (_how, answer, facts) => {
    server.answer = json(answer);
    const decision = await opa().decide(decisionRequest());
    expect(decision).toEqual({ effect: 'permit', ...facts });
    expect(decision).toBeFrozen();
  });
});

describe('OPA denies', () => {
  it.each<[string, unknown, string | undefined]>([
    ['by false', { result: false }, undefined],
    ['by a rule that is undefined', {}, 'the rule is undefined'],
    ['by the text "true"', { result: 'true' }, 'the rule gave a string'],
    ['by the number 1', { result: 1 }, 'the rule gave the number 1'],
    ['by null', { result: null }, 'the rule gave null'],
    ['by a list with true in it', { result: [true] }, 'the rule gave a list'],
    ['by an object that is not empty', { result: { alice: 'cfo' } }, undefined],
    ['by an object whose allow is the text "true"', { result: { allow: 'true' } }, undefined],
    ['by an object whose allow is false, and says why', { result: { allow: false, reason: 'too much' } }, 'too much'],
    ['by an object with an effect of its own', { result: { effect: 'permit' } }, undefined],
    ['where the reason is no text', { result: { allow: true, reason: 1 } }, 'the reason in the result is not text'],
    [
      'where the version is no text',
      { result: { allow: true, policyVersion: {} } },
      'the policyVersion in the result is not text',
    ],
    ...[{}, 'notify', [{}], [{ type: '' }], [{ type: 'a', id: 1 }], [{ type: 'a', properties: [] }], null].map(
      (obligations): [string, unknown, string] => [
        `where the obligations are ${JSON.stringify(obligations)}`,
        { result: { allow: true, obligations } },
        "the obligations in the result can't be read",
      ],
    ),
  ])('%s', async (_how, answer, reason) => {
    server.answer = json(answer);
    const decision = await opa().decide(decisionRequest());
    expect([decision.effect, decision.reason]).toEqual(['deny', reason]);
  });

  it('with a reason that is as long as a record wants it', async () => {
    server.answer = json({ result: { allow: false, reason: 'x'.repeat(5000) } });
    expect((await opa().decide(decisionRequest())).reason).toHaveLength(300);
  });
});

describe('a result that mapResult reads', () => {
  it.each<[string, NonNullable<OpaDecisionPointOptions['mapResult']>, string]>([
    ['permits by true', (result) => result === 'let in', 'permit'],
    ['permits by a decision', () => ({ effect: 'permit', reason: 'mapped' }), 'permit'],
    ['denies by false', () => false, 'deny'],
    ['denies by anything else', () => 'permit' as never, 'deny'],
    ['denies by a promise', (async () => true) as never, 'deny'],
  ])('%s', async (_how, mapResult, effect) => {
    server.answer = json({ result: 'let in' });
    expect(await opa({ mapResult }).decide(decisionRequest())).toMatchObject({ effect });
  });

  it('is not asked about a rule that is undefined', async () => {
    server.answer = json({});
    expect(await opa({ mapResult: () => true }).decide(decisionRequest())).toMatchObject({ effect: 'deny' });
  });
});

describe('OPA can not be asked', () => {
  it.each<[string, Answer, RegExp]>([
    ['when it fails', fail, /answered 500/],
    ['when it wants another credential of us, which is no 401 for the caller', status(401), /answered 401/],
    ['when it does not understand the question', status(400), /answered 400/],
    ['when it answers 201', status(201), /answered 201/],
    ['when it sends us elsewhere', status(307, { location: '/v1/data/everything' }), /fetch failed/],
    ['when it never answers', stall, /no answer in 60 ms/],
    ['when it drips', drip(20), /no answer in 60 ms/],
    ['when it hangs up', hangUp, /fetch failed/],
    ['when it answers with 5 MB', flood(5), /answered more than 65536 bytes/],
    ['when its answer is no JSON', write('yes'), /is not JSON in UTF-8/],
    ['when its answer is the bare value', write('true'), /is not a JSON object/],
    ['when its answer has a result twice', write('{"result":false,"result":true}'), /has a member twice/],
    ['when its answer is empty', write(''), /is not JSON/],
  ])('%s', async (_when, answer, message) => {
    server.answer = answer;
    const error = await whyUnavailable(
      opa({
        timeoutMilliseconds: message.source.includes('in 60 ms') ? 60 : 3000,
        url: `${server.base}${RULE}?key=hush`,
        headers: { 'x-key': 'hush' },
      }).decide(decisionRequest()),
    );
    expect(error).toMatchObject({ name: 'AccessDenied', reason: 'decision_unavailable' });
    expect(String((error as Error).message)).toMatch(message);
    expect(JSON.stringify([error, (error as Error).message, String((error as Error).cause)])).not.toContain('hush');
    expect(server.asked).toHaveLength(1);
  });

  it('when nobody is there', async () => {
    const url = server.base + RULE;
    await stopServers();
    expect(await whyUnavailable(opaDecisionPoint({ url }).decide(decisionRequest()))).toMatchObject({
      reason: 'decision_unavailable',
    });
  });

  it('when our own credential is no header, which stays a secret', async () => {
    const headers = () => ({ authorization: 'Bearer hush\nhush' });
    const error = (await whyUnavailable(opa({ headers }).decide(decisionRequest()))) as Error;
    expect(error).toMatchObject({ reason: 'decision_unavailable' });
    expect(error.message + String(error.cause)).not.toContain('hush');
    expect(server.asked).toEqual([]);
  });
});

describe('a decision point at OPA', () => {
  it.each<[string, object]>([
    ['url', { url: undefined }],
    ['url', { url: 'http://opa.example/v1/data/a' }],
    ['url', { url: 'https://user@opa.example/v1/data/a' }],
    ['url', { url: 'https://opa.example/payments/allow' }],
    ['url', { url: 'https://opa.example/v1/data/' }],
    ['timeoutMilliseconds', { timeoutMilliseconds: 9 }],
    ['timeoutMilliseconds', { timeoutMilliseconds: 3001 }],
    ['timeoutMilliseconds', { timeoutMilliseconds: undefined }],
    ['cache', { cache: true }],
    ['cache.maxAgeSeconds', { cache: {} }],
    ['cache.maxAgeSeconds', { cache: { maxAgeSeconds: 0 } }],
    ['cache.maxEntries', { cache: { maxAgeSeconds: 1, maxEntries: 0 } }],
    ['cache.maxAge', { cache: { maxAge: 1 } }],
    ['headers', { headers: 'Bearer a' }],
    ['headers.authorization', { headers: { authorization: 'a\r\nb' } }],
    ['headers.authorization', { headers: { authorization: undefined } }],
    ['headers.Content-Type', { headers: { 'Content-Type': 'text/plain' } }],
    ['headers.a b', { headers: { 'a b': 'c' } }],
    ['mapResult', { mapResult: 'allow' }],
    ['name', { name: '' }],
    ['now', { now: 1 }],
    ['dangerouslyAllowHttp', { dangerouslyAllowHttp: 1 }],
    ['retries', { retries: 3 }],
  ])('stops the start when its %s is wrong: %j', (option, options) => {
    expect(optionRefused(() => opa(options))).toBe(`opaDecisionPoint.${option}`);
  });

  it('is asked over http elsewhere where somebody says so, and that is told', () => {
    const warnings: string[] = [];
    const emit = jest
      .spyOn(process, 'emitWarning')
      .mockImplementation((warning) => void warnings.push(String(warning)));
    opa({ url: 'http://opa.example/v1/data/a', dangerouslyAllowHttp: true });
    emit.mockRestore();
    expect(warnings).toEqual([expect.stringMatching(/^opaDecisionPoint.dangerouslyAllowHttp: .*without encryption/)]);
  });

  it('is named in records', () => {
    expect([opa().name, opa({ name: 'payments-pdp' }).name]).toEqual(['opa', 'payments-pdp']);
  });
});
