import { afterAll, describe, expect, it } from '@jest/globals';
import { type AccessRequest, createGate, fromNodeRequest } from 'countersign';
import { createTestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const issuer = await createTestIssuer({ audience: 'queue://orders' });

function rig() {
  const log = captureLog();
  const gate = createGate({
    service: 'worker',
    audience: 'queue://orders',
    trust: issuer.trust,
    accessLog: { destination: log.destination },
  });
  return { log, gate };
}

function message(token?: string): AccessRequest {
  return {
    source: {},
    method: 'POST',
    target: '/orders',
    header: (name) => (name === 'authorization' && token !== undefined ? [`Bearer ${token}`] : []),
  };
}

describe('a gate without a framework', () => {
  it('permits, and says who', async () => {
    const { gate, log } = rig();
    const attempt = await gate.enforce(message(await issuer.sign({ scope: 'orders:write' })), {
      permissions: 'orders:write',
    });
    expect([attempt.decision, attempt.principal?.subject, attempt.refusal]).toEqual([
      { effect: 'permit' },
      'test-service',
      undefined,
    ]);
    attempt.finish({ statusCode: 200, route: 'orders' });
    attempt.finish({ statusCode: 500 });
    expect(await log.next()).toMatchObject({ decision: 'permit', statusCode: 200, route: 'orders', service: 'worker' });
    expect(log.lines).toHaveLength(1);
  });

  it('denies, and says what to answer', async () => {
    const { gate } = rig();
    const { decision, principal, refusal, requestId } = await gate.enforce(message(await issuer.sign()), {
      permissions: ['orders:write'],
    });
    expect([decision, principal]).toEqual([{ effect: 'deny', reason: 'permission_missing' }, undefined]);
    expect(refusal).toEqual({
      status: 403,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'www-authenticate': ['Bearer error="insufficient_scope"'],
      },
      body: JSON.stringify({
        type: 'about:blank',
        title: 'Forbidden',
        status: 403,
        detail: 'This caller may not do that.',
        instance: requestId,
      }),
    });
  });

  it('takes requests with one source for one attempt, and a denial for final', async () => {
    const { gate } = rig();
    const request = message(await issuer.sign({ scope: 'a' }));
    expect((await gate.enforce(request, {})).decision.effect).toBe('permit');
    const denied = await gate.enforce({ ...request }, { permissions: ['b'] });
    expect(denied.decision).toEqual({ effect: 'deny', reason: 'permission_missing' });
    expect(await gate.enforce({ ...request }, { permissions: ['a'] })).toBe(denied);
    expect(denied.decision.effect).toBe('deny');
    expect((await gate.enforce({ ...request }, { public: 'why' })).decision.effect).toBe('deny');
  });

  it('lets any of several permissions do, and kinds that are named', async () => {
    const { gate } = rig();
    const effect = async (claims: object, requirement: Parameters<typeof gate.enforce>[1]) =>
      (await gate.enforce(message(await issuer.sign({ ...claims })), requirement)).decision.reason ?? 'permit';
    expect(await effect({ scope: 'b' }, { anyOf: ['a', 'b'] })).toBe('permit');
    expect(await effect({ scope: 'c' }, { anyOf: ['a', 'b'] })).toBe('permission_missing');
    expect(await effect({ scope: 'b c' }, { permissions: ['c'], anyOf: ['a', 'b'] })).toBe('permit');
    expect(await effect({ scope: 'b' }, { permissions: ['c'], anyOf: ['a', 'b'] })).toBe('permission_missing');
    expect(await effect({ sub: 'alice' }, { kinds: ['user'] })).toBe('permit');
    expect(await effect({ sub: 'alice' }, { kinds: ['service', 'unknown'] })).toBe('caller_kind_refused');
    expect(await effect({}, { kinds: ['service'] })).toBe('permit');
  });

  it('throws for a requirement that is none, and changes nothing by it', async () => {
    const { gate } = rig();
    await expect(gate.enforce(message(), { permission: 'a' } as never)).rejects.toThrow(
      /requirement\.permission is not an option/,
    );
    await expect(gate.enforce(message(), undefined as never)).rejects.toThrow(/must be an object/);
  });

  it('is not fooled by a requirement that changes after it was read', async () => {
    const { gate } = rig();
    const requirement = { permissions: ['admin'] };
    const token = await issuer.sign({ scope: 'a' });
    const pending = gate.enforce(message(token), requirement);
    requirement.permissions[0] = 'a';
    expect((await pending).decision.effect).toBe('deny');
  });

  it('judges requests of a plain Node server', async () => {
    const { gate, log } = rig();
    const base = await startServer(async (req, res) => {
      const attempt = await gate.enforce(fromNodeRequest(req), { permissions: ['a'] });
      res.once('close', () => attempt.finish({ statusCode: res.statusCode, aborted: !res.writableFinished }));
      if (!attempt.refusal) return void res.end('reached');
      const { status, headers, body } = attempt.refusal;
      res.writeHead(status, headers as Record<string, string | string[]>).end(body);
    });
    expect((await sendRequest(base, '/x')).status).toBe(401);
    expect((await sendRequest(base, '/x', { headers: [bearer(await issuer.sign({ scope: 'a' }))] })).body).toBe(
      'reached',
    );
    expect([(await log.next()).reason, (await log.next()).ip]).toEqual(['token_missing', '127.0.0.1']);
  });

  it('survives listeners that throw', async () => {
    const { gate } = rig();
    gate.on('token_verified', () => {
      throw new Error('listener');
    });
    let heard = 0;
    const off = gate.on('token_verified', () => heard++);
    expect((await gate.enforce(message(await issuer.sign()), {})).decision.effect).toBe('permit');
    off();
    await gate.enforce(message(await issuer.sign()), {});
    expect(heard).toBe(1);
  });
});
