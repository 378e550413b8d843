import { describe, expect, it } from '@jest/globals';
import { type AccessDenied, createGate, createTokenVerifier, type TokenVerifier } from 'countersign';
import { optionRefused } from '../support/option-refused.js';
import { createRawIssuer } from '../support/raw-issuer.js';

const { clock, trust, openVerifier, claims, sign, judge } = createRawIssuer();

describe('a verdict', () => {
  const tell = (by: TokenVerifier, token: string) =>
    by.verify(token).then(JSON.stringify, (error: AccessDenied) => error.reason);

  it('CVE-2026-35039 GHSA-rp9m-7r4c-75qg: the verdict on a token is its own, whatever was verified before – 2,000 tokens that look alike, each as a fresh verifier would judge it', async () => {
    const honest = Array.from({ length: 1000 }, (_, at) => {
      const name = `service-${String(at).padStart(4, '0')}`;
      return sign(claims({ sub: name, client_id: name, scope: `scope-${String(at % 7)}` }));
    });
    const hostile = honest.map((token, at) => {
      const [header = '', payload = '', signature = ''] = token.split('.');
      const neighbour = honest[(at + 1) % honest.length]?.split('.') ?? [];
      return [
        () => `${header}.${neighbour[1]}.${signature}`,
        () => `${header}.${payload}.${neighbour[2]}`,
        () => sign(claims({ sub: `service-${String(at).padStart(4, '0')}`, aud: 'api://others' })),
        () => sign(claims({ iat: clock.now() - 600, exp: clock.now() - 300 })),
        () => sign(claims({ sub: 'alice' }), { crit: ['x'] }),
        () => sign(claims({ sub: 'alice', jti: 'id-1' })),
        () => sign(Buffer.from(payload, 'base64url').toString()), // another signature over the same claims
      ][at % 7]?.() as string;
    });
    const tokens = honest.flatMap((token, at) => [token, hostile[at] as string]);
    expect(tokens).toHaveLength(2000);
    const judgeAlone = async (some: readonly string[]) => {
      const verdicts: string[] = [];
      for (const token of some) verdicts.push(await tell(openVerifier(), token));
      return verdicts;
    };
    const expected = await judgeAlone(tokens);
    const shared = openVerifier();
    expect(await Promise.all(tokens.map((token) => tell(shared, token)))).toEqual(expected);
    const reversed: string[] = [];
    for (const token of tokens.toReversed()) reversed.push(await tell(shared, token));
    expect(reversed.reverse()).toEqual(expected);
    expect(new Set(expected.filter((_, at) => at % 2 === 0)).size).toBe(1000); // each honest one is somebody else
    clock.advance(306);
    const later = tokens.slice(0, 200);
    expect(await Promise.all(later.map((token) => tell(shared, token)))).toEqual(await judgeAlone(later));
    expect(await tell(shared, honest[0] as string)).toBe('token_expired');
  }, 30_000);

  it('CVE-2026-35039 GHSA-rp9m-7r4c-75qg: nobody can say what makes two tokens the same', () => {
    for (const hook of ['cache', 'cacheKey', 'cacheKeyBuilder', 'cacheTTL', 'hash']) {
      expect(optionRefused(() => createTokenVerifier({ audience: 'a', trust, [hook]: () => '' }))).toBe(
        `options.${hook}`,
      );
      expect(
        optionRefused(() =>
          createTokenVerifier({ audience: 'a', trust: [{ ...trust[0], [hook]: () => '' } as never] }),
        ),
      ).toBe(`trust[0].${hook}`);
    }
  });

  it('CVE-2026-35040 GHSA-3j8v-cgw4-2g6q: the same token gets the same verdict a thousand times – and no pattern that could remember is taken for an issuer or audience', async () => {
    const [good, bad] = [sign(claims()), sign(claims({ aud: 'api://orders2' }))];
    const verdicts = new Set<string>();
    for (let round = 0; round < 1000; round++) verdicts.add(`${await judge(good)} ${await judge(bad)}`);
    expect([...verdicts]).toEqual(['accepted audience_mismatch']);
    for (const pattern of [/orders/, /orders/g, /orders/y, [/orders/g], ['api://orders', /./g], { test: () => true }]) {
      expect(optionRefused(() => createTokenVerifier({ audience: pattern as never, trust }))).toMatch(/^audience/);
      expect(
        optionRefused(() => createTokenVerifier({ audience: 'a', trust: [{ ...trust[0], issuer: pattern } as never] })),
      ).toBe('trust[0].issuer');
      expect(
        optionRefused(() =>
          createTokenVerifier({ audience: 'a', trust: [{ ...trust[0], audience: pattern } as never] }),
        ),
      ).toMatch(/^trust\[0\]\.audience/);
    }
  }, 30_000);

  it('CVE-2026-35041 GHSA-cjw9-ghj4-fwxf: no option is a pattern over a token’s text, and a megabyte of whatever is refused in no time', async () => {
    const slow = /^(a+)+$/;
    const gate = createGate({
      service: 's',
      audience: 'api://orders',
      trust,
      accessLog: { destination: { write() {} } },
    });
    const refused = [
      () => createTokenVerifier({ audience: 'a', trust: [{ ...trust[0], permissions: { claims: [slow] } } as never] }),
      () =>
        createTokenVerifier({
          audience: 'a',
          trust: [{ ...trust[0], permissions: { grants: { s: [slow] } } } as never],
        }),
      () => createTokenVerifier({ audience: 'a', trust: [{ ...trust[0], service: slow, grants: ['a'] } as never] }),
      () => createTokenVerifier({ audience: 'a', trust: [{ ...trust[0], allowedSub: slow } as never] }),
    ];
    for (const configure of refused) expect(optionRefused(configure)).toMatch(/^trust\[0\]/);
    await expect(
      gate.enforce({ source: {}, method: 'GET', target: '/', header: () => [] }, { permissions: slow } as never),
    ).rejects.toThrow(/permissions/);
    const million = 1_000_000;
    const fields = ['a', ' ', '=', '.', '\t', '-', 'a=', ' a', 'A.', '"'].flatMap((text) => {
      const long = text.repeat(million / text.length);
      return [long, `Bearer ${long}`, `Bearer ${long}!`, `Bearer${long}`, `Bearer a${long} `];
    });
    const started = performance.now();
    for (const field of fields) {
      const header = (name: string) =>
        name === 'authorization' || name === 'x-request-id' || name === 'traceparent' ? [field] : [];
      const { decision } = await gate.enforce({ source: {}, method: 'GET', target: `/?${field}`, header }, {});
      expect(decision.effect).toBe('deny');
    }
    for (const text of [' ', 'a', 'a ', '/']) {
      const change = { scope: text.repeat(4000 / text.length), sub: text.repeat(100 / text.length) };
      expect(await judge(sign(claims({ ...change, client_id: change.sub })))).toBe('accepted');
      expect(await judge(sign(claims(), { typ: `application/${text.repeat(2000)}` }))).toBe('token_type_refused');
    }
    // A step back for each character would take hours.
    expect(performance.now() - started).toBeLessThan(20_000);
  }, 30_000);
});
