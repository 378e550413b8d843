import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSpiffeId } from '../../lib/identity/parse-spiffe-id.js';

describe('a SPIFFE ID', () => {
  it.each([
    ['spiffe://example.org', 'example.org', ''],
    ['spiffe://example.org/a', 'example.org', '/a'],
    ['spiffe://example.org/ns/shop/sa/billing', 'example.org', '/ns/shop/sa/billing'],
    ['spiffe://1.2.3.4/service', '1.2.3.4', '/service'],
    ['spiffe://a_b-c.example/x', 'a_b-c.example', '/x'],
    ['spiffe://_/x', '_', '/x'],
    ['spiffe://example.org/A-Z_a.z/0-9', 'example.org', '/A-Z_a.z/0-9'],
    ['spiffe://example.org/...', 'example.org', '/...'],
    ['spiffe://example.org/..a/.b/c./d..', 'example.org', '/..a/.b/c./d..'],
  ])('%s is read', (text, trustDomain, path) => {
    expect(parseSpiffeId(text)).toEqual({ trustDomain, path });
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['a path alone', '/ns/shop'],
    ['another scheme', 'https://example.org/a'],
    ['a scheme in capitals', 'SPIFFE://example.org/a'],
    ['a scheme alone', 'spiffe://'],
    ['one slash', 'spiffe:/example.org/a'],
    ['three slashes', 'spiffe:///a'],
    ['a trust domain in capitals', 'spiffe://Example.org/a'],
    ['a user', 'spiffe://alice@example.org/a'],
    ['a user and a password', 'spiffe://alice:secret@example.org/a'],
    ['a port', 'spiffe://example.org:8080/a'],
    ['an empty port', 'spiffe://example.org:/a'],
    ['an IPv6 address', 'spiffe://[::1]/a'],
    ['a trust domain with an escape', 'spiffe://example%2eorg/a'],
    ['a trust domain in other letters', 'spiffe://exämple.org/a'],
    ['a trust domain with a space', 'spiffe://example org/a'],
    ['a query', 'spiffe://example.org/a?b'],
    ['a query without a path', 'spiffe://example.org?b'],
    ['an empty query', 'spiffe://example.org/a?'],
    ['a fragment', 'spiffe://example.org/a#b'],
    ['an empty fragment', 'spiffe://example.org/a#'],
    ['a slash behind the trust domain', 'spiffe://example.org/'],
    ['a slash at the end', 'spiffe://example.org/a/'],
    ['an empty segment', 'spiffe://example.org/a//b'],
    ['an empty segment first', 'spiffe://example.org//a'],
    ['a dot segment', 'spiffe://example.org/a/./b'],
    ['a dot segment at the end', 'spiffe://example.org/a/.'],
    ['two dots', 'spiffe://example.org/a/../b'],
    ['two dots at the end', 'spiffe://example.org/..'],
    ['an escape', 'spiffe://example.org/a%2fb'],
    ['dots in an escape', 'spiffe://example.org/%2e%2e/a'],
    ['other letters', 'spiffe://example.org/ä'],
    ['a backslash', 'spiffe://example.org\\a'],
    ['a colon', 'spiffe://example.org/a:b'],
    ['a star', 'spiffe://example.org/*'],
    ['a space in front', ' spiffe://example.org/a'],
    ['a line behind it', 'spiffe://example.org/a\n'],
    ['a NUL', 'spiffe://example.org/a\0'],
    ['two IDs', 'spiffe://example.org/a,spiffe://example.org/b'],
  ])('is not %s', (_what, text) => {
    expect(() => parseSpiffeId(text)).toThrow(TypeError);
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    [7],
    [{}],
    [['spiffe://a/b']],
    [{ toString: () => 'spiffe://a/b', length: 12 }],
  ])('is text, and not %j', (value) => {
    expect(() => parseSpiffeId(value as never)).toThrow(TypeError);
  });

  it('has a trust domain of 255 bytes at most', () => {
    expect(parseSpiffeId(`spiffe://${'a'.repeat(255)}/b`).trustDomain).toHaveLength(255);
    expect(() => parseSpiffeId(`spiffe://${'a'.repeat(256)}/b`)).toThrow(TypeError);
  });

  it('has 2048 bytes at most', () => {
    const text = `spiffe://example.org/${'a'.repeat(2027)}`;
    expect(parseSpiffeId(text).path).toHaveLength(2028);
    expect(() => parseSpiffeId(`${text}a`)).toThrow(TypeError);
  });

  it('is not repeated in the error, and doesn’t take long to refuse', () => {
    expect(() => parseSpiffeId('spiffe://secret.example/%')).toThrow(/^(?!.*secret)/);
    const startedAt = performance.now();
    for (let round = 0; round < 1000; round++) {
      expect(() => parseSpiffeId(`spiffe://a${'/a.'.repeat(670)}%`)).toThrow(TypeError);
    }
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  const piece = fc.constantFrom(
    'spiffe://',
    'a',
    'B',
    '0',
    '.',
    '..',
    '-',
    '_',
    '/',
    '//',
    '%2e',
    '@',
    ':',
    '?',
    '#',
    'é',
  );
  const pieces = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
  const likely = fc.tuple(fc.constantFrom('spiffe://', 'spiffe://a.b'), pieces).map((parts) => parts.join(''));

  it('is its parts put together again, and a URL of just these parts', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: likely }, pieces, fc.string()), (text) => {
        const id = parse(text);
        if (id === undefined) return;
        accepted++;
        expect(`spiffe://${id.trustDomain}${id.path}`).toBe(text);
        const { host, pathname, username, password, port, search, hash } = new URL(text);
        expect([host, pathname, username + password + port + search + hash]).toEqual([id.trustDomain, id.path, '']);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});

function parse(text: string): ReturnType<typeof parseSpiffeId> | undefined {
  try {
    return parseSpiffeId(text);
  } catch {
    return undefined;
  }
}
