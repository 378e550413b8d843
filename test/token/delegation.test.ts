import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type CallerRequirement,
  createKeyRing,
  type GateOptions,
  type Principal,
  type TrustedIssuer,
} from 'countersign';
import { countersign, type ExpressGate } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express from 'express';
import * as jose from 'jose';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const clock = createTestClock();
const idp = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const PAYMENTS = 'api://payments';
const ORDERS = 'https://orders.internal';
const keyRing = createKeyRing({ now: clock.now });
const keys = { jwks: keyRing.jwks() };
const quiet = { accessLog: { destination: { write() {} } } };

const orders = countersign({
  service: 'order-service',
  audience: 'api://orders',
  trust: idp.trust,
  signing: { issuer: ORDERS, keyRing },
  now: clock.now,
  ...quiet,
});

/** A user as the order service knows them, out of a real request. */
async function alice(claims: Record<string, unknown> = {}, gate: ExpressGate = orders): Promise<Principal> {
  const token = await idp.sign({ sub: 'alice', client_id: 'web', scope: 'payments:read payments:write', ...claims });
  const source = {};
  const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
  const attempt = await gate.enforce({ source, method: 'GET', target: '/', header }, { delegation: { actors: ['x'] } });
  if (!attempt.principal) throw new Error(`refused: ${attempt.decision.reason}`);
  return attempt.principal;
}

const ordersEntry = (more: object = {}): TrustedIssuer =>
  ({
    service: 'order-service',
    issuer: ORDERS,
    grants: ['payments:read', 'payments:list'],
    mayActFor: [idp.issuer],
    keys,
    ...more,
  }) as TrustedIssuer;

/** The payment service, which the order service calls. */
async function startPayments(
  requirement: CallerRequirement = { delegation: { actors: ['order-service'] } },
  { trust = [ordersEntry(), idp.trust] as GateOptions['trust'], ...options }: Partial<GateOptions> = {},
) {
  const log = captureLog();
  const gate = countersign({
    service: 'payment-service',
    audience: PAYMENTS,
    trust,
    accessLog: { destination: log.destination },
    now: clock.now,
    ...options,
  });
  const app = express();
  app.use(gate.accessLog());
  app.get('/', gate.require(requirement), (req, res) => void res.json(req.principal));
  const base = await startServer(app);
  return {
    base,
    log,
    async show(token: string) {
      const answer = await sendRequest(base, '/', { headers: [bearer(token)] });
      const record = await log.next();
      return {
        record,
        told: [answer.status, record.reason ?? record.decision],
        caller: JSON.parse(answer.body) as Principal,
      };
    },
  };
}

const PERMITTED = [200, 'permit'];
const mintFor = async (principal: Principal, more: object = {}) =>
  orders.mint({ audience: PAYMENTS, onBehalfOf: principal, ...more });

describe('a token on behalf of a user', () => {
  it('says who acts for whom, and no more than the user may do', async () => {
    const user = await alice({ acr: 'strong', amr: ['pwd', 'otp'], auth_time: clock.now() - 10 });
    const claims = jose.decodeJwt(await mintFor(user, { permissions: ['payments:read', 'payments:refund'] }));
    expect(claims).toMatchObject({
      iss: ORDERS,
      sub: 'alice',
      sub_id: { format: 'iss_sub', iss: idp.issuer, sub: 'alice' },
      client_id: 'order-service',
      act: { sub: 'order-service' },
      aud: PAYMENTS,
      scope: 'payments:read',
      acr: 'strong',
      amr: ['pwd', 'otp'],
      auth_time: clock.now() - 10,
    });
    expect(jose.decodeJwt(await mintFor(user))['scope']).toBe('payments:read payments:write');
  });

  it('ends before the one that it comes from', async () => {
    const user = await alice({ exp: clock.now() + 60 });
    expect(jose.decodeJwt(await mintFor(user)).exp).toBe(clock.now() + 59);
    expect(jose.decodeJwt(await mintFor(user, { lifetimeSeconds: 10 })).exp).toBe(clock.now() + 10);
    clock.advance(59);
    await expect(mintFor(user)).rejects.toThrow('about to end');
  });

  it('is minted for verified users alone', async () => {
    const user = await alice();
    const service = await alice({ sub: 'robot', client_id: 'robot' });
    for (const other of [{ ...user }, service, undefined, null, 'alice', { kind: 'user' }]) {
      await expect(mintFor(other as Principal)).rejects.toThrow('onBehalfOf must be a verified user');
    }
  });

  it('names those who acted before, up to a limit', async () => {
    const chain = (length: number): object => ({ sub: `s${length}`, ...(length > 1 && { act: chain(length - 1) }) });
    const three = await alice({ act: { ...chain(3), sub: 'x', iss: 'https://x.example' } });
    expect(jose.decodeJwt(await mintFor(three))['act']).toEqual({
      sub: 'order-service',
      act: { sub: 'x', iss: 'https://x.example', act: { sub: 's2', act: { sub: 's1' } } },
    });
    const four = await alice({ act: { ...chain(4), sub: 'x' } });
    await expect(mintFor(four)).rejects.toThrow('no more than 4 services');
    await expect(alice({ act: { ...chain(5), sub: 'x' } })).rejects.toThrow('refused: claim_invalid');
  });
});

