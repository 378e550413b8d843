import { afterAll, describe, expect, it } from '@jest/globals';
import type { ConfigurationError, StepUpOptions } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express from 'express';
import { captureLog } from '../support/capture-log.js';
import { describeVectors } from '../support/read-vectors.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const clock = createTestClock();
const now = clock.now();
const issuer = await createTestIssuer({ audience: 'api://payments', now: clock.now });
const log = captureLog();
const gate = countersign({
  service: 'payment-service',
  audience: 'api://payments',
  trust: issuer.trust,
  accessLog: { destination: log.destination },
  now: clock.now,
});

/** A user's token. */
const user = (claims: object = {}) => issuer.sign({ sub: 'alice', client_id: 'web', ...claims });

async function ask(stepUp: StepUpOptions, token: string, permissions?: string) {
  const app = express();
  app.get(
    '/',
    gate.require({ stepUp, ...(permissions !== undefined && { permissions }) }),
    (_req, res) => void res.end('done'),
  );
  const answer = await sendRequest(await startServer(app), '/', { headers: [bearer(token)] });
  const { reason } = await log.next();
  return { status: answer.status, reason, challenges: answer.lines('www-authenticate'), body: answer.body };
}

const error =
  'error="insufficient_user_authentication", error_description="The user must be authenticated in another way, or anew"';

describe('a route that asks for more lets in', () => {
  it.each<[string, StepUpOptions, object]>([
    ['who was authenticated in its way', { acr: 'strong' }, { acr: 'strong' }],
    ['who was authenticated in one of its ways', { acr: ['strong', 'stronger'] }, { acr: 'stronger' }],
    ['who was authenticated by its method', { amr: 'mfa' }, { amr: ['pwd', 'mfa'] }],
    ['who was authenticated by all of its methods', { amr: ['otp', 'hwk'] }, { amr: ['hwk', 'pwd', 'otp'] }],
    ['who was authenticated just now', { maxAgeSeconds: 0 }, { auth_time: now }],
    ['who was authenticated as long ago as may be', { maxAgeSeconds: 300 }, { auth_time: now - 305 }],
    ['whose clock is a little ahead', { maxAgeSeconds: 300 }, { auth_time: now + 5 }],
    ['who meets all of it', { acr: 'a', amr: 'b', maxAgeSeconds: 9 }, { acr: 'a', amr: ['b'], auth_time: now }],
  ])('%s', async (_who, stepUp, claims) => {
    expect(await ask(stepUp, await user(claims))).toMatchObject({ status: 200, body: 'done' });
  });

  it.each<[string, StepUpOptions, object, string, string]>([
    ['in another way', { acr: 'strong' }, { acr: 'weak' }, 'authentication_too_weak', ', acr_values="strong"'],
    [
      'in a way that sounds like more',
      { acr: 'level1' },
      { acr: 'level2' },
      'authentication_too_weak',
      ', acr_values="level1"',
    ],
    ['in a way that nobody tells', { acr: ['a', 'b'] }, {}, 'authentication_too_weak', ', acr_values="a b"'],
    ['by one method of two', { amr: ['otp', 'hwk'] }, { amr: ['otp'] }, 'authentication_too_weak', ''],
    ['by methods that nobody tells', { amr: 'mfa' }, {}, 'authentication_too_weak', ''],
    ['too long ago', { maxAgeSeconds: 300 }, { auth_time: now - 306 }, 'authentication_too_old', ', max_age="300"'],
    ['at a time that nobody tells', { maxAgeSeconds: 0 }, {}, 'authentication_too_old', ', max_age="0"'],
    ['in the future', { maxAgeSeconds: 300 }, { auth_time: now + 6 }, 'authentication_too_old', ', max_age="300"'],
    [
      'in its way, but too long ago',
      { acr: 'a', maxAgeSeconds: 9 },
      { acr: 'a', auth_time: 1 },
      'authentication_too_old',
      ', acr_values="a", max_age="9"',
    ],
  ])('nobody who was authenticated %s, and says what it asks for', async (_how, stepUp, claims, reason, parameters) => {
    const { body, ...told } = await ask(stepUp, await user(claims));
    expect(told).toEqual({ status: 401, reason, challenges: [`Bearer ${error}${parameters}`] });
    expect(body).not.toContain(reason);
  });

  it('no service: asking it again would be no use', async () => {
    const token = await issuer.sign({ acr: 'strong', auth_time: now });
    expect(await ask({ acr: 'strong' }, token)).toMatchObject({
      status: 403,
      reason: 'caller_kind_refused',
      challenges: [],
    });
  });

  it('nobody without the permission, however they were authenticated; the step-up comes first', async () => {
    expect(await ask({ acr: 'a' }, await user({ acr: 'a' }), 'payments:approve')).toMatchObject({
      status: 403,
      reason: 'permission_missing',
    });
    expect(await ask({ acr: 'a' }, await user(), 'payments:approve')).toMatchObject({
      status: 401,
      reason: 'authentication_too_weak',
    });
  });

  it.each<[string, unknown, string]>([
    ['nothing', {}, 'requirement.stepUp'],
    ['what is no demand', 'mfa', 'requirement.stepUp'],
    ['an unset variable', { acr: undefined }, 'requirement.stepUp.acr'],
    ['no way at all', { acr: [] }, 'requirement.stepUp.acr'],
    ['a way that no challenge could name', { acr: 'very strong' }, 'requirement.stepUp.acr'],
    ['a way that would end the challenge', { acr: 'a"b' }, 'requirement.stepUp.acr'],
    ['a negative age', { maxAgeSeconds: -1 }, 'requirement.stepUp.maxAgeSeconds'],
    ['a method that is none', { amr: [7] }, 'requirement.stepUp.amr[0]'],
    ['something misspelt', { maxAge: 5 }, 'requirement.stepUp.maxAge'],
  ])('is an error at start where it asks for %s', (_what, stepUp, option) => {
    expect(() => gate.requireStepUp(stepUp as StepUpOptions)).toThrow(
      expect.objectContaining({ option } satisfies Partial<ConfigurationError>),
    );
  });
});

