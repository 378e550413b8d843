import { afterAll, describe, expect, it } from '@jest/globals';
import {
  AccessDenied,
  type CallerRequirement,
  type DecisionPoint,
  type DecisionRequest,
  definePolicy,
  type GateOptions,
  type PolicyDecision,
} from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express, { type Request } from 'express';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://payments', now: clock.now });
const payments = new Map([
  ['1', { amount: 500, owner: 'alice' }],
  ['2', { amount: 50_000, owner: 'bob' }],
]);
const loaded: string[] = [];
const loadPayment = (req: Request<{ id: string }>) => {
  loaded.push(req.params.id);
  const properties = payments.get(req.params.id);
  return properties && { type: 'payment', id: req.params.id, properties };
};
const upTo = (limit: number) =>
  definePolicy<{ amount: number }>(`up-to-${limit}`, ({ resource }) => resource.properties.amount <= limit, {
    version: '3',
  });
const say = (decision: unknown, name = 'said'): DecisionPoint => ({
  name,
  decide: async () => decision as PolicyDecision,
});

async function start(requirement: CallerRequirement, options: Partial<GateOptions> = {}) {
  const log = captureLog();
  const failures: unknown[] = [];
  const gate = countersign({
    service: 'payment-service',
    audience: 'api://payments',
    trust: issuer.trust,
    accessLog: { destination: log.destination },
    now: clock.now,
    ...options,
  });
  gate.on('failure', ({ error }) => failures.push(error));
  const app = express();
  app.use(gate.accessLog());
  app.get(
    '/payments/:id',
    gate.verifyToken(),
    gate.require(requirement),
    (req, res) => void res.json(req.resource ?? null),
  );
  app.get('/open', gate.public('says nothing'), (req, res) => void res.json(req.resource ?? null));
  const base = await startServer(app);
  return {
    failures,
    async ask(path = '/payments/1', claims: object = {}) {
      const token = await issuer.sign({ sub: 'alice', client_id: 'web', scope: 'payments:approve', ...claims });
      const answer = await sendRequest(base, path, { headers: [bearer(token)] });
      const record = await log.next();
      return { answer, record, told: [answer.status, record.reason ?? record.decision] };
    },
  };
}

const PERMITTED = [200, 'permit'];
const DENIED = [403, 'policy_denied'];
const approve = { permissions: 'payments:approve', resource: loadPayment } as const;

