import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccessRecord } from '../../lib/audit/access-record.js';
import { composeLine } from '../../lib/audit/compose-line.js';

const usual = {
  time: '2026-01-02T03:04:05.678Z',
  event: 'api_access',
  service: 'orders',
  requestId: 'r-12345678',
  caller: { issuer: 'https://idp.example', subject: 'billing', kind: 'service', clientId: 'billing' },
  method: 'GET',
  route: '/orders/:id',
  path: '/orders/7',
  ip: '127.0.0.1',
  statusCode: 200,
  durationMs: 1.234,
  decision: 'permit',
  required: Object.freeze(['orders:read']),
  verdicts: Object.freeze({ authentic: true, bound: false, intended: true }),
  tokenId: 't-1',
  keyId: 'k-1',
} as const satisfies AccessRecord;

/** The members in the order in which the gate writes them. */
const inOrder = ({ time, event, ...others }: AccessRecord): AccessRecord => ({ event, time, ...others });

const expectSame = (record: AccessRecord) => expect(composeLine(record)).toBe(`${JSON.stringify(record)}\n`);

describe('a line', () => {
  it('is what JSON.stringify writes, whatever the record says', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a"b', 'a\\b', 'a\nb', 'é', '\ud800', '\u2028', ''),
    );
    const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
    const records = fc.record({
      event: fc.constant('api_access' as const),
      time: fc.constant(usual.time),
      service: text,
      requestId: text,
      traceId: maybe(text),
      caller: maybe(
        fc.record({
          issuer: text,
          subject: text,
          kind: fc.constantFrom('service' as const, 'user' as const),
          clientId: maybe(text),
          actor: maybe(fc.record({ subject: text })),
        }),
      ),
      workload: maybe(fc.record({ issuer: text, subject: text })),
      userId: maybe(text),
      method: text,
      route: maybe(text),
      path: text,
      ip: maybe(text),
      statusCode: fc.oneof(fc.integer(), fc.double(), fc.constant(Number.NaN)),
      durationMs: fc.double(),
      aborted: maybe(fc.constant(true as const)),
      decision: fc.constantFrom('permit' as const, 'deny' as const, 'none' as const),
      reason: maybe(text),
      wouldDeny: maybe(fc.constant('token_missing' as const)),
      resource: maybe(fc.record({ type: text, id: text })),
      risk: maybe(fc.record({ level: fc.constantFrom('low', 'high'), signals: fc.array(text) })),
      policies: maybe(fc.array(fc.record({ effect: fc.constantFrom('permit', 'deny'), policyId: text }))),
      required: fc.array(text).map((names) => Object.freeze(names) as readonly string[]),
      verdicts: maybe(fc.record({ authentic: fc.boolean(), bound: fc.boolean(), intended: fc.boolean() })),
      tokenId: maybe(text),
      keyId: maybe(text),
      keysStale: maybe(fc.constant(true as const)),
      repeated: maybe(fc.integer()),
    });
    fc.assert(
      fc.property(records, (record) => expectSame(record as unknown as AccessRecord)),
      { numRuns: 2000 },
    );
  });

  it.each(Object.keys(usual).filter((name) => typeof usual[name as keyof typeof usual] === 'string'))(
    'can’t be ended or added to by what %s says',
    (name) => {
      if (name === 'event' || name === 'time' || name === 'decision') return expectSame(inOrder(usual));
      for (const value of ['a\n{"event":"api_access"}', '","decision":"permit', '\\', '\u0000', '\u007f', 'ü']) {
        const line = composeLine(inOrder({ ...usual, [name]: value }));
        expect([line.indexOf('\n'), JSON.parse(line)]).toEqual([line.length - 1, { ...usual, [name]: value }]);
      }
    },
  );

  it.each([
    [{ caller: { ...usual.caller, subject: 'a"b' } }],
    [{ caller: { ...usual.caller, issuer: 'a\\' } }],
    [{ caller: { ...usual.caller, clientId: '\n' } }],
    [{ caller: { ...usual.caller, actor: { subject: 'x', issuer: 'y' } } }],
    [{ required: ['a"b', 'c\nd'] }],
    [{ required: [] }],
    [{ statusCode: Number.NaN }],
    [{ durationMs: Number.NaN }],
    [{ method: undefined }],
    [{ ip: null }],
    [{ reason: 'a"\nb' }],
    [{ workload: { issuer: '"', subject: 's' } }],
    [{ statusCode: '200"' as unknown as number }],
    [{ policies: [{ effect: 'deny' as const, policyId: 'p"' }] }],
    [{ resource: { type: 'order', id: '"' } }],
  ])('escapes %j', (change) => expectSame(inOrder({ ...usual, ...change } as unknown as AccessRecord)));

  it('tells what a list says now, where it isn’t frozen', () => {
    const required = ['a'];
    expect(JSON.parse(composeLine({ ...usual, required })).required).toEqual(['a']);
    required.push('b');
    expect(JSON.parse(composeLine({ ...usual, required })).required).toEqual(['a', 'b']);
  });
});
