import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalizeUri, readTargetPath } from '../../lib/binding/normalize-uri.js';

describe('a URI', () => {
  it.each<[string, string, string]>([
    ['is itself', 'https://orders.example/orders/42', 'https://orders.example/orders/42'],
    ['has a scheme in small letters', 'HTTPS://orders.example/a', 'https://orders.example/a'],
    ['has a host in small letters', 'https://ORDERS.Example/a', 'https://orders.example/a'],
    ['keeps the letters of its path', 'https://orders.example/Orders', 'https://orders.example/Orders'],
    ['has no default port of https', 'https://orders.example:443/a', 'https://orders.example/a'],
    ['has no default port of http', 'http://orders.example:80/a', 'http://orders.example/a'],
    ['keeps the default port of another scheme', 'https://orders.example:80/a', 'https://orders.example:80/a'],
    ['keeps another port', 'https://orders.example:8443/a', 'https://orders.example:8443/a'],
    ['has no port that is empty', 'https://orders.example:/a', 'https://orders.example/a'],
    ['has no zeros before its port', 'https://orders.example:0443/a', 'https://orders.example/a'],
    ['has no zeros before another port', 'https://orders.example:08443/a', 'https://orders.example:8443/a'],
    ['has a path where it is empty', 'https://orders.example', 'https://orders.example/'],
    ['has a path before a query', 'https://orders.example?a=/b', 'https://orders.example/'],
    ['has no query', 'https://orders.example/a?b=c&d', 'https://orders.example/a'],
    ['has no fragment', 'https://orders.example/a#b', 'https://orders.example/a'],
    ['has neither, in any order', 'https://orders.example/a#b?c', 'https://orders.example/a'],
    ['has no empty query', 'https://orders.example/a?', 'https://orders.example/a'],
    ['has no segment of one dot', 'https://orders.example/a/./b', 'https://orders.example/a/b'],
    ['has no segment of two dots', 'https://orders.example/a/../b', 'https://orders.example/b'],
    ['ends in a slash after a dot', 'https://orders.example/a/.', 'https://orders.example/a/'],
    ['ends in a slash after two dots', 'https://orders.example/a/b/..', 'https://orders.example/a/'],
    ['goes no higher than its root', 'https://orders.example/../../a', 'https://orders.example/a'],
    ['takes an empty segment back', 'https://orders.example/a//../b', 'https://orders.example/a/b'],
    ['keeps segments of three dots', 'https://orders.example/.../.a', 'https://orders.example/.../.a'],
    ['is as in RFC 3986 section 5.2.4', 'http://a/a/b/c/./../../g', 'http://a/a/g'],
    ['has dots where they were encoded', 'https://orders.example/a/%2e%2E/b', 'https://orders.example/b'],
    ['has a tilde where it was encoded', 'https://orders.example/%7ea', 'https://orders.example/~a'],
    ['has letters where they were encoded', 'https://orders.example/%41%62%5F', 'https://orders.example/Ab_'],
    ['never decodes a slash', 'https://orders.example/a%2fb', 'https://orders.example/a%2Fb'],
    ['decodes once', 'https://orders.example/%257e', 'https://orders.example/%257e'],
    ['writes encoding in capitals', 'https://orders.example/%c3%a4%3f', 'https://orders.example/%C3%A4%3F'],
    ['keeps double slashes', 'https://orders.example//a//b', 'https://orders.example//a//b'],
    ['keeps the slash at its end', 'https://orders.example/a/', 'https://orders.example/a/'],
    ['keeps what a path may hold', "https://orders.example/a:@!$&'()*+,;=b", "https://orders.example/a:@!$&'()*+,;=b"],
    ['may have an IPv6 host', 'https://[2001:DB8::1]:443/a', 'https://[2001:db8::1]/a'],
    ['may have an IPv4 host', 'http://127.0.0.1:3000/a', 'http://127.0.0.1:3000/a'],
    ['decodes its host before its letters change', 'https://%4Frders.example/', 'https://orders.example/'],
    ['keeps the dot behind its host', 'https://orders.example./a', 'https://orders.example./a'],
  ])('%s', (_what, text, normalized) => {
    expect(normalizeUri(text)).toBe(normalized);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['a path', '/orders/42'],
    ['a host without a scheme', 'orders.example/a'],
    ['a host with two slashes alone', '//orders.example/a'],
    ['another scheme', 'ftp://orders.example/a'],
    ['a scheme of a script', 'javascript:alert(1)'],
    ['one slash', 'https:/orders.example/a'],
    ['no host', 'https:///a'],
    ['a port alone', 'https://:443/a'],
    ['user information', 'https://user@orders.example/a'],
    ['a password', 'https://user:secret@orders.example/a'],
    ['a user that looks like the host', 'https://orders.example@evil.example/a'],
    ['a port that is none', 'https://orders.example:https/a'],
    ['a port that is too long', 'https://orders.example:000443/a'],
    ['two ports', 'https://orders.example:443:443/a'],
    ['a negative port', 'https://orders.example:-1/a'],
    ['IPv6 without brackets', 'https://2001:db8::1/a'],
    ['IPv6 with a zone', 'https://[fe80::1%25eth0]/a'],
    ['brackets around a name', 'https://[orders.example]/a'],
    ['a backslash in the host', 'https://orders.example\\evil/a'],
    ['a backslash in place of a slash', 'https://orders.example/a\\b'],
    ['a backslash behind the scheme', 'https:\\\\orders.example\\a'],
    ['a space before it', ' https://orders.example/a'],
    ['a space behind it', 'https://orders.example/a '],
    ['a space in it', 'https://orders.example/a b'],
    ['a space in the host', 'https://orders example/a'],
    ['a line break behind it', 'https://orders.example/a\n'],
    ['a line break in it', 'https://orders.example/a\r\nb'],
    ['a tab', 'https://orders.example/a\tb'],
    ['a NUL', 'https://orders.example/a\u0000'],
    ['DEL', 'https://orders.example/\u007f'],
    ['a letter that is not ASCII', 'https://orders.example/ä'],
    ['a host that is not ASCII', 'https://ördérs.example/a'],
    ['a letter that small letters make ASCII', 'https://orders.example\u212a/a'],
    ['a slash of another script', 'https://orders.example/a\u2044b'],
    ['percent alone', 'https://orders.example/%'],
    ['percent with one digit', 'https://orders.example/%4'],
    ['percent with letters that are no digits', 'https://orders.example/%zz'],
    ['percent without digits in the host', 'https://%zz.example/'],
    ['quotes', 'https://orders.example/"a"'],
    ['angle brackets', '<https://orders.example/a>'],
    ['curly brackets', 'https://orders.example/{id}'],
    ['brackets in the path', 'https://orders.example/[id]'],
    ['a caret', 'https://orders.example/^'],
    ['a pipe', 'https://orders.example/a|b'],
    ['two of them', 'https://orders.example/a, https://orders.example/b'],
  ])('is not: %s', (_what, text) => {
    expect(normalizeUri(text)).toBeUndefined();
  });

  it.each<[string, string]>([
    ['a host that brings a path and a query', 'resource.com/intendedPath?'],
    ['a host that brings a path and a fragment', 'resource.com/intendedPath#'],
    ['a host that brings a path', 'resource.com/intendedPath'],
    ['a host that becomes a user', 'resource.com@evil.com'],
  ])('made from %s is not that of the real path', (_what, host) => {
    expect(normalizeUri(`https://${host}/realPath`)).not.toBe('https://resource.com/realPath');
  });
});