describe('what a callee asks for', () => {
  const callee = (headers: Record<string, string>, status = 401) =>
    startServer((_req, res) => void res.writeHead(status, headers).end());

  /** A service between: it calls, and hands on what it was asked for. */
  async function askBetween(place: string) {
    const app = express();
    app.use(gate.accessLog());
    app.get('/between', gate.verifyToken(), async (req, res) => {
      if (!gate.answerStepUp(req, res, await fetch(place))) res.end('nothing to hand on');
    });
    const answer = await sendRequest(await startServer(app), '/between', { headers: [bearer(await user())] });
    const { decision, reason, statusCode } = await log.next();
    return { challenges: answer.lines('www-authenticate'), body: answer.body, decision, reason, statusCode };
  }

  it('is asked of the caller, in our own words, and recorded', async () => {
    const place = await callee({
      'www-authenticate':
        'Bearer error="insufficient_user_authentication", error_description="x", acr_values="a b", max_age=5',
    });
    const { body, ...told } = await askBetween(place);
    expect(told).toEqual({
      challenges: [`Bearer ${error}, acr_values="a b", max_age="5"`],
      decision: 'deny',
      reason: 'authentication_too_weak',
      statusCode: 401,
    });
    expect(JSON.parse(body)).toMatchObject({ status: 401 });
  });

  it.each<[string, string, string]>([
    ['an age alone', 'DPoP error="insufficient_user_authentication", max_age="60"', ', max_age="60"'],
    ['nothing in particular', 'Bearer error="insufficient_user_authentication"', ''],
    ['an age that is none', 'Bearer error="insufficient_user_authentication", max_age="-1"', ''],
    ['values that could end our challenge', 'Bearer error="insufficient_user_authentication", acr_values="a\\" b"', ''],
    [
      'more values than any route',
      `Bearer error="insufficient_user_authentication", acr_values="${'a '.repeat(50)}"`,
      `, acr_values="${'a '.repeat(10).trim()}"`,
    ],
  ])('may be %s', async (_what, header, parameters) => {
    expect((await askBetween(await callee({ 'www-authenticate': header }))).challenges).toEqual([
      `Bearer ${error}${parameters}`,
    ]);
  });

  it.each<[string, Record<string, string>, number]>([
    ['that is a 403', { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' }, 403],
    ['for another reason', { 'www-authenticate': 'Bearer error="invalid_token"' }, 401],
    ['without any words', {}, 401],
    [
      'of endless words',
      { 'www-authenticate': `Bearer error="insufficient_user_authentication", x="${'x'.repeat(5000)}"` },
      401,
    ],
    [
      'that only quotes the words',
      { 'www-authenticate': 'Bearer error_description="error=insufficient_user_authentication"' },
      401,
    ],
  ])('is nothing in a refusal %s', async (_what, headers, status) => {
    expect(await askBetween(await callee(headers, status))).toMatchObject({
      body: 'nothing to hand on',
      decision: 'permit',
    });
  });

  describeVectors<{ readonly challenges: readonly string[] }>('rfc-examples/rfc9470-stepup.json', ({ challenges }) => {
    it.each(challenges.map((challenge) => [challenge]))('is read from %s', async (challenge) => {
      const [told] = (await askBetween(await callee({ 'www-authenticate': challenge }))).challenges;
      const parameter = /(?:acr_values|max_age)="[^"]*"/.exec(challenge)?.[0] as string;
      expect(told).toContain(parameter);
    });
  });
});
