import {
  AccessDenied,
  type AccessRecord,
  type CallerKind,
  type ClientCertificateOptions,
  createKeyRing,
  createTokenMinter,
  createTokenVerifier,
  defineSignal,
  deviceSignal,
  type Fetch,
  type GateOptions,
  networkSignal,
  type Principal,
  type ReasonCode,
  type Requirement,
  type Signal,
  type TokenProfile,
  type TrustedIssuer,
  timeSignal,
} from 'countersign';
import { countersign, type ExpressGate } from 'countersign/express';
import { createTestClock, createTestIssuer, type ForgeryKind, type TestIssuer } from 'countersign/testing';
import express from 'express';

const profile: TokenProfile = {
  name: 'example',
  types: ['JWT', null],
  requiredClaims: ['azp'],
  claims: { subject: 'sub', clientId: 'azp', permissions: ['scope', ['realm_access', 'roles']] },
  maxLifetimeSeconds: { service: 300, user: 900, unknown: 300 },
  kindOf: (claims) => (claims['sub'] === claims['azp'] ? 'service' : 'user'),
};

const trust: TrustedIssuer[] = [
  { issuer: 'https://idp.example', profile, permissions: { claims: [], grants: { 'user:ann': ['orders:read'] } } },
  { service: 'shop', issuer: 'https://shop.internal', grants: ['orders:read'], keys: { discovery: true } },
  { issuer: 'https://other.example', keys: { jwksUri: 'https://other.example/jwks' }, audience: ['api://orders'] },
  { issuer: 'https://third.example', keys: { client: { getKeys: async () => [] } } },
];

const signals: Signal[] = [
  deviceSignal({ from: { claim: ['device', 'state'] }, scores: { healthy: 0 } }),
  networkSignal({ trusted: '10.0.0.0/8', hop: { loopback: true } }),
  timeSignal({ hours: '08:00-18:00', days: ['mon', 'fri'], timeZone: 'Europe/Berlin' }),
  defineSignal('agent', ({ unverifiedHeader }) => ({
    score: unverifiedHeader('user-agent').length ? 0 : 1,
    reason: 'looked',
  })),
];

export async function serve(): Promise<void> {
  const clock = createTestClock();
  const testIssuer: TestIssuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
  const forged: ForgeryKind = 'wrong-key';
  const tokens: string[] = [await testIssuer.sign({ scope: 'orders:read' }), await testIssuer.forge(forged)];

  const keyRing = createKeyRing({ algorithm: 'EdDSA' });
  const options: GateOptions = {
    service: 'order-service',
    audience: 'api://orders',
    trust: [...trust, testIssuer.trust],
    signing: { issuer: 'https://orders.internal', keyRing },
    accessLog: { destination: process.stderr },
    now: clock.now,
    signals,
  };
  const gate: ExpressGate = countersign(options);
  const requirement: Requirement = { anyOf: ['orders:read', 'orders:write'], kinds: ['service'] };

  const app = express();
  app.use(gate.accessLog());
  app.get('/metrics', gate.requirePermission('metrics:read'), gate.metrics());
  app.get('/.well-known/jwks.json', gate.jwks());
  app.use('/assets', gate.passes(express.static('assets'), 'public files'));
  app.get('/health', gate.public('liveness probe, says nothing'), (_req, res) => void res.sendStatus(204));
  app.get('/orders/:id', gate.verifyServiceToken(), gate.require(requirement), (req, res) => {
    const caller: Principal | undefined = req.principal;
    const kind: CallerKind | undefined = req.principal?.kind;
    res.json({ id: req.params.id, caller: caller?.subject, kind, mayWrite: caller?.permissions.has('orders:write') });
  });
  gate.assertCovered(app);

  const payments: Fetch = gate.client({ audience: 'api://payments', origins: ['https://payments.internal'] });
  const certificate: ClientCertificateOptions = {
    keyFile: '/run/spiffe/key.pem',
    certificateFile: '/run/spiffe/cert.pem',
    authoritiesFile: '/run/spiffe/bundle.pem',
    callee: ['spiffe://shop.example/ns/pay/sa/payments', 'payments.internal'],
  };
  gate.client({ audience: 'api://payments', origins: ['https://payments.internal'], proof: 'dpop', certificate });
  const global: typeof fetch = payments;
  await global('https://payments.internal/payments', { method: 'POST' });
  await gate.close();

  const minter = createTokenMinter({ issuer: 'https://orders.internal', subject: 'order-service', keyRing });
  const verifier = createTokenVerifier({ audience: 'api://payments', trust });
  await verifier.verify(await minter.mint({ audience: 'api://payments' })).catch((error: unknown) => {
    const reason: ReasonCode | undefined = error instanceof AccessDenied ? error.reason : undefined;
    console.error(reason, tokens);
  });
}

export function describe({ decision, caller, route }: AccessRecord): string {
  return [decision, caller?.subject, route].join(' ');
}
