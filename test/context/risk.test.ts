import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type Assess,
  type Assessment,
  type CallerRequirement,
  type DecisionRequest,
  definePolicy,
  defineSignal,
  type GateOptions,
  networkSignal,
  type Signal,
  type SignalOptions,
  type SignalRequest,
} from 'countersign';
import { optionRefused } from '../support/option-refused.js';
import { ask, clock, from, issuer, openRiskService, type Question } from '../support/risk-service.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const LOW = [200, 'permit'];
const RISKY = [403, 'risk_too_high'];
const say = (score: number, name = 'said') => defineSignal(name, () => ({ score, reason: `because of ${name}` }));
const asDemanded = (context: unknown) => ({ context }) as CallerRequirement;

async function start(signals: readonly Signal[], requirement?: CallerRequirement, more: Partial<GateOptions> = {}) {
  const service = openRiskService({ signals, ...more }, requirement);
  const base = await startServer(service.app);
  return { ...service, base, ask: (question?: Question) => ask(base, service.log, question) };
}

describe('the risk of a request', () => {
  it.each<[number, string, readonly unknown[], readonly unknown[]]>([
    [0, 'low', LOW, LOW],
    [0.339, 'low', LOW, LOW],
    [0.34, 'medium', RISKY, LOW],
    [0.669, 'medium', RISKY, LOW],
    [0.67, 'high', RISKY, RISKY],
    [1, 'high', RISKY, RISKY],
  ])('at a score of %d is %s', async (score, level, atLow, atMedium) => {
    const strict = await (await start([say(score)])).ask();
    expect([strict.record.risk?.level, strict.told]).toEqual([level, atLow]);
    const lenient = await (await start([say(score)], { context: { maxRisk: 'medium' } })).ask();
    expect([lenient.record.risk?.score, lenient.told]).toEqual([score, atMedium]);
  });

  it('is that of its riskiest signal, and all of them stand in the record', async () => {
    const { answer, record, told } = await (await start([say(0.1, 'a'), say(0.5, 'b'), say(0.3, 'c')])).ask();
    expect(told).toEqual(RISKY);
    expect(record.risk).toEqual({
      level: 'medium',
      score: 0.5,
      signals: [
        { name: 'a', score: 0.1, reason: 'because of a' },
        { name: 'b', score: 0.5, reason: 'because of b' },
        { name: 'c', score: 0.3, reason: 'because of c' },
      ],
    });
    expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(/risk|because/);
  });

  it('is decided anew with each request', async () => {
    const { base, log } = await start([networkSignal({ trusted: '10.0.0.0/8' })]);
    const authorization = bearer(await issuer.sign());
    const reasons: unknown[] = [];
    for (const address of ['10.0.0.1', '8.8.8.8', '10.0.0.1']) {
      await sendRequest(base, '/', { headers: [authorization, from(address)] });
      reasons.push((await log.next()).reason);
    }
    expect(reasons).toEqual([undefined, 'risk_too_high', undefined]);
  });

  it('is assessed after the caller’s kind and before its permissions', async () => {
    const requirement: CallerRequirement = { context: { maxRisk: 'low' }, kinds: ['user'], permissions: 'a' };
    const { ask: askRisky } = await start([say(1)], requirement);
    expect((await askRisky({ claims: { sub: 'web' } })).record).toMatchObject({ reason: 'caller_kind_refused' });
    expect((await askRisky({ claims: { sub: 'web' } })).record.risk).toBeUndefined();
    expect((await askRisky()).told).toEqual(RISKY);
    expect((await (await start([say(0)], requirement)).ask()).told).toEqual([403, 'permission_missing']);
  });

  it('is assessed once, however many guards ask', async () => {
    let asked = 0;
    const counting = defineSignal('counting', async () => ({ score: 0, reason: `asked ${++asked} times` }));
    const { gate, app, base, ask: askOnce } = await start([counting]);
    const policy = definePolicy('low', ({ context }) => context.risk?.level === 'low');
    const context = { maxRisk: 'low' } as const;
    app.get(
      '/thrice',
      gate.requireContext(context),
      gate.requirePermission('a', { context, policy }),
      gate.require({ policy }),
      (_req, res) => void res.end(),
    );
    expect((await askOnce({ path: '/thrice', claims: { scope: 'a' } })).told).toEqual(LOW);
    expect(asked).toBe(1);
    await sendRequest(base, '/thrice');
    expect(asked).toBe(1); // nobody was verified
  });

  it('is not assessed where nobody wants to know', async () => {
    let asked = 0;
    const counting = defineSignal('counting', () => ({ score: 1, reason: `asked ${++asked} times` }));
    const { ask: askQuietly } = await start([counting], {});
    const { told, record } = await askQuietly();
    expect([told, record.risk, asked]).toEqual([LOW, undefined, 0]);
    expect((await askQuietly({ path: '/open' })).record.risk).toBeUndefined();
  });

  it('is shown to signals with its caller, its circumstances and the gate’s time', async () => {
    let seen: SignalRequest | undefined;
    const look = defineSignal('look', (request) => {
      seen = request;
      return { score: 0, reason: 'looked' };
    });
    await (await start([look])).ask({ path: '/?secret=x', headers: [from('10.9.8.7')] });
    expect(seen).toMatchObject({ ip: '10.9.8.7', method: 'GET', path: '/', now: clock.now() });
    expect([seen?.principal.subject, seen?.certificate, Object.isFrozen(seen)]).toEqual(['alice', undefined, true]);
  });
});

