import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { AccessDenied } from 'countersign';
import { makeToken } from '../support/make-token.js';
import { createRawIssuer } from '../support/raw-issuer.js';

const { openVerifier, claims, sign, judge } = createRawIssuer();

describe('what is in a token', () => {
  it('CVE-2025-30144: iss, sub, jti and client_id are text, aud is text or a list of texts – lists, objects and numbers of the right look are refused', async () => {
    const right = claims() as Readonly<Record<string, string>>;
    for (const name of ['iss', 'sub', 'jti', 'client_id']) {
      const value = right[name] as string;
      const wrong: readonly unknown[] = [
        [value],
        [value, 'x'],
        [[value]],
        { 0: value, length: 1 },
        { toString: value },
        0,
        7,
        true,
        null,
        [],
        {},
      ];
      for (const odd of wrong)
        expect([name, odd, await judge(sign(claims({ [name]: odd })))]).toEqual([name, odd, 'claim_invalid']);
    }
    const aud = 'api://orders';
    for (const odd of [
      [[aud]],
      [aud, 7],
      [aud, null],
      [aud, ['x']],
      [aud, ''],
      { 0: aud, length: 1 },
      { [aud]: true },
      7,
      true,
      null,
      '',
      [],
      {},
    ]) {
      expect([odd, await judge(sign(claims({ aud: odd })))]).toEqual([odd, 'claim_invalid']);
    }
    expect([await judge(sign(claims())), await judge(sign(claims({ aud: [aud, 'x'] })))]).toEqual([
      'accepted',
      'accepted',
    ]);
  });

  it('CVE-2026-35042 GHSA-hm7r-c7qw-ghp6 CVE-2026-32597 CVE-2025-59420: a critical extension is refused – unknown, registered, empty, twice, of a wrong type, and b64 in every form', async () => {
    const lists =
      '["x-policy"], ["exp"], ["alg"], ["kid","typ"], ["b64"], ["constructor"], [], [""], ["x","x"], [7], [null]';
    const others = '"b64", "", {}, null, 7, true, false';
    const values = JSON.parse(`[${lists}, ${others}]`) as readonly unknown[];
    const headers = [
      ...values.map((crit) => ({ crit })),
      { crit: ['x-policy'], 'x-policy': 'x' },
      { crit: ['b64'], b64: true },
      { crit: ['b64'], b64: false },
      { b64: false },
      { b64: true },
    ];
    for (const header of headers) {
      expect([header, await judge(sign(claims(), header))]).toEqual([header, 'token_extension_refused']);
    }
    expect(await judge(sign(claims(), { 'x-policy': 'x', Crit: ['exp'] }))).toBe('accepted');
  });

  it('fast-jwt PR 639: only an object has claims – a list, text, number, null or nesting is refused', async () => {
    const inner = JSON.stringify(claims());
    const payloads = [
      `[${inner}]`,
      `[[${inner}]]`,
      '[]',
      JSON.stringify(inner),
      '""',
      '7',
      '1e400',
      'true',
      'null',
      '',
      ' ',
      `${inner}${inner}`,
      `${inner},${inner}`,
      `${inner}]`,
      `\uFEFF${inner}`,
    ];
    for (const payload of payloads) expect([payload, await judge(sign(payload))]).toEqual([payload, 'token_malformed']);
    expect([await judge(sign(`{"claims":${inner}}`)), await judge(sign(inner))]).toEqual(['claim_missing', 'accepted']);
  });

  it('CVE-2022-36083 CVE-2024-28176: an encrypted token is refused by the count of its parts – nothing of it is decoded, derived or inflated', async () => {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const bomb = deflateRawSync(Buffer.alloc(3_000_000)).toString('base64url');
    const costly = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 2_147_483_647, p2s: 'AAAA', zip: 'DEF' };
    const tokens = [
      `${encode(costly)}.AAAA.AAAA.${bomb}.AAAA`,
      `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..AAAA.${bomb}.AAAA`,
      '%.%.%.%.%', // were a part decoded, the complaint would be about its characters
      '....',
    ];
    for (const token of tokens) {
      const refusal = await openVerifier()
        .verify(token)
        .catch((error: AccessDenied) => error);
      expect(refusal).toEqual(new AccessDenied('token_malformed', 'the token does not have three parts'));
    }
    // In three parts too: such algorithms are none of ours, and compressed content stays what it is.
    expect(await judge(makeToken(costly, claims(), () => Buffer.alloc(64)))).toBe('algorithm_refused');
    expect(await judge(sign(deflateRawSync(JSON.stringify(claims())).toString('latin1'), { zip: 'DEF' }))).toBe(
      'token_malformed',
    );
  });
});
