import { beforeAll, describe, expect, it } from '@jest/globals';
import { createTestIssuer, type ForgeryKind, type TestIssuer } from 'countersign/testing';
import { tellDistance, tellDuration, tellTime } from '../../lib/cli/tell-time.js';
import { makeToken } from '../support/make-token.js';
import { runCommand } from '../support/run-command.js';

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await createTestIssuer({ audience: 'api://orders' });
});

const sign = () => Buffer.from('signature-signature');
const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k' };

describe('countersign inspect', () => {
  it('shows header, claims and times, marked unverified, and not the signature', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    const { code, stdout, stderr } = await runCommand(['inspect', token]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^UNVERIFIED: /);
    expect(stdout).toContain('"scope": "orders:read"');
    expect(stdout).toMatch(/iat {3}\S+Z {2}issued \d+ s ago\n/);
    expect(stdout).toMatch(/exp {3}\S+Z {2}expires in (5 min|4 min \d+ s)\n/);
    expect(stdout).toContain('  64 bytes, not shown, not verified');
    expect(stdout).not.toContain('at first sight');
    for (const part of token.split('.')) expect(stdout).not.toContain(part);
  });

  it.each([
    ['piped in', [], ''],
    ['asked for with -', ['-'], ''],
    ['behind Bearer, with a line break', [], 'Bearer '],
    ['as a header', [], 'Authorization: DPoP '],
  ])('reads the token from standard input: %s', async (_what, args, before) => {
    const { code, stdout } = await runCommand(['inspect', ...args], `  ${before}${await issuer.sign()}\r\n`);
    expect([code, stdout.slice(0, 10)]).toEqual([0, 'UNVERIFIED']);
  });

  it('says so where there is no token', async () => {
    const { code, stderr } = await runCommand(['inspect'], ' \n');
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'countersign: found no token: give it as argument, or pipe it in',
    ]);
  });

  it.each<[ForgeryKind, string]>([
    ['garbage', 'token_malformed'],
    ['encrypted', 'token_malformed'],
    ['padded-signature', 'token_malformed'],
    ['duplicate-member', 'token_malformed'],
    ['prototype-member', 'token_malformed'],
    ['not-an-object', 'token_malformed'],
    ['too-large', 'token_too_large'],
  ])('tells with the reason of the verifier why it can not read a token that is %s', async (kind, reason) => {
    const token = await issuer.forge(kind);
    const { code, stdout, stderr } = await runCommand(['inspect'], token);
    expect([code, stderr, stdout.split(':')[0]]).toEqual([1, '', reason]);
    expect(stdout).not.toContain(token);
  });

  it.each<[ForgeryKind, RegExp]>([
    ['expired', /^ {2}token_expired +expired 5 min( \d s)? ago$/m],
    ['not-yet-valid', /^ {2}token_not_yet_valid +valid only in (2 min|1 min \d+ s)$/m],
    ['over-long', /^ {2}token_lifetime_too_long +lives 3650 days; /m],
    ['no-audience', /^ {2}claim_missing +no aud$/m],
    ['no-expiry', /^ {2}claim_missing +no exp$/m],
    ['infinite-expiry', /^ {2}claim_invalid +exp is not a time in seconds$/m],
    ['issuer-list', /^ {2}claim_invalid +iss is not text$/m],
    ['wrong-type', /^ {2}token_type_refused +typ is not at\+jwt;/m],
    ['no-type', /^ {2}token_type_refused +no typ;/m],
    ['unknown-extension', /^ {2}token_extension_refused /m],
    ['key-in-header', /^ {2}note +jwk would bring a key along;/m],
    ['none', /^ {2}algorithm_refused +alg is none:/m],
    ['hs256-public-key', /^ {2}algorithm_refused +alg is an HMAC:/m],
    ['bound-to-a-key', /^ {2}note +bound to a key/m],
  ])('notes at first sight what is wrong with a token of the kind %s', async (kind, note) => {
    const { code, stdout } = await runCommand(['inspect'], await issuer.forge(kind));
    expect(code).toBe(0);
    expect(stdout).toMatch(note);
  });

  it('reads no more than it needs of an endless input', async () => {
    const { code, stdout } = await runCommand(['inspect'], 'x'.repeat(5_000_000));
    expect([code, stdout.split(':')[0]]).toEqual([1, 'token_too_large']);
    expect(stdout).toContain('found    65536 characters');
  });

  it('prints nothing that a terminal would obey, or hide', async () => {
    const hostile = {
      sub: '\u001b[2Jgone\u009b31m\u0007\u007f',
      '\u202ename': 'a\u2066b\u200bc\u2028d\ufeffe\u00adf',
      tag: '\u{e0041}',
      lone: '\ud800',
      constructor: { prototype: 1 },
      plain: 'é 😀 ½',
    };
    const { code, stdout } = await runCommand(['inspect'], makeToken(header, JSON.stringify(hostile), sign));
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
    expect(stdout).toContain('\\u001b[2Jgone\\u009b31m\\u0007\\u007f');
    expect(stdout).toContain('"plain": "é 😀 ½"');
    const shown = stdout.slice(stdout.indexOf('claims\n') + 7, stdout.indexOf('signature\n'));
    expect(JSON.parse(shown)).toEqual(hostile);
  });

  it('is not led astray by numbers and types that no time has', async () => {
    const payload = '{"iat":-1e300,"exp":1e308,"nbf":"soon","auth_time":[],"iss":null,"aud":{},"cnf":7}';
    const { code, stdout } = await runCommand(['inspect'], makeToken(header, payload, sign));
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/NaN|undefined|Invalid Date/);
    expect(stdout).toMatch(/exp +1e\+308 s +expires in more than 100 years/);
  });
});

describe('times in words', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [-3661, '1 h 1 min'],
    [86_400, '1 day'],
    [90_000, '1 day 1 h'],
    [864_060, '10 days'],
    [1e12, 'more than 100 years'],
    [Number.NaN, 'more than 100 years'],
  ])('%d seconds are %s', (seconds, words) => {
    expect(tellDuration(seconds)).toBe(words);
  });

  it('tell what is past and what is to come', () => {
    expect([tellDistance(10, 70), tellDistance(130, 70), tellTime(1.9)]).toEqual([
      '1 min ago',
      'in 1 min',
      '1970-01-01T00:00:01Z',
    ]);
  });
});
