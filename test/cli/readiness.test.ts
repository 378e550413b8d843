import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { AccessRecord } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';
import type { ReadinessReport } from '../../lib/cli/report-readiness.js';
import { splitLines } from '../../lib/cli/split-lines.js';
import { runCommand } from '../support/run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-readiness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shop = { issuer: 'https://idp.example', subject: 'web-shop', kind: 'service' } as const;

function recordOf(change: Partial<Record<keyof AccessRecord, unknown>> = {}): string {
  const record = {
    event: 'api_access',
    time: '2026-11-22T03:10:58.855Z',
    service: 'order-service',
    requestId: '7291f84b88980b33',
    method: 'GET',
    route: '/orders/:id',
    path: '/orders/42',
    statusCode: 200,
    durationMs: 1.9,
    decision: 'permit',
    required: ['orders:read'],
    ...change,
  };
  return `${JSON.stringify(record)}\n`;
}

async function report(log: string | Buffer): Promise<ReadinessReport> {
  const { stdout, stderr } = await runCommand(['readiness', '--json', '-'], log);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ReadinessReport;
}

describe('countersign readiness', () => {
  it('is content with a log in which everything passes', async () => {
    const path = join(folder, 'access.log');
    writeFileSync(path, recordOf() + recordOf({ time: '2026-11-23T00:00:00.000Z' }));
    const { code, stdout } = await runCommand(['readiness', path]);
    expect([code, stdout]).toEqual([
      0,
      [
        'ready: every call would pass',
        '2 calls, 2026-11-22T03:10:58.855Z to 2026-11-23T00:00:00.000Z: 2 would pass, 0 would be denied',
        '',
        'route            calls  would pass  would be denied  reasons',
        'GET /orders/:id      2           2                0',
        '',
      ].join('\n'),
    ]);
  });

  it('says who would be denied where, why, and what to do', async () => {
    const log = [
      recordOf(),
      recordOf({ wouldDeny: 'permission_missing', caller: shop }).repeat(2),
      recordOf({ wouldDeny: 'token_missing', method: 'POST' }),
      recordOf({ decision: 'deny', reason: 'token_expired', caller: shop, statusCode: 401 }),
      recordOf({ decision: 'none', route: undefined, statusCode: 404 }),
    ].join('');
    const { code, stdout } = await runCommand(['readiness', '-'], log);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^not ready: 4 calls would be denied\n6 calls, .*: 2 would pass, 4 would be denied\n/);
    expect(stdout).toMatch(
      /^GET \/orders\/:id +4 +1 +3 {2}permission_missing 2, token_expired 1\nPOST \/orders\/:id +1 +0 +1 {2}token_missing 1\n\(no route matched\) +1 +1 +0$/m,
    );
    expect(stdout).toMatch(
      /^permission_missing: 2 calls\n {2}cause .+\n {2}cure .+\n {2}GET \/orders\/:id, demands orders:read\n {4}web-shop@https:\/\/idp\.example {2}2$/m,
    );
    expect(stdout).toMatch(/^token_missing: 1 call\n.+\n.+\n {2}POST \/orders\/:id\n {4}caller not known {2}1$/m);
  });

  it('reads what a gate writes', async () => {
    const lines: string[] = [];
    const issuer = await createTestIssuer({ audience: 'api://orders' });
    const gate = countersign({
      service: 'order-service',
      audience: 'api://orders',
      trust: issuer.trust,
      accessLog: { destination: { write: (line) => lines.push(line) } },
    });
    const app = express();
    app.use(gate.accessLog());
    app.get('/orders/:id', gate.requirePermission('orders:read'), (_req, res) => void res.json({}));
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders/1`;
    for (const headers of [await issuer.headers({ scope: 'orders:read' }), await issuer.headers(), {}]) {
      await (await fetch(url, { headers })).text();
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const { routes, changes } = await report(lines.join(''));
    expect(routes).toEqual([
      {
        method: 'GET',
        route: '/orders/:id',
        calls: 3,
        wouldPass: 1,
        wouldBeDenied: 2,
        reasons: { permission_missing: 1, token_missing: 1 },
      },
    ]);
    expect(changes.map(({ reason, routes: [first] }) => [reason, first?.callers, first?.unknownCallerCalls])).toEqual([
      ['token_missing', [], 1],
      ['permission_missing', [{ subject: 'test-service', issuer: issuer.issuer, calls: 1 }], 0],
    ]);
  });

  it('names five callers of a group at most, the most frequent first, and counts the others', async () => {
    const denied = (subject: string) => recordOf({ wouldDeny: 'audience_mismatch', caller: { ...shop, subject } });
    const log = Array.from({ length: 8 }, (_, at) => denied(`caller-${at}`).repeat(at + 1)).join('');
    const { changes } = await report(log);
    const [place] = changes[0]?.routes ?? [];
    expect(place?.callers.map(({ subject, calls }) => [subject, calls])).toEqual([
      ['caller-7', 8],
      ['caller-6', 7],
      ['caller-5', 6],
      ['caller-4', 5],
      ['caller-3', 4],
    ]);
    expect(place?.more).toEqual({ callers: 3, calls: 6 });
  });

  it('keeps a thousand routes and ten thousand callers, and counts what is beyond', async () => {
    const routes = Array.from({ length: 1200 }, (_, at) => recordOf({ route: `/r${at}` })).join('');
    const callers = Array.from({ length: 10_100 }, (_, at) =>
      recordOf({ route: '/r0', wouldDeny: 'permission_missing', caller: { ...shop, subject: `s${at}` } }),
    ).join('');
    const { calls, routes: reported, changes } = await report(routes + callers);
    expect([calls, reported.length]).toEqual([11_300, 1001]);
    expect(reported.find(({ further }) => further)?.calls).toBe(200);
    expect(changes[0]?.routes[0]?.more).toEqual({ callers: 9995, atLeast: true, calls: 10_095 });
  });

  it('ends with 2 where nothing can be told', async () => {
    for (const [args, log] of [
      [['readiness', '-'], ''],
      [['readiness', '-'], 'Server started\n{"level":30}\n'],
      [['readiness', join(folder, 'nowhere.log')], ''],
      [['readiness', folder], ''],
      [['readiness'], recordOf()],
      [['readiness', '--json=yes', '-'], recordOf()],
    ] as const) {
      const { code, stdout, stderr } = await runCommand(args, log);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toMatch(/^countersign: .+\nusage: countersign readiness /);
    }
  });
});

describe('lines that no gate wrote', () => {
  it.each<[string, string | Buffer, 'brokenLines' | 'otherLines']>([
    ['half a record', recordOf().slice(0, 40), 'brokenLines'],
    ['a line without end', `{"event":"api_access","x":"${'x'.repeat(1_000_000)}"}`, 'brokenLines'],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]), 'brokenLines'],
    ['a reason that there is not', recordOf({ decision: 'deny', reason: 'because' }), 'brokenLines'],
    ['a reason that is a member of every object', recordOf({ wouldDeny: 'constructor' }), 'brokenLines'],
    ['a reason that is no text', recordOf({ wouldDeny: ['token_missing'] }), 'brokenLines'],
    ['a denial without reason', recordOf({ decision: 'deny' }), 'brokenLines'],
    ['no decision', recordOf({ decision: undefined }), 'brokenLines'],
    ['a decision of another kind', recordOf({ decision: 'maybe' }), 'brokenLines'],
    ['no method', recordOf({ method: 7 }), 'brokenLines'],
    ['a list', `[${recordOf().trim()}]`, 'otherLines'],
    ['null', 'null', 'otherLines'],
    ['text', 'Server started on port 3000', 'otherLines'],
    ['another event', recordOf({ event: 'boot' as never }), 'otherLines'],
    ['an event by inheritance alone', '{"__proto__":{"event":"api_access"}}', 'otherLines'],
  ])('%s is counted, and no call', async (_what, line, counted) => {
    const found = await report(Buffer.concat([Buffer.from(recordOf()), Buffer.from(line), Buffer.from('\n\n')]));
    expect([found.calls, found.brokenLines + found.otherLines, found[counted]]).toEqual([1, 1, 1]);
  });

  it('members of the wrong type are as if they were not there', async () => {
    const found = await report(
      recordOf({ time: 7, route: {}, required: 'all', caller: 'me', wouldDeny: 'token_missing' }) +
        recordOf({ time: '2026', required: [7, 'a'], caller: { subject: 'x' }, wouldDeny: 'permission_missing' }),
    );
    expect([found.calls, found.from, found.wouldBeDenied]).toEqual([2, undefined, 2]);
    expect(found.changes.map(({ routes: [first] }) => [first?.route, first?.required, first?.callers])).toEqual([
      [null, [], []],
      ['/orders/:id', ['a'], []],
    ]);
  });

  it('names such as __proto__ are names', async () => {
    const caller = { ...shop, subject: '__proto__', issuer: 'constructor' };
    const line = recordOf({ route: '__proto__', method: 'toString', caller, wouldDeny: 'permission_missing' });
    const found = await report(line.repeat(2));
    expect(found.routes[0]).toMatchObject({ method: 'toString', route: '__proto__', calls: 2 });
    expect(found.changes[0]?.routes[0]?.callers).toEqual([{ subject: '__proto__', issuer: 'constructor', calls: 2 }]);
  });

  it('what a terminal would obey is shown, not done; a name without end is cut', async () => {
    const caller = { ...shop, subject: '\u001b[2J\u202e\u009b' };
    const log = recordOf({ route: `/\u0007${'x'.repeat(2000)}`, caller, wouldDeny: 'permission_missing' });
    for (const args of [[], ['--json']]) {
      const { stdout } = await runCommand(['readiness', ...args, '-'], log);
      expect(stdout).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
      expect(stdout).toContain('\\u001b[2J\\u202e\\u009b');
      expect(stdout).not.toContain('x'.repeat(301));
    }
  });

  it('lines are found wherever the chunks end', async () => {
    const text = 'one\ntwo é\n\nlonger than that\nlast';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const lines: (string | null)[] = [];
      for await (const line of splitLines(asStream(chunks), 10)) lines.push(line);
      expect(lines).toEqual(['one', 'two é', '', null, 'last']);
    }
  });
});

async function* asStream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
