import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { CountersignModule, Require, RequirePermission } from 'countersign/nest';
import { captureLog } from '../support/capture-log.js';
import { ALGS, type Call, createCaller, dpop, PUBLIC_ORIGIN } from '../support/dpop-service.js';
import { sendRaw, writeRequest } from '../support/send-raw.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { nestPlatforms, startNest, stopNest } from '../support/start-nest.js';

afterAll(stopNest);

const caller = await createCaller();

describe.each(nestPlatforms)('Nest on %s', (_platform, makeAdapter) => {
  const log = captureLog();
  const reached: string[] = [];
  let base: string;

  @Controller()
  class OrdersController {
    @RequirePermission('orders:read')
    @Get('orders/:id')
    find(): string {
      reached.push('order');
      return 'order';
    }

    @Require({ proof: 'required' })
    @Get('strict')
    strict(): string {
      return 'strict';
    }

    @Require({})
    @Get(['secret/:a/:b', 'secret/:a/:b/:c'])
    secret(): string {
      reached.push('secret');
      return 'secret';
    }
  }

  beforeAll(async () => {
    const options = {
      service: 'order-service',
      audience: 'api://orders',
      trust: caller.issuer.trust,
      publicOrigin: PUBLIC_ORIGIN,
      publicPathPrefix: '/shop',
      dpop: { nonce: true },
      now: caller.clock.now,
      accessLog: { destination: log.destination },
    };
    base = await startNest(
      makeAdapter,
      { imports: [CountersignModule.forRoot(options)], controllers: [OrdersController] },
      (app) => app.enableCors({ exposedHeaders: ['X-Total'] }),
    );
  });

  const call = (nonce: string | undefined, { path = '/orders/42', ...more }: Call = {}) =>
    caller.call(base, { path, url: `${PUBLIC_ORIGIN}/shop${path}`, proof: { claims: { nonce } }, ...more });
  const askNonce = async () => {
    const answer = await call(undefined);
    await log.next();
    return answer.lines('dpop-nonce')[0] as string;
  };

  it('asks for a nonce, and lets in who proves with it', async () => {
    const refused = await call(undefined);
    expect([refused.status, refused.lines('www-authenticate'), refused.lines('cache-control')]).toEqual([
      401,
      [`DPoP error="use_dpop_nonce", ${ALGS}`],
      ['no-store'],
    ]);
    expect(await log.next()).toMatchObject({ reason: 'proof_nonce_required' });
    const [nonce, second] = refused.lines('dpop-nonce');
    expect(second).toBeUndefined();
    const permitted = await call(nonce);
    expect([permitted.status, permitted.body, permitted.lines('dpop-nonce'), permitted.lines('cache-control')]).toEqual(
      [200, 'order', [nonce], ['no-store']],
    );
    expect(await log.next()).toMatchObject({ decision: 'permit', verdicts: { bound: true }, route: '/orders/:id' });
  });

  it('lets nobody in without a proof that holds, nor twice with one that does', async () => {
    const nonce = await askNonce();
    const url = `${PUBLIC_ORIGIN}/shop/orders/42`;
    const headers = await caller.show({ url, proof: { claims: { nonce } } });
    for (const [shown, reason] of [
      [[], 'token_missing'],
      [[bearer(await caller.token())], 'binding_missing'],
      [dpop(await caller.token()), 'binding_missing'],
      [[...headers, ...headers.slice(1)], 'credential_ambiguous'],
      [await caller.show(), 'proof_invalid'],
      [headers, undefined],
      [headers, 'token_replayed'],
    ] as const) {
      const answer = await sendRequest(base, '/orders/42', { headers: shown });
      expect((await log.next()).reason).toBe(reason);
      expect(answer.status === 200).toBe(reason === undefined);
    }
  });

  it('shows both schemes, a line for each', async () => {
    const answer = await sendRequest(base, '/orders/42');
    expect(answer.lines('www-authenticate')).toEqual([`DPoP ${ALGS}`, 'Bearer realm="order-service"']);
    await log.next();
  });

  it('demands a proof where a route says so', async () => {
    const unbound = [bearer(await caller.issuer.sign({ scope: 'orders:read' }))];
    expect((await sendRequest(base, '/orders/42', { headers: unbound })).status).toBe(200);
    expect((await sendRequest(base, '/strict', { headers: unbound })).status).toBe(401);
    expect((await call(await askNonceQuietly(), { path: '/strict' })).status).toBe(200);
    for (let at = 0; at < 4; at++) await log.next();
  });

  const askNonceQuietly = async () => (await call(undefined)).lines('dpop-nonce')[0];

  it('lets scripts of another origin read what they need, beside what is theirs', async () => {
    const origin = [['origin', 'https://shop.example']] as const;
    const refused = await call(undefined, { headers: origin });
    const permitted = await call(refused.lines('dpop-nonce')[0], { headers: origin });
    for (const answer of [refused, permitted]) {
      expect(answer.lines('access-control-expose-headers')).toEqual(['X-Total, WWW-Authenticate, DPoP-Nonce']);
      await log.next();
    }
    expect(permitted.status).toBe(200);
  });

  it.each([
    '/secret/../orders/42',
    '/secret/%2e%2e/orders/42',
    'http://evil.example;/orders/42',
    'http://evil.example?/secret/orders/42',
    'http://evil.example/secret/../orders/42',
  ])('lets no proof for an order lead to %s', async (target) => {
    const nonce = await askNonce();
    const before = reached.length;
    const proofs = [`${PUBLIC_ORIGIN}/shop/orders/42`, `${PUBLIC_ORIGIN}/shop/`, `${PUBLIC_ORIGIN}/shop`];
    for (const url of proofs) {
      const shown = await caller.show({ url, proof: { claims: { nonce } } });
      await sendRaw(
        base,
        writeRequest(
          target,
          shown.map(([name, value]) => `${name}: ${value}`),
        ),
      );
      await log.next();
    }
    expect(reached.slice(before)).toEqual([]);
  });
});