describe('a signal that', () => {
  const late = () => new Promise<Assessment>(() => {});
  const misbehave =
    (value: unknown): Assess =>
    () =>
      value as Assessment;
  it.each<[string, Assess, string]>([
    ['throws', () => Promise.reject(new Error('secret')), 'failed'],
    [
      'throws at once',
      () => {
        throw new Error('secret');
      },
      'failed',
    ],
    ['never answers', late, 'gave no answer in 20 ms'],
    ['answers too late', () => wait(200).then(() => ({ score: 0, reason: 'late' })), 'gave no answer in 20 ms'],
    ['fails too late', () => wait(60).then(() => Promise.reject(new Error('late'))), 'gave no answer in 20 ms'],
    ['says nothing', misbehave(undefined), 'failed'],
    ['says null', misbehave(null), 'failed'],
    ['says yes', misbehave(true), 'failed'],
    ['gives NaN', misbehave({ score: Number.NaN, reason: 'x' }), 'failed'],
    ['gives less than nothing', misbehave({ score: -0.1, reason: 'x' }), 'failed'],
    ['gives more than all', misbehave({ score: 1.1, reason: 'x' }), 'failed'],
    ['gives text', misbehave({ score: '0', reason: 'x' }), 'failed'],
    ['gives no reason', misbehave({ score: 0 }), 'failed'],
    ['gives an empty reason', misbehave({ score: 0, reason: '' }), 'failed'],
    ['promises nonsense', async () => ({ score: Number.POSITIVE_INFINITY, reason: 'x' }), 'failed'],
  ])('%s counts as the worst, and the record says so', async (_what, assess, reason) => {
    const broken = defineSignal('broken', assess, { timeoutMilliseconds: 20 });
    const { ask: askBroken, failures } = await start([say(0), broken]);
    const { told, record } = await askBroken();
    expect(told).toEqual(RISKY);
    expect(record.risk).toEqual({
      level: 'high',
      score: 1,
      signals: [
        { name: 'said', score: 0, reason: 'because of said' },
        { name: 'broken', score: 1, reason, failed: true },
      ],
    });
    expect(failures).toEqual([{ signal: 'broken', error: expect.any(Error) }]);
    await wait(50); // what comes too late is nobody's unhandled rejection
  });

  it('fails counts as the worst that it could have said, and is counted', async () => {
    const throwing = () => {
      throw new Error('x');
    };
    const mild = defineSignal('mild', throwing, { worst: 0.2 });
    const { base, ask: askMild } = await start([mild]);
    const { told, scores } = await askMild();
    expect([told, scores]).toEqual([LOW, ['mild 0.2 failed']]);
    expect((await sendRequest(base, '/metrics')).body).toContain('countersign_signal_failures_total{signal="mild"} 1');
  });

  it('is slow holds nobody up beyond its time, nor the others', async () => {
    const slow = (name: string) =>
      defineSignal(name, () => wait(5000, undefined, { ref: false }).then(late), { timeoutMilliseconds: 300 });
    const { ask: askSlow } = await start([slow('a'), slow('b'), slow('c'), say(0)]);
    const { scores, record } = await askSlow();
    expect(scores).toEqual(['a 1 failed', 'b 1 failed', 'c 1 failed', 'said 0']);
    expect(record.durationMs).toBeGreaterThan(290);
    expect(record.durationMs).toBeLessThan(800); // together, not one after the other
  });

  it('talks too much is cut', async () => {
    const chatty = defineSignal('chatty', () => ({ score: 0, reason: 'x'.repeat(5000) }));
    expect((await (await start([chatty])).ask()).record.risk?.signals[0]?.reason).toBe('x'.repeat(300));
  });

  it('is an object of a class knows itself', async () => {
    class Reputation implements Signal {
      readonly name = 'reputation';
      readonly worst = 1;
      readonly timeoutMilliseconds = 100;
      readonly listed = new Set(['8.8.8.8']);
      assess({ ip = '' }: SignalRequest) {
        return { score: this.listed.has(ip) ? 1 : 0, reason: 'looked it up' };
      }
    }
    const { ask: askClass } = await start([new Reputation()]);
    expect((await askClass({ headers: [from('8.8.8.8')] })).told).toEqual(RISKY);
    expect((await askClass({ headers: [from('8.8.4.4')] })).told).toEqual(LOW);
  });
});