describe('the path of a request target', () => {
  it.each<[string, string, string | undefined]>([
    ['is all of an origin form', '/orders/42', '/orders/42'],
    ['ends before the query', '/orders/42?a=b', '/orders/42'],
    ['ends before a fragment, which has no place there', '/orders/42#a?b', '/orders/42'],
    ['may be the root', '/', '/'],
    ['may have a host’s form', '//evil.example/x', '//evil.example/x'],
    ['keeps its spelling', '/%7ea%2f/', '/%7ea%2f/'],
    ['keeps a URL within it', '/https://evil.example/x', '/https://evil.example/x'],
    ['keeps dots within a segment', '/a..b/.c/d./...', '/a..b/.c/d./...'],
    ['is behind the host of an absolute form', 'http://evil.example/orders/42?a', '/orders/42'],
    ['is behind its port too', 'HTTPS://Evil.Example:8443/orders', '/orders'],
    ['is behind an IPv6 host too', 'http://[::1]:80/orders', '/orders'],
    ['is the root of an absolute form without path', 'http://orders.example', '/'],
    ['is not there in an asterisk form', '*', undefined],
    ['is not there in an authority form', 'orders.example:443', undefined],
    ['is not there in nothing', '', undefined],
    ['is not there in a query', '?a=/b', undefined],
    ['is not there without a slash', 'orders/42', undefined],
    ['is not there behind another scheme', 'ftp://orders.example/orders', undefined],
    ['is not there behind one slash', 'http:/orders', undefined],
    ['is not there where the host is empty', 'http:///orders', undefined],
    ['is not there where a query follows the host', 'http://evil.example?/orders', undefined],
    ['is not there where a fragment follows the host', 'http://evil.example#/orders', undefined],
    ['is not there where a backslash follows the host', 'http://evil.example\\secret/orders', undefined],
    ['is not there where a semicolon follows the host', 'http://evil.example;/orders', undefined],
    ['is not there where the host has encoding', 'http://evil%2fsecret/orders', undefined],
    ['is not there where the host has a user', 'http://a@evil.example/orders', undefined],
    ['is not there with a dot segment', '/secret/../orders', undefined],
    ['is not there with a dot segment that is encoded', '/secret/%2e%2E/orders', undefined],
    ['is not there with a dot segment that is half encoded', '/secret/.%2e/orders', undefined],
    ['is not there with a dot segment at its end', '/orders/..', undefined],
    ['is not there with a single dot', '/./orders', undefined],
    ['is not there with a dot segment before a query', '/orders/..?a', undefined],
    ['is not there with a dot segment of an absolute form', 'http://orders.example/secret/../orders', undefined],
  ])('%s', (_what, target, path) => {
    expect(readTargetPath(target)).toBe(path);
  });
});