describe('a call on behalf of a user', () => {
  it('may do what both may, and is recorded as such', async () => {
    const { show } = await startPayments();
    const { told, caller, record } = await show(await mintFor(await alice()));
    expect(told).toEqual(PERMITTED);
    expect(caller).toMatchObject({
      issuer: ORDERS,
      subject: 'alice',
      subjectIssuer: idp.issuer,
      kind: 'user',
      clientId: 'order-service',
      permissions: ['payments:read'],
      actor: { subject: 'order-service' },
    });
    expect(record).toMatchObject({ userId: 'alice', caller: { kind: 'user', actor: { subject: 'order-service' } } });
  });

  it('may do no more than the user’s own grants', async () => {
    const entry = { issuer: idp.issuer, keys: { jwks: idp.jwks } };
    const grants = { 'user:alice': ['payments:list'] };
    const { show } = await startPayments(undefined, { trust: [ordersEntry(), { ...entry, permissions: { grants } }] });
    expect((await show(await mintFor(await alice()))).caller.permissions).toEqual([]);
    const both = await alice({ scope: 'payments:list payments:read' });
    expect((await show(await mintFor(both))).caller.permissions).toEqual(['payments:list']);
  });

  it('comes in where the route allows its actor, and nowhere else', async () => {
    const token = await mintFor(await alice());
    const REFUSED = [403, 'caller_kind_refused'];
    expect((await (await startPayments({})).show(token)).told).toEqual(REFUSED);
    expect((await (await startPayments({ delegation: { actors: ['web'] } })).show(token)).told).toEqual(REFUSED);
    const several = await startPayments({ delegation: { actors: ['web', 'order-service'] }, kinds: ['user'] });
    expect((await several.show(token)).told).toEqual(PERMITTED);
    const own = await orders.mint({ audience: PAYMENTS });
    expect((await (await startPayments({})).show(own)).told).toEqual(PERMITTED);
  });

  it('is stepped up like the user’s own', async () => {
    const { show } = await startPayments({ delegation: { actors: ['order-service'] }, stepUp: { acr: 'strong' } });
    expect((await show(await mintFor(await alice({ acr: 'strong' })))).told).toEqual(PERMITTED);
    expect((await show(await mintFor(await alice({ acr: 'weak' })))).told).toEqual([401, 'authentication_too_weak']);
  });

  it.each<[string, object, object]>([
    ['of an issuer that the service may not act for', { mayActFor: ['https://other.example'] }, {}],
    ['where the service may act for nobody', { mayActFor: undefined }, {}],
    ['that doesn’t say whose user', {}, { sub_id: undefined }],
    ['whose user is another one', {}, { sub_id: { format: 'iss_sub', iss: idp.issuer, sub: 'bob' } }],
    ['in another format', {}, { sub_id: { format: 'email', iss: idp.issuer, sub: 'alice' } }],
    ['of a list of issuers', {}, { sub_id: { format: 'iss_sub', iss: [idp.issuer], sub: 'alice' } }],
    ['by another actor', {}, { act: { sub: 'other-service' } }],
    ['by an actor of another issuer', {}, { act: { sub: 'order-service', iss: 'https://other.example' } }],
    ['by another client', {}, { client_id: 'other-service' }],
    ['by nobody', {}, { act: undefined }],
    [
      'of the service itself',
      {},
      { sub: 'order-service', sub_id: { format: 'iss_sub', iss: idp.issuer, sub: 'order-service' } },
    ],
  ])('is refused: %s', async (_what, change, claims) => {
    const { mayActFor, ...entry } = { ...(ordersEntry() as object), ...change } as { mayActFor?: string[] };
    const trust = [{ ...entry, ...(mayActFor && { mayActFor }) } as TrustedIssuer];
    const { show } = await startPayments(undefined, { trust });
    const honest = jose.decodeJwt(await mintFor(await alice()));
    const key = keyRing.activeKey();
    const header = { alg: key.algorithm, typ: 'at+jwt', kid: key.keyId };
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const data = `${encode(header)}.${encode({ ...honest, ...claims })}`;
    const signature = Buffer.from(await key.sign(Buffer.from(data))).toString('base64url');
    expect((await show(`${data}.${signature}`)).told).toEqual([401, 'claim_invalid']);
  });

  it('says nothing of permissions, and has none', async () => {
    const { show } = await startPayments();
    const token = await orders.mint({ audience: PAYMENTS, onBehalfOf: await alice({ scope: '' }) });
    expect((await show(token)).caller.permissions).toEqual([]);
  });
});

