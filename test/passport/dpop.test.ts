import { afterAll, describe, expect, it } from '@jest/globals';
import { createGate, type GateOptions, type Principal } from 'countersign';
import { ServiceTokenStrategy, type ServiceTokenStrategyOptions } from 'countersign/passport';
import type { RequestHandler } from 'express';
import passport from 'passport';
import { captureLog } from '../support/capture-log.js';
import { ALGS, createCaller, dpop, PUBLIC_ORIGIN } from '../support/dpop-service.js';
import { expressVersions } from '../support/express-versions.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const caller = await createCaller();
const ORIGIN = [['origin', 'https://shop.example']] as const;

describe.each(expressVersions)('ServiceTokenStrategy, %s', (_version, express) => {
  async function rig(options: Partial<GateOptions> = {}, strategyOptions: ServiceTokenStrategyOptions = {}) {
    const log = captureLog();
    const gate = createGate({
      service: 'order-service',
      audience: 'api://orders',
      trust: caller.issuer.trust,
      publicOrigin: PUBLIC_ORIGIN,
      dpop: { nonce: true },
      now: caller.clock.now,
      accessLog: { destination: log.destination },
      ...options,
    });
    const strategies = new passport.Passport().use(new ServiceTokenStrategy(gate, strategyOptions));
    const app = express();
    app.get('/orders/:id', strategies.authenticate('countersign') as RequestHandler, (req, res) => {
      res.send((req.user as Principal | undefined)?.subject);
    });
    return { log, base: await startServer(app) };
  }

  it('asks for a nonce, and lets in who proves with it', async () => {
    const { base, log } = await rig();
    const refused = await caller.call(base, { headers: ORIGIN });
    expect([refused.status, refused.lines('www-authenticate')]).toEqual([
      401,
      [`DPoP error="use_dpop_nonce", ${ALGS}`],
    ]);
    expect(await log.next()).toMatchObject({ reason: 'proof_nonce_required' });
    const nonces = refused.lines('dpop-nonce');
    expect(nonces).toHaveLength(1);
    const permitted = await caller.call(base, { headers: ORIGIN, proof: { claims: { nonce: nonces[0] } } });
    expect([permitted.status, permitted.body, permitted.lines('dpop-nonce')]).toEqual([200, 'test-service', nonces]);
    expect(await log.next()).toMatchObject({ decision: 'permit', verdicts: { bound: true } });
    for (const answer of [refused, permitted]) {
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.lines('access-control-expose-headers')).toEqual(['WWW-Authenticate, DPoP-Nonce']);
    }
  });

  it('lets nobody in without a proof that holds, nor twice with one that does', async () => {
    const { base, log } = await rig({ dpop: {}, proof: 'required' });
    const headers = await caller.show();
    for (const [shown, reason] of [
      [[], 'token_missing'],
      [[bearer(await caller.issuer.sign())], 'binding_missing'],
      [[bearer(await caller.token())], 'binding_missing'],
      [dpop(await caller.token()), 'binding_missing'],
      [[...headers, ...headers.slice(1)], 'credential_ambiguous'],
      [await caller.show({ url: `${PUBLIC_ORIGIN}/other` }), 'proof_invalid'],
      [headers, undefined],
      [headers, 'token_replayed'],
    ] as const) {
      const answer = await sendRequest(base, '/orders/42', { headers: shown });
      expect((await log.next()).reason).toBe(reason);
      expect(answer.status === 200).toBe(reason === undefined);
    }
  });

  it('tells the nonce where it leaves the answer to passport', async () => {
    const { base } = await rig({}, { chain: true });
    const refused = await caller.call(base, { headers: ORIGIN });
    expect([refused.status, refused.lines('www-authenticate')]).toEqual([
      401,
      [`DPoP error="use_dpop_nonce", ${ALGS}`],
    ]);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(refused.lines('access-control-expose-headers')).toEqual(['WWW-Authenticate, DPoP-Nonce']);
    const nonces = refused.lines('dpop-nonce');
    expect(nonces).toHaveLength(1);
    expect((await caller.call(base, { proof: { claims: { nonce: nonces[0] } } })).status).toBe(200);
    const bare = await sendRequest(base, '/orders/42');
    expect(bare.lines('www-authenticate')).toEqual([`DPoP ${ALGS}, Bearer realm="order-service"`]);
    expect(bare.lines('dpop-nonce')).toEqual([]);
  });
});