const UNRESERVED = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'];
const plainSegment = fc
  .string({ unit: fc.constantFrom(...UNRESERVED, ..."!$&'()*+,;=:@"), maxLength: 8 })
  .filter((segment) => segment !== '.' && segment !== '..');
const plainPath = fc.array(plainSegment, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join('/')}`);
const host = fc.oneof(fc.domain(), fc.ipV4(), fc.constantFrom('[::1]', '[2001:db8::a]'));
const scheme = fc.constantFrom('http', 'https');
/** Segments, some characters of which have to stay encoded. */
const encodedPath = fc
  .array(
    fc.array(fc.oneof(fc.constantFrom(...UNRESERVED), fc.constantFrom('%2F', '%25', '%3F', '%C3%A4', '%00')), {
      maxLength: 6,
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((segments) => segments.map((characters) => characters.join('')))
  .filter((segments) => !segments.some((segment) => segment === '.' || segment === '..'))
  .map((segments) => `/${segments.join('/')}`);

/** Spells a text in another way, as the bits say, where what is spelt so means the same. */
function respell(text: string, bits: readonly boolean[], spell: (part: string) => string, parts: RegExp): string {
  let at = 0;
  return text.replace(parts, (part) => (bits[at++ % bits.length] ? spell(part) : part));
}
const swapCase = (text: string) => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase());
const encode = (character: string) => `%${character.charCodeAt(0).toString(16)}`;
const bits = fc.array(fc.boolean(), { minLength: 1, maxLength: 16 });

describe('normalized URIs', () => {
  it('are normalized already, whatever they were made of', () => {
    const anything = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc
        .tuple(scheme, fc.string({ unit: fc.constantFrom(...'aA/.:@%2eEfF7?#[]'), maxLength: 20 }))
        .map(([name, rest]) => `${name}://a${rest}`),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const normalized = normalizeUri(text);
        if (normalized !== undefined) expect(normalizeUri(normalized)).toBe(normalized);
      }),
      { numRuns: 500 },
    );
  });

  it('are the same for all spellings of one URI', () => {
    fc.assert(
      fc.property(scheme, host, encodedPath, fc.tuple(bits, bits, bits, bits, bits), (name, place, path, choices) => {
        const [schemeBits, hostBits, characterBits, digitBits, dotBits] = choices;
        const spelt = respell(path, dotBits, () => '/./', /\//g);
        const encoded = respell(spelt, characterBits, encode, /(?<!%.?)[A-Za-z0-9._~-]/g);
        const port = dotBits[0] ? `:${name === 'http' ? '080' : '443'}` : '';
        const other = [
          respell(name, schemeBits, swapCase, /[a-z]/g),
          '://',
          respell(place, hostBits, swapCase, /[a-z]/g),
          port,
          respell(encoded, digitBits, swapCase, /(?<=%.?)[A-Fa-f]/g),
          digitBits[0] ? '?a=/b' : '',
          hostBits[0] ? '#c?d' : '',
        ].join('');
        expect(normalizeUri(other)).toBe(normalizeUri(`${name}://${place}${path}`));
        expect(normalizeUri(other)).toBe(`${name}://${place}${path}`);
      }),
      { numRuns: 1000 },
    );
  });

  it('are different for different paths, and for different hosts', () => {
    fc.assert(
      fc.property(plainPath, plainPath, (one, other) => {
        const [first, second] = [one, other].map((path) => normalizeUri(`https://orders.example${path}`));
        expect(first).toBe(`https://orders.example${one}`);
        expect(first === second).toBe(one === other);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(host, host, (one, other) => {
        expect(normalizeUri(`https://${one}/`) === normalizeUri(`https://${other}/`)).toBe(one === other);
      }),
    );
  });

  it('are made in no time of what is as long as a request can be', () => {
    const startedAt = performance.now();
    for (const part of ['/', '/.', '/..', '/%2e%2e', '%', '%2', 'a', '/a', ':', '[', '?', '#']) {
      normalizeUri(`https://orders.example/${part.repeat(16_384 / part.length)}\\`);
      normalizeUri(`https://${part.repeat(16_384 / part.length)}`);
      readTargetPath(`/${part.repeat(16_384 / part.length)}\\`);
      readTargetPath(`http://${part.repeat(16_384 / part.length)}`);
    }
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