describe('above the limit, a step-up', () => {
  const above = { acr: 'strong', maxAgeSeconds: 300 };
  const context = { maxRisk: 'low', above } as const;
  const challenges = [
    expect.stringMatching(/^Bearer error="insufficient_user_authentication".*, acr_values="strong", max_age="300"$/),
  ];

  it('is asked for, and lets pass who comes back with it', async () => {
    const { ask: askRisky } = await start([say(0.9)], { context });
    const first = await askRisky({ claims: { acr: 'weak' } });
    expect(first.told).toEqual([401, 'authentication_too_weak']);
    expect(first.answer.lines('www-authenticate')).toEqual(challenges);
    expect(first.record.risk?.level).toBe('high');
    const second = await askRisky({ claims: { acr: 'strong', auth_time: clock.now() } });
    expect(second.told).toEqual(LOW);
    expect(second.record.risk?.level).toBe('high');
    const old = await askRisky({ claims: { acr: 'strong', auth_time: clock.now() - 400 } });
    expect(old.told).toEqual([401, 'authentication_too_old']);
  });

  it('is nothing to who keeps below it', async () => {
    expect((await (await start([say(0)], { context })).ask()).told).toEqual(LOW);
  });

  it('is no way for a service', async () => {
    const { answer, told } = await (await start([say(1)], { context })).ask({
      claims: { sub: 'web', acr: 'strong', auth_time: clock.now() },
    });
    expect([told, answer.lines('www-authenticate')]).toEqual([RISKY, []]);
  });

  it('comes after that of the route, whose words the challenge keeps', async () => {
    const { ask: askBoth } = await start([say(1)], {
      stepUp: { acr: 'usual' },
      context: { maxRisk: 'low', above: { maxAgeSeconds: 60 } },
    });
    const [first] = (await askBoth()).answer.lines('www-authenticate');
    expect(first).toMatch(/acr_values="usual"$/);
    const [second] = (await askBoth({ claims: { acr: 'usual' } })).answer.lines('www-authenticate');
    expect(second).toMatch(/acr_values="usual", max_age="60"$/);
    expect((await askBoth({ claims: { acr: 'usual', auth_time: clock.now() } })).told).toEqual(LOW);
  });

  it('may be for the medium alone, by two guards', async () => {
    for (const [score, status] of [
      [0.1, 200],
      [0.5, 401],
      [0.9, 403],
    ] as const) {
      const { gate, app, ask: askTwice } = await start([say(score)]);
      app.get(
        '/two',
        gate.requireContext({ maxRisk: 'medium' }),
        gate.requireContext(context),
        (_req, res) => void res.end(),
      );
      expect((await askTwice({ path: '/two' })).answer.status).toBe(status);
    }
  });
});

describe('in shadow mode', () => {
  it('a risk that is too high is written down, and the request passes', async () => {
    const mode = { shadow: true, until: new Date((clock.now() + 86_400) * 1000) } as const;
    const { answer, record } = await (await start([say(0.9)], { context: { maxRisk: 'low' }, mode })).ask();
    expect(answer.status).toBe(200);
    expect(record).toMatchObject({ decision: 'permit', wouldDeny: 'risk_too_high', risk: { level: 'high' } });
  });
});

describe('a policy', () => {
  it('reads the risk, which it can’t change', async () => {
    const seen: DecisionRequest['context'][] = [];
    const policy = definePolicy('calm', ({ context }) => {
      seen.push(context);
      return context.risk?.level === 'low';
    });
    const risky = await start([say(0.5)], { policy });
    const { record, told } = await risky.ask();
    expect(told).toEqual([403, 'policy_denied']);
    const risk = { level: 'medium', score: 0.5, signals: [{ name: 'said', score: 0.5, reason: 'because of said' }] };
    expect([seen[0]?.risk, record.risk]).toEqual([risk, risk]);
    const parts = [seen[0]?.risk, seen[0]?.risk?.signals, seen[0]?.risk?.signals[0]];
    expect(parts.map(Object.isFrozen)).toEqual([true, true, true]);
    expect((await (await start([say(0)], { policy })).ask()).told).toEqual(LOW);
  });

  it('of the gate reads it too, and finds none where there are no signals', async () => {
    const seen: unknown[] = [];
    const decisionPoint = definePolicy('see', ({ context }) => {
      seen.push(context.risk?.level);
      return true;
    });
    await (await start([say(0.5)], {}, { decisionPoint })).ask();
    const { app, log } = openRiskService({ decisionPoint }, {});
    await ask(await startServer(app), log);
    expect(seen).toEqual(['medium', undefined]);
  });
});

