import { describe, expect, it, jest } from '@jest/globals';
import { type CedarDecisionPointOptions, ConfigurationError, cedarDecisionPoint } from 'countersign';
import { type Asked, decisionRequest } from '../support/decision-request.js';

const schema = `namespace Shop {
  type Money = { amount: Long, currency?: String };
  type Circumstances = { time: String, bound: Bool, ip?: ipaddr, risk?: String };
  entity Group;
  entity User, Service in [Group] { issuer: String, permissions: Set<String>, roles: Set<String>, clientId?: String, email?: String };
  entity OrderItem { owner: User, total: Money, tags?: Set<String> };
  entity Payment { amount: Long };
  action "payments:approve" appliesTo { principal: [User, Service], resource: [Payment, OrderItem, User], context: Circumstances };
}`;
const open = (policies: string, options?: Partial<CedarDecisionPointOptions>) =>
  cedarDecisionPoint({ policies, schema, namespace: 'Shop', ...options });
const ACTION = 'action == Shop::Action::"payments:approve"';
const permitWhen = (condition: string) => `@id("limit") permit(principal, ${ACTION}, resource) when { ${condition} };`;
const payment = (properties: object) => ({ resource: { type: 'payment', id: '7', properties: { ...properties } } });

describe('Cedar permits', () => {
  it.each<[string, string, Asked]>([
    ['by an attribute of the resource', 'resource is Shop::Payment && resource.amount <= 10000', {}],
    ['by a role of the caller', 'principal.roles.contains("payment-manager")', {}],
    ['by a permission of the caller', 'principal.permissions.contains("payments:approve")', {}],
    ['by the issuer of the caller', 'principal.issuer == "https://idp.example"', {}],
    ['by who the caller is', 'principal == Shop::User::"alice"', {}],
    [
      'by the level of a risk, which has fractions',
      'context has risk && context.risk == "low"',
      { risk: { level: 'low', score: 0.1, signals: [{ name: 'network', score: 0.1, reason: 'x' }] } },
    ],
    ['by the circumstances', '!context.bound && context.time like "2026-*"', {}],
    [
      'by an entity that the schema says is one',
      'resource is Shop::OrderItem && resource.owner == principal && resource.total.amount < 6',
      {
        resource: {
          type: 'order-item',
          id: '1',
          properties: { owner: { type: 'Shop::User', id: 'alice' }, total: { amount: 5 } },
        },
      },
    ],
    [
      'leaving out what the schema does not declare, and what has no value',
      'resource is Shop::Payment && resource.amount == 5',
      payment({ amount: 5, note: null, createdAt: new Date(), price: 1.5, owner: { name: 'x' } }),
    ],
    [
      'whatever is in an id',
      'principal == Shop::User::"al\\"ice\\n"',
      {
        id: 'al"ice\n',
        resource: { type: 'payment', id: '"};permit(principal,action,resource);//', properties: { amount: 1 } },
      },
    ],
  ])('%s', async (_how, condition, asked) => {
    const point = await open(permitWhen(condition));
    const decision = await point.decide(decisionRequest(asked));
    expect(decision).toEqual({
      effect: 'permit',
      policyId: 'limit',
      policyVersion: expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
    });
    expect(decision).toBeFrozen();
  });

  it('by groups that are known beforehand', async () => {
    const group = { type: 'Shop::Group', id: 'finance' };
    const point = await open(`permit(principal in Shop::Group::"finance", ${ACTION}, resource);`, {
      entities: [
        { uid: group, attrs: {}, parents: [] },
        {
          uid: { type: 'Shop::User', id: 'alice' },
          attrs: { issuer: '', permissions: [], roles: [] },
          parents: [group],
        },
      ],
    });
    expect(await point.decide(decisionRequest())).toMatchObject({ effect: 'permit', policyId: 'policy0' });
    expect(await point.decide(decisionRequest({ id: 'bob' }))).toMatchObject({ effect: 'deny' });
  });

  it('what toRequest tells it', async () => {
    const point = await open(permitWhen('context has ip && context.ip.isInRange(ip("10.0.0.0/8"))'), {
      toRequest: ({ context }, described) => ({
        ...described,
        context: { ...described.context, ip: '10.0.0.7', time: context.time },
      }),
    });
    expect(await point.decide(decisionRequest())).toMatchObject({ effect: 'permit' });
  });

  it('without a namespace, with a schema in JSON', async () => {
    const record = (attributes: object) => ({ type: 'Record', attributes });
    const point = await cedarDecisionPoint({
      policies: 'permit(principal, action, resource) when { resource.amount < 10 };',
      schema: {
        '': {
          commonTypes: { Money: record({ amount: { type: 'Long' } }) },
          entityTypes: { User: {}, Payment: { shape: { type: 'Money' } } },
          actions: {
            'payments:approve': {
              appliesTo: { principalTypes: ['User'], resourceTypes: ['Payment'], context: record({}) },
            },
          },
        },
      },
    });
    expect(await point.decide(decisionRequest(payment({ amount: 9, more: 1 })))).toMatchObject({ effect: 'permit' });
    expect(await point.decide(decisionRequest(payment({ amount: 10 })))).toMatchObject({ effect: 'deny' });
  });
});