describe('a policy on a resource', () => {
  it('lets pass what it permits, and the handler finds the resource', async () => {
    const { ask } = await start({ ...approve, policy: upTo(1000) });
    const { answer, record, told } = await ask();
    expect(told).toEqual(PERMITTED);
    expect(JSON.parse(answer.body)).toEqual({ type: 'payment', id: '1', properties: payments.get('1') });
    expect(record).toMatchObject({
      resource: { type: 'payment', id: '1' },
      policies: [{ effect: 'permit', policyId: 'up-to-1000', policyVersion: '3' }],
    });
    expect(JSON.stringify(record)).not.toContain('owner');
  });

  it('refuses what it denies, and tells the caller nothing of it', async () => {
    const { ask } = await start({ ...approve, policy: upTo(1000) });
    const { answer, record, told } = await ask('/payments/2');
    expect(told).toEqual(DENIED);
    expect(record).toMatchObject({
      resource: { type: 'payment', id: '2' },
      policies: [{ effect: 'deny', policyId: 'up-to-1000', policyVersion: '3' }],
    });
    expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(/up-to|policy/);
  });

  it('is asked in AuthZEN’s words', async () => {
    const seen: DecisionRequest[] = [];
    const see = definePolicy('see', (request) => {
      seen.push(request);
      return true;
    });
    const { ask } = await start({ ...approve, policy: see });
    const { record } = await ask('/payments/1?secret=x', { acr: 'strong' });
    const [request] = seen;
    expect(JSON.parse(JSON.stringify(request))).toMatchObject({
      subject: {
        type: 'user',
        id: 'alice',
        properties: {
          issuer: issuer.issuer,
          permissions: ['payments:approve'],
          roles: [],
          clientId: 'web',
          authentication: { contextClass: 'strong' },
          claims: { sub: 'alice' },
        },
      },
      action: { name: 'payments:approve', properties: { method: 'GET', permissions: ['payments:approve'] } },
      resource: { type: 'payment', id: '1', properties: { amount: 500 } },
      context: { time: new Date(clock.now() * 1000).toISOString(), requestId: record.requestId, bound: false },
    });
    const parts = [request, request?.subject, request?.subject.properties, request?.action, request?.context];
    expect(parts.map(Object.isFrozen)).toEqual(parts.map(() => true));
  });

  it('is asked about the endpoint where nothing is loaded', async () => {
    let resource: unknown;
    const see = definePolicy('see', (request) => {
      resource = request.resource;
      return true;
    });
    const { ask } = await start({ policy: see });
    const { answer, record } = await ask('/payments/1?secret=x');
    expect(resource).toEqual({ type: 'endpoint', id: 'GET /payments/1' });
    expect([JSON.parse(answer.body), record.resource]).toEqual([null, undefined]);
  });

  it('loads nothing for somebody without the permission, and once for everybody else', async () => {
    const { ask } = await start({ ...approve, policy: [upTo(1000), upTo(2000)] });
    loaded.length = 0;
    expect((await ask('/payments/1', { scope: 'x' })).told).toEqual([403, 'permission_missing']);
    expect(loaded).toEqual([]);
    await ask();
    expect(loaded).toEqual(['1']);
  });

  it.each<[404 | 403 | undefined, unknown[]]>([
    [undefined, [404, 'resource_missing']],
    [404, [404, 'resource_missing']],
    [403, DENIED],
  ])('answers what is not there as the route says: %s', async (missingResource, told) => {
    const { ask } = await start({ ...approve, policy: upTo(1), ...(missingResource && { missingResource }) });
    const missing = await ask('/payments/9');
    expect(missing.told).toEqual(told);
    if (missingResource !== 403) return;
    const denied = await ask('/payments/1');
    const shown = ({ answer }: typeof denied) => {
      const { instance, ...body } = JSON.parse(answer.body) as { instance: string };
      return [answer.status, body, instance.length, answer.lines('www-authenticate')];
    };
    expect(shown(missing)).toEqual(shown(denied));
  });
});

describe('several policies', () => {
  it('must all permit; the first that doesn’t is the last that is asked', async () => {
    const { ask } = await start({ ...approve, policy: [upTo(1000), upTo(100), upTo(10)] });
    const { record, told } = await ask();
    expect(told).toEqual(DENIED);
    expect(record.policies?.map(({ policyId, effect }) => [policyId, effect])).toEqual([
      ['up-to-1000', 'permit'],
      ['up-to-100', 'deny'],
    ]);
  });

  it('are joined by the decision point of the gate, which has a say about every guard', async () => {
    const { ask } = await start(
      { ...approve, policy: upTo(1000) },
      { decisionPoint: say({ effect: 'permit' }, 'gate') },
    );
    expect((await ask()).record.policies?.map(({ policyId }) => policyId)).toEqual(['gate', 'up-to-1000', 'gate']);
    const closed = await start(approve, { decisionPoint: say({ effect: 'deny' }) });
    expect((await closed.ask()).told).toEqual(DENIED);
    expect((await closed.ask('/open')).told).toEqual(PERMITTED);
  });
});

describe('a decision', () => {
  it.each<[string, unknown]>([
    ['deny', { effect: 'deny' }],
    ['permit in capitals', { effect: 'PERMIT' }],
    ['true', { effect: true }],
    ['nothing', {}],
    ['permit in a list', { effect: ['permit'] }],
  ])('denies that says %s', async (_what, decision) => {
    expect((await (await start({ policy: say(decision) })).ask()).told).toEqual(DENIED);
  });

  it('may say more, which stands in the record, cut to its measure', async () => {
    const { ask } = await start({
      policy: say({ effect: 'permit', policyId: 'p', policyVersion: '1', decisionId: 'd', reason: 'x'.repeat(9999) }),
    });
    const { record } = await ask();
    expect(record.policies).toEqual([
      { effect: 'permit', policyId: 'p', policyVersion: '1', decisionId: 'd', reason: 'x'.repeat(300) },
    ]);
  });

  it('may hold nothing that isn’t text', async () => {
    const odd = { effect: 'permit', policyId: { a: 1 }, policyVersion: 7, decisionId: [], reason: null };
    const { ask } = await start({ policy: say(odd) });
    expect((await ask()).record.policies).toEqual([{ effect: 'permit', policyId: 'said' }]);
  });
});

