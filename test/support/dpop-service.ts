import type { AccessRecord, Gate, GateOptions } from 'countersign';
import { countersign, type ExpressGate } from 'countersign/express';
import { createTestClock, createTestIssuer, type TestClock, type TestIssuer } from 'countersign/testing';
import express5, { type Express } from 'express';
import { captureLog } from './capture-log.js';
import { createProofKey, type ProofChange, type ProofKey } from './proof-key.js';
import { type Answer, sendRequest } from './send-request.js';
import { startServer } from './start-server.js';

/** Where the service is for its callers, which is never where it really is. */
export const PUBLIC_ORIGIN = 'https://orders.example';
/** Algorithms of proofs where none are configured, as challenges name them. */
export const ALGS = 'algs="ES256 EdDSA Ed25519 ES384 ES512 PS256 PS384 PS512"';

type Headers = readonly (readonly [string, string])[];

/** What is asked for, and what is shown, where it is not the honest thing. */
export interface Call {
  readonly path?: string;
  readonly method?: string;
  /** The URI that the proof names; by default that of the path under the public origin. */
  readonly url?: string;
  readonly proof?: ProofChange;
  readonly headers?: Headers;
}

/** A caller that has a key, and a token that is bound to it. */
export interface Caller {
  readonly key: ProofKey;
  readonly clock: TestClock;
  /** A fresh token that is bound to the key. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The fields of an honest call, or one that differs as it is told. */
  show(call?: Call): Promise<Headers>;
  /** Sends what it shows. */
  call(base: string, call?: Call): Promise<Answer>;
}

const START = 1_800_000_000;

/** A caller, and the issuer of its tokens. */
export async function createCaller(
  clock: TestClock = createTestClock(START),
): Promise<Caller & { readonly issuer: TestIssuer }> {
  const key = createProofKey();
  const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
  const token = (claims = {}) => issuer.sign({ ...key.bound, scope: 'orders:read', ...claims });
  async function show({ path = '/orders/42', method = 'GET', url, proof }: Call = {}): Promise<Headers> {
    const shown = await token();
    const target = { token: shown, method, url: url ?? `${PUBLIC_ORIGIN}${path}`, now: clock.now() };
    return dpop(shown, key.prove(target, proof));
  }
  return {
    key,
    clock,
    issuer,
    token,
    show,
    async call(base, call = {}) {
      const { path = '/orders/42', method = 'GET', headers = [] } = call;
      return sendRequest(base, path, { method, headers: [...(await show(call)), ...headers] });
    },
  };
}

/** The fields that show a token under the DPoP scheme, with its proof where there is one. */
export function dpop(token: string, proof?: string): Headers {
  const shown = ['authorization', `DPoP ${token}`] as const;
  return proof === undefined ? [shown] : [shown, ['dpop', proof]];
}

/** A guarded service. */
export interface DpopService {
  readonly gate: ExpressGate;
  readonly base: string;
  /** What its handlers answered, in order: nothing of it was ever reached without a permit. */
  readonly reached: readonly string[];
  next(): Promise<AccessRecord>;
}

/** Starts a service that knows its public origin, in front of everything that a proof could be mistaken for. */
export async function startDpopService(
  { issuer, clock }: { readonly issuer: TestIssuer; readonly clock: TestClock },
  options: Partial<GateOptions> = {},
  { express = express5, prepare = () => {} }: { express?: typeof express5; prepare?: (app: Express) => void } = {},
): Promise<DpopService> {
  const log = captureLog();
  const reached: string[] = [];
  const gate = countersign({
    service: 'order-service',
    audience: 'api://orders',
    trust: issuer.trust,
    publicOrigin: PUBLIC_ORIGIN,
    now: clock.now,
    accessLog: { destination: log.destination },
    ...options,
  });
  const app = express();
  app.set('trust proxy', true);
  app.use(gate.accessLog());
  prepare(app);
  const answer = (name: string) => (_req: unknown, res: { send(text: string): unknown }) => {
    reached.push(name);
    res.send(name);
  };
  app.all('/orders/:id', gate.requirePermission('orders:read'), answer('order'));
  app.all('/twice/:id', gate.verifyServiceToken(), gate.requirePermission('orders:read'), answer('twice'));
  app.all('/paid/:id', gate.requirePermission('orders:pay'), answer('paid'));
  app.all('/strict/:id', gate.requirePermission('orders:read', { proof: 'required' }), answer('strict'));
  app.all('/easy/:id', gate.require({ proof: 'when-bound' }), answer('easy'));
  app.get('/health', gate.public('says nothing'), answer('health'));
  app.use('/secret', gate.verifyToken(), answer('secret'));
  app.use(gate.verifyToken(), answer('rest'));
  return { gate, base: await startServer(app), reached, next: log.next };
}

/** What a gate makes of a call, without any framework: `permit`, or the reason why not. */
export async function judgeCall(gate: Gate, headers: Headers, target = '/orders/42'): Promise<string> {
  const header = (name: string) => headers.filter(([field]) => field === name).map(([, value]) => value);
  const { decision } = await gate.enforce({ source: {}, method: 'GET', target, header }, {});
  return decision.reason ?? decision.effect;
}