describe('Cedar denies', () => {
  const permitAll = `@id("all") permit(principal, ${ACTION}, resource);`;
  it.each<[string, string, Asked, object]>([
    ['what no policy permits', permitWhen('principal.roles.contains("cfo")'), {}, { reason: 'no policy permits it' }],
    [
      'what a policy forbids',
      `${permitAll} @id("frozen") forbid(principal, action, resource is Shop::Payment) when { resource.amount > 5 };`,
      {},
      { policyId: 'frozen' },
    ],
    [
      // Cedar alone permits here: the policy that would forbid is passed over.
      'where a policy that forbids fails',
      `${permitAll} @id("broken") forbid(principal, action, resource is Shop::Payment) when { resource.amount + 9223372036854775807 > 0 };`,
      {},
      { policyId: 'broken', reason: expect.stringMatching(/^a policy fails: broken: integer overflow/) },
    ],
    [
      'an action that the schema does not know',
      permitAll,
      { action: 'payments:delete' },
      { reason: expect.stringMatching(/schema/) },
    ],
    [
      'a resource that the schema does not know',
      permitAll,
      { resource: { type: 'endpoint', id: 'GET /a' } },
      { reason: expect.stringMatching(/schema/) },
    ],
    [
      'a resource whose type is no name',
      permitAll,
      { resource: { type: '+', id: '1' } },
      { reason: expect.stringMatching(/schema/) },
    ],
    ['a resource that lacks an attribute', permitAll, payment({}), { reason: expect.stringMatching(/amount/) }],
    ['an attribute of another type', permitAll, payment({ amount: '5' }), { reason: expect.stringMatching(/amount/) }],
    ['a fraction', permitAll, payment({ amount: 1.5 }), { reason: expect.stringMatching(/schema/) }],
    [
      'an entity in place of a number',
      permitAll,
      payment({ amount: { __entity: { type: 'Shop::User', id: 'alice' } } }),
      { reason: expect.stringMatching(/amount/) },
    ],
    [
      'a function in place of a number',
      permitAll,
      payment({ amount: { __extn: { fn: 'decimal', arg: '1.0' } } }),
      { reason: expect.stringMatching(/amount/) },
    ],
  ])('%s', async (_what, policies, asked, facts) => {
    expect(await (await open(policies)).decide(decisionRequest(asked))).toMatchObject({ effect: 'deny', ...facts });
  });

  it('roles that callers wrote into their own profile', async () => {
    const point = await open(permitWhen('principal.roles.contains("cfo") || principal has clientId'));
    const resource = {
      type: 'user',
      id: 'alice',
      properties: { roles: ['cfo'], clientId: 'web', email: 'a@b.example' },
    };
    expect(await point.decide(decisionRequest({ resource }))).toMatchObject({ reason: 'no policy permits it' });
    const seen = await open(
      permitWhen('resource is Shop::User && resource has email && resource.email == "a@b.example"'),
    );
    expect(await seen.decide(decisionRequest({ resource }))).toMatchObject({ effect: 'permit' });
  });
});

describe('a decision point in Cedar', () => {
  it.each<[string, object, RegExp]>([
    ['policies', { policies: 'permit(principal,\naction' }, /unexpected end of input in line 2/],
    ['policies', { policies: '' }, /non-empty/],
    ['policies', { policies: '// nothing' }, /nobody could come in/],
    ['policies', { policies: 'permit(principal == ?principal, action, resource);' }, /templates/],
    [
      'policies',
      { policies: '@id("a") permit(principal, action, resource); @id("a") forbid(principal, action, resource);' },
      /two policies named "a"/,
    ],
    [
      'policies',
      { policies: permitWhen('principal.rolls.contains("cfo")') },
      /policy `limit`.*rolls.*did you mean `roles`/,
    ],
    ['policies', { policies: permitWhen('resource.amount == "5"') }, /policy `limit`/],
    ['schema', { schema: 'entity User {\n entity' }, /in line 2/],
    ['schema', { schema: undefined }, /unset/],
    ['schema', { schema: { '': { entityTypes: 7 } } }, /can't be used/],
    ['schema', { schema: [1] }, /a list/],
    ['entities', { entities: {} }, /a list of entities/],
    ['entities', { entities: [{ uid: { type: 'Shop::Payment', id: '7' }, attrs: {}, parents: [] }] }, /amount/],
    ['entities', { entities: [{ id: 7 }] }, /uid/],
    ['namespace', { namespace: '' }, /Shop/],
    ['name', { name: undefined }, /non-empty/],
    ['toRequest', { toRequest: 'x' }, /function/],
    ['cache', { cache: {} }, /not an option/],
  ])('stops the start where something is wrong with its %s: %j', async (option, options, message) => {
    const refused = await open(permitWhen('true'), options).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigurationError);
    expect(refused).toMatchObject({ option: `cedarDecisionPoint.${option}`, message: expect.stringMatching(message) });
  });

  it('says at start which policy can never hold', async () => {
    const warnings: string[] = [];
    const emit = jest
      .spyOn(process, 'emitWarning')
      .mockImplementation((warning) => void warnings.push(String(warning)));
    await open(permitWhen('resource is Shop::Group'));
    emit.mockRestore();
    expect(warnings).toEqual([expect.stringMatching(/^cedarDecisionPoint.policies: .*`limit`.*impossible/)]);
  });

  it('names policies by their place where they have no name', async () => {
    const forbids = Array.from(
      { length: 11 },
      (_, at) => `forbid(principal, action, resource) when { principal.issuer == "${at}" };`,
    );
    const point = await open(forbids.join('\n'));
    for (const at of [0, 2, 9, 10]) {
      expect(await point.decide(decisionRequest({ issuer: String(at) }))).toMatchObject({ policyId: `policy${at}` });
    }
  });

  it('is named in records', async () => {
    expect((await open(permitWhen('true'))).name).toBe('cedar');
    expect((await open(permitWhen('true'), { name: 'payments' })).name).toBe('payments');
  });
});