describe('a token of an authorization server that names an actor', () => {
  const delegated = (iss?: string) =>
    idp.sign({
      sub: 'alice',
      client_id: 'web',
      aud: PAYMENTS,
      scope: 'a b c',
      act: { sub: 'shop', ...(iss && { iss }) },
    });
  const requirement = { delegation: { actors: ['shop'] } };
  const entry = { issuer: idp.issuer, keys: { jwks: idp.jwks } };

  it('is limited by what the actor is granted there, or as a service of its own', async () => {
    const grants = { 'user:alice': ['a', 'b'], shop: ['b', 'c'] };
    const there = await startPayments(requirement, { trust: [{ ...entry, permissions: { grants } }] });
    expect((await there.show(await delegated())).caller.permissions).toEqual(['b']);
    const shop = { service: 'shop', issuer: 'https://shop.internal', grants: ['c'], keys };
    const elsewhere = await startPayments(requirement, { trust: [entry, { ...shop, service: 'other' }] });
    expect((await elsewhere.show(await delegated())).caller.permissions).toEqual(['a', 'b', 'c']);
    const known = await startPayments(requirement, { trust: [entry, shop] });
    expect((await known.show(await delegated())).caller.permissions).toEqual(['c']);
    expect((await known.show(await delegated('https://shop.internal'))).caller.permissions).toEqual(['c']);
    // A namesake of another issuer is another service.
    expect((await known.show(await delegated('https://other.example'))).caller.permissions).toEqual(['a', 'b', 'c']);
  });

  it('counts as it is where nothing is said of the actor', async () => {
    const { show } = await startPayments(requirement, { trust: [entry] });
    expect((await show(await delegated())).caller.permissions).toEqual(['a', 'b', 'c']);
  });
});

describe('a client on behalf of a user', () => {
  it('calls with such tokens, bound or not', async () => {
    const { base, log } = await startPayments(undefined, { publicOrigin: 'http://127.0.0.1' });
    const client = orders.client({ audience: PAYMENTS, origins: [base], onBehalfOf: await alice() });
    expect(await (await client(base)).json()).toMatchObject({ subject: 'alice', actor: { subject: 'order-service' } });
    expect(await log.next()).toMatchObject({ userId: 'alice' });
  });

  it.each<[string, object, RegExp]>([
    ['nobody', { onBehalfOf: undefined }, /client\.onBehalfOf must be a verified user, found undefined/],
    ['a name', { onBehalfOf: 'alice' }, /client\.onBehalfOf must be a verified user/],
  ])('is made for no such thing: %s', (_what, options, message) => {
    expect(() => orders.client({ audience: PAYMENTS, origins: ['https://a.example'], ...options })).toThrow(message);
  });

  it('opens no connections of its own', async () => {
    const user = await alice();
    const options = { audience: PAYMENTS, origins: ['https://a.example'], onBehalfOf: user, certificate: {} as never };
    expect(() => orders.client(options)).toThrow(/client\.onBehalfOf can't stand beside certificate/);
  });
});
