import type { AccessRecord, CallerRequirement, GateEvents, GateOptions } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import express, { type Request } from 'express';
import { captureLog } from './capture-log.js';
import { type Answer, bearer, sendRequest, type Via } from './send-request.js';

/** A clock that every service here goes by, and the issuer whom they trust. */
export const clock = createTestClock();
export const issuer = await createTestIssuer({ audience: 'api://payments', now: clock.now });

type Header = readonly [string, string];

/** What to ask with, beside a user's token. */
export interface Question {
  readonly claims?: object;
  readonly headers?: readonly Header[];
  readonly path?: string;
  readonly via?: Via;
}

/** A gate, and an application with one route that tells which headers its handler sees. */
export function openRiskService(
  options: Partial<GateOptions>,
  requirement: CallerRequirement = { context: { maxRisk: 'low' } },
) {
  const log = captureLog();
  const failures: GateEvents['signal_failed'][] = [];
  const gate = countersign({
    service: 'payment-service',
    audience: 'api://payments',
    trust: issuer.trust,
    accessLog: { destination: log.destination },
    now: clock.now,
    ...options,
  });
  gate.on('signal_failed', (facts) => failures.push(facts));
  const app = express();
  app.set('trust proxy', 'loopback');
  app.use(gate.accessLog());
  app.get('/metrics', gate.public('for this test'), gate.metrics());
  app.get('/open', gate.public('for anybody'), tellHeaders);
  app.get('/', gate.require(requirement), tellHeaders);
  return { gate, app, log, failures };
}

function tellHeaders(req: Request, res: { end(text: string): void }): void {
  res.end(JSON.stringify([req.headers['x-device-state'] ?? null, req.rawHeaders.join().includes('device')]));
}

/** What became of a request. */
export interface Told {
  readonly answer: Answer;
  readonly record: AccessRecord;
  /** Status, and why or `permit`. */
  readonly told: readonly [number, string];
  /** Of each signal: name, score, and whether it failed. */
  readonly scores: readonly string[];
}

/** Asks as a user, and waits for the record. */
export async function ask(
  base: string,
  log: { next(): Promise<AccessRecord> },
  { claims = {}, headers = [], path = '/', via }: Question = {},
): Promise<Told> {
  const token = await issuer.sign({ sub: 'alice', client_id: 'web', ...claims });
  const answer = await sendRequest(base, path, { headers: [bearer(token), ...headers], ...(via && { via }) });
  const record = await log.next();
  const scores = (record.risk?.signals ?? []).map(
    ({ name, score, failed }) => `${name} ${score}${failed ? ' failed' : ''}`,
  );
  return { answer, record, told: [answer.status, record.reason ?? record.decision], scores };
}

/** From this address, as a proxy on loopback tells it. */
export function from(address: string): Header {
  return ['x-forwarded-for', address];
}