describe('is an error at start:', () => {
  const good = say(0);
  const signals = (value: unknown) => () => openRiskService({ signals: value } as never, {});
  const own = (options: unknown, name: unknown = 'own', assess: unknown = () => ({ score: 0, reason: 'x' })) => {
    return () => defineSignal(name as string, assess as Assess, options as SignalOptions);
  };
  const demanding = (context: unknown) => () => openRiskService({ signals: [good] }, asDemanded(context));
  it.each<[string, () => unknown, string]>([
    ['no list', signals(good), 'signals'],
    ['an empty list', signals([]), 'signals'],
    ['undefined', signals(undefined), 'signals'],
    ['a function', signals([() => 0]), 'signals[0]'],
    ['a signal without a name', signals([{ ...good, name: undefined }]), 'signals[0].name'],
    [
      'a signal without assess',
      signals([good, { name: 'b', worst: 1, timeoutMilliseconds: 100 }]),
      'signals[1].assess',
    ],
    ['a signal whose worst is none', signals([{ ...good, worst: Number.NaN }]), 'signals[0].worst'],
    ['a signal whose hop is none', signals([{ ...good, hopHeaders: { a: true } }]), 'signals[0].hopHeaders.a'],
    ['two of one name', signals([good, say(1, 'b'), say(1)]), 'signals[2].name'],
    ['no name', own({}, ''), 'signal.name'],
    ['a worst that is unset', own({ worst: undefined }), 'signal.worst'],
    ['a time that is unset', own({ timeoutMilliseconds: undefined }), 'signal.timeoutMilliseconds'],
    ['a name of two words', own({}, 'a b'), 'signal.name'],
    ['a name longer than any', own({}, 'a'.repeat(65)), 'signal.name'],
    ['no function', own({}, 'own', 'x'), 'signal.assess'],
    ['no time', own({ timeoutMilliseconds: 9 }), 'signal.timeoutMilliseconds'],
    ['all the time', own({ timeoutMilliseconds: 2001 }), 'signal.timeoutMilliseconds'],
    ['time in text', own({ timeoutMilliseconds: '100' }), 'signal.timeoutMilliseconds'],
    ['a worst of more than all', own({ worst: 2 }), 'signal.worst'],
    ['an option that is none', own({ timeout: 100 }), 'signal.options.timeout'],
    ['a hop that is none', own({ hopHeaders: { 'x-a': {} } }), 'signal.options.hopHeaders.x-a'],
    ['a header that is none', own({ hopHeaders: { 'x a': { loopback: true } } }), 'signal.hopHeaders.x a'],
    ['a certificate that is a word', own({ needsCertificate: 'yes' }), 'signal.needsCertificate'],
    ['a context that is a word', demanding('low'), 'requirement.context'],
    ['no limit', demanding({}), 'requirement.context.maxRisk'],
    ['a limit that everybody keeps to', demanding({ maxRisk: 'high' }), 'requirement.context.maxRisk'],
    ['a limit of a number', demanding({ maxRisk: 0.5 }), 'requirement.context.maxRisk'],
    ['a limit in capitals', demanding({ maxRisk: 'LOW' }), 'requirement.context.maxRisk'],
    ['above that is a word', demanding({ maxRisk: 'low', above: 'stepUp' }), 'requirement.context.above'],
    ['above that is unset', demanding({ maxRisk: 'low', above: undefined }), 'requirement.context.above'],
    ['a step-up to nothing', demanding({ maxRisk: 'low', above: {} }), 'requirement.context.above'],
    ['a step-up misspelt', demanding({ maxRisk: 'low', above: { mfa: true } }), 'requirement.context.above.mfa'],
    ['something beside', demanding({ maxRisk: 'low', max: 1 }), 'requirement.context.max'],
    ['a context without signals', () => openRiskService({}), 'requirement.context'],
    ['nothing of it all', demanding({ maxRisk: 'medium', above: 'deny' }), 'accepted'],
    ['a signal as it should be', own({ worst: 0.5, timeoutMilliseconds: 2000, needsCertificate: false }), 'accepted'],
  ])('%s', (_what, configure, option) => {
    expect(optionRefused(configure)).toBe(option);
  });
});
