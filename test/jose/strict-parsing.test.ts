import { describe, expect, it } from '@jest/globals';
import { AccessDenied } from 'countersign';
import { decodeBase64url } from '../../lib/jose/decode-base64url.js';
import { MAX_TOKEN_LENGTH, parseCompactJws, refuseExtensions } from '../../lib/jose/parse-compact-jws.js';
import { parseJsonObject } from '../../lib/jose/parse-json-object.js';

const encode = (text: string | Uint8Array) => Buffer.from(text as string).toString('base64url');
const token = (header: string) => `${encode(header)}.e30.c2ln`;
const reasonOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as AccessDenied).reason;
  }
  return 'accepted';
};

describe('base64url', () => {
  it.each(['', 'AA', 'AAA', 'AAAA', '_-_-', 'eyJhIjoxfQ'])('decodes the canonical %j', (text) => {
    expect(decodeBase64url(text)).toEqual(Buffer.from(text, 'base64url'));
  });

  it.each([
    ['padding', 'AA=='],
    ['the other alphabet', '+/+/'],
    ['a length that no bytes have', 'AAAAA'],
    ['spare bits in a tail of two', 'AB'],
    ['spare bits in a tail of three', 'AAB'],
    ['white space', 'AA\nAA'],
    ['a letter of another script', 'AAAé'],
  ])('refuses %s', (_what, text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });

  it('has exactly one spelling for any bytes', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const prefix of ['A', 'AA']) {
      const accepted = [...alphabet].filter((last) => decodeBase64url(prefix + last));
      for (const last of accepted) expect(decodeBase64url(prefix + last)?.toString('base64url')).toBe(prefix + last);
      expect(accepted).toHaveLength(prefix.length === 1 ? 4 : 16);
    }
  });
});

describe('JSON', () => {
  const parse = (text: string | Uint8Array) => parseJsonObject(Buffer.from(text as string), 'payload');

  it.each([
    '{}',
    '{"a":[{"b":1},{"b":2}],"b":{"a":"{\\"a\\":1,\\"a\\":2}"}}',
    ' {"a" : "\\\\", "b":"\\""} ',
    '{"constructor":1,"toString":2}',
    '{"a":"a","b":["a","a"]}',
    `{"a":${'['.repeat(31)}${']'.repeat(31)}}`,
  ])('reads %s as JSON.parse does', (text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['a list', '[{}]'],
    ['text', '"{}"'],
    ['null', 'null'],
    ['a number', '1'],
    ['nothing', ''],
    ['no JSON', '{a:1}'],
    ['something behind it', '{} {}'],
    ['a byte order mark', '\ufeff{}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, once in escapes', '{"sub":1,"\\u0073ub":2}'],
    ['a member twice, with white space before its colon', '{"a" :1,"a"\n:2}'],
    ['a member twice, with a list between', '{"a":[],"a":1}'],
    ['a member twice, deep down', '{"a":[{"b":{"c":1,"d":2,"c":3}}]}'],
    ['a member twice, with a bracket in a string between', '{"a":"}","a":2}'],
    ['a member named __proto__', '{"__proto__":{}}'],
    ['a member named __proto__ in escapes, deep down', '{"a":{"\\u005f_proto__":1}}'],
    ['more than 32 levels', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`],
  ])('refuses %s', (_what, text) => {
    expect(reasonOf(() => parse(text))).toBe('token_malformed');
  });

  it.each([
    ['a byte that is none', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
    ['an overlong form', Uint8Array.of(0x7b, 0x22, 0xc0, 0xa2, 0x22, 0x3a, 0x31, 0x7d)],
    ['a lone surrogate', Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d)],
  ])('refuses UTF-8 with %s', (_what, bytes) => {
    expect(reasonOf(() => parse(bytes))).toBe('token_malformed');
  });

  it('quotes nothing of its input', () => {
    expect(() => parse('{"secret-value')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
    expect(() => parse('{"secret-value')).toThrow('the payload is not JSON in UTF-8 (SyntaxError)');
  });
});

describe('compact JWS', () => {
  const header = encode('{"alg":"ES256"}');

  it('takes a well-formed one apart', () => {
    const jws = parseCompactJws(token('{"alg":"ES256","kid":"k","typ":"at+jwt","jku":"https://forger.example"}'));
    expect(jws.unverifiedHeader).toMatchObject({ alg: 'ES256', kid: 'k', typ: 'at+jwt' });
    expect(jws.signingInput.toString()).toBe(
      token('{"alg":"ES256","kid":"k","typ":"at+jwt","jku":"https://forger.example"}').replace('.c2ln', ''),
    );
    expect([jws.unverifiedPayload.toString(), jws.signature.toString()]).toEqual(['{}', 'sig']);
  });

  it('takes an empty third part for well-formed: that is the algorithm’s affair', () => {
    expect(parseCompactJws(`${encode('{"alg":"none"}')}.e30.`).signature).toHaveLength(0);
  });

  it.each([
    ['two parts', `${header}.e30`, 'token_malformed'],
    ['four parts', `${header}.e30.c2ln.c2ln`, 'token_malformed'],
    ['five parts', `${header}.e30.e30.e30.e30`, 'token_malformed'],
    ['an empty first part', '.e30.c2ln', 'token_malformed'],
    ['a payload in another alphabet', `${header}.+/+/.c2ln`, 'token_malformed'],
    ['a signature with spare bits', `${header}.e30.AB`, 'token_malformed'],
    ['JSON serialization', '{"payload":"e30","protected":"e30","signature":"e30"}', 'token_malformed'],
    ['a space', ' e30.e30.e30', 'token_malformed'],
    ['no alg', token('{}'), 'token_malformed'],
    ['an alg that is a number', token('{"alg":256}'), 'token_malformed'],
    ['a kid that is a list', token('{"alg":"ES256","kid":["k"]}'), 'token_malformed'],
    ['a typ that is an object', token('{"alg":"ES256","typ":{}}'), 'token_malformed'],
    ['a kid twice', token('{"alg":"ES256","kid":"a","kid":"b"}'), 'token_malformed'],
    ['one character too many', 'A'.repeat(MAX_TOKEN_LENGTH + 1), 'token_too_large'],
  ])('refuses %s', (_what, text, reason) => {
    expect(reasonOf(() => parseCompactJws(text))).toBe(reason);
  });

  it.each([
    ['how many parts there are', `${header}.e30`, 'does not have three parts'],
    ['how they are spelled', `${header}=.e30.c2ln`, 'a part of the token is not canonical base64url'],
    ['what the header is', token('null'), 'the header is not a JSON object'],
  ])('tells the operator that it is about %s', (_what, text, message) => {
    expect(() => parseCompactJws(text)).toThrow(message);
  });

  it('judges a token of the greatest length by its form', () => {
    expect(reasonOf(() => parseCompactJws('A'.repeat(MAX_TOKEN_LENGTH)))).toBe('token_malformed');
  });

  it.each(['{"crit":["exp"]}', '{"crit":[]}', '{"crit":"b64"}', '{"b64":false}', '{"b64":true,"crit":["b64"]}'])(
    'refuses the extension %s',
    (members) => {
      const header = { alg: 'ES256', ...(JSON.parse(members) as object) };
      expect(reasonOf(() => refuseExtensions(parseCompactJws(token(JSON.stringify(header))).unverifiedHeader))).toBe(
        'token_extension_refused',
      );
    },
  );

  it('refuses six megabytes before it reads them', () => {
    const huge = `${'A'.repeat(6_000_000)}.e30.e30`;
    expect(reasonOf(() => parseCompactJws(huge))).toBe('token_too_large');
  });
});