describe('what throws is a denial:', () => {
  const boom = new Error('boom');
  it.each<[string, CallerRequirement]>([
    [
      'a policy',
      {
        policy: definePolicy('boom', () => {
          throw boom;
        }),
      },
    ],
    [
      'a policy that promises',
      {
        policy: definePolicy('boom', async () => {
          throw boom;
        }),
      },
    ],
    [
      'a loader',
      {
        resource: () => {
          throw boom;
        },
        policy: upTo(1),
      },
    ],
    ['a loader that promises', { resource: async () => Promise.reject(boom) }],
  ])('%s', async (_what, requirement) => {
    const { ask, failures } = await start(requirement);
    const { answer, told } = await ask();
    expect(told).toEqual([500, 'internal_error']);
    expect(failures).toEqual([boom]);
    expect(answer.body).not.toContain('boom');
  });

  it.each<[string, unknown]>([
    ['text', 'payment'],
    ['no type', { id: '1' }],
    ['an empty type', { type: '', id: '1' }],
    ['a number for an id', { type: 'payment', id: 1 }],
    ['properties in text', { type: 'payment', id: '1', properties: 'x' }],
    ['false', false],
  ])('a loader that gives %s', async (_what, found) => {
    const { ask, failures } = await start({ resource: () => found as never });
    expect((await ask()).told).toEqual([500, 'internal_error']);
    expect(String(failures[0])).toContain('a loader must give { type, id, properties? }');
  });

  it('a decision point that can’t be asked', async () => {
    const away = (retryAfterSeconds?: number): DecisionPoint => ({
      name: 'away',
      decide() {
        throw new AccessDenied('decision_unavailable', 'away', { ...(retryAfterSeconds && { retryAfterSeconds }) });
      },
    });
    const { ask } = await start({ policy: away(7) });
    const { answer, told } = await ask();
    expect([...told, answer.headers['retry-after']]).toEqual([503, 'decision_unavailable', '7']);
  });
});

describe('an obligation', () => {
  const tell = { type: 'tell', properties: { whom: 'owner' } };
  const obliging = say({ effect: 'permit', obligations: [tell] });

  it('is met before the request passes', async () => {
    const met: unknown[] = [];
    const { ask } = await start(
      { policy: obliging },
      { obligations: { tell: (obligation, { subject }) => void met.push([obligation, subject.id]) } },
    );
    expect((await ask()).told).toEqual(PERMITTED);
    expect(met).toEqual([[tell, 'alice']]);
  });

  it('that nobody knows is a denial, one that fails too, and none is met where something else denies', async () => {
    expect((await (await start({ policy: obliging })).ask()).told).toEqual(DENIED);
    expect((await (await start({ policy: obliging }, { obligations: { other() {} } })).ask()).told).toEqual(DENIED);
    const failing = await start(
      { policy: obliging },
      { obligations: { tell: async () => Promise.reject(new Error('x')) } },
    );
    expect((await failing.ask()).told).toEqual([500, 'internal_error']);
    const met: unknown[] = [];
    const both = await start(
      { policy: [obliging, say({ effect: 'deny' })] },
      { obligations: { tell: () => void met.push(1) } },
    );
    expect([(await both.ask()).told, met]).toEqual([DENIED, []]);
    const unknown = await start(
      { policy: say({ effect: 'permit', obligations: [tell, { type: 'other' }] }) },
      { obligations: { tell: () => void met.push(2) } },
    );
    expect([(await unknown.ask()).told, met]).toEqual([DENIED, []]);
  });

  it.each<[string, unknown]>([
    ['in text', 'tell'],
    ['without type', [{}]],
    ['null', [null]],
    ['in a crowd', Array.from({ length: 21 }, () => tell)],
  ])('that is none is a denial: %s', async (_what, obligations) => {
    const { ask } = await start({ policy: say({ effect: 'permit', obligations }) }, { obligations: { tell() {} } });
    expect((await ask()).told).toEqual([500, 'internal_error']);
  });
});
