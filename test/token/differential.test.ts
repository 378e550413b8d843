import { describe, expect, it } from '@jest/globals';
import { createTokenVerifier } from 'countersign';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import fc from 'fast-check';
import * as jose from 'jose';

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const verifier = createTokenVerifier({ audience: 'api://orders', trust: issuer.trust, now: clock.now });
const keys = jose.createLocalJWKSet(issuer.jwks as jose.JSONWebKeySet);
const options: jose.JWTVerifyOptions = {
  issuer: issuer.issuer,
  audience: 'api://orders',
  algorithms: ['ES256'],
  typ: 'at+jwt',
  clockTolerance: 5,
  currentDate: new Date(clock.now() * 1000),
};

const isAccepted = (run: Promise<unknown>) =>
  run.then(
    () => true,
    () => false,
  );
const byUs = (token: string) => isAccepted(verifier.verify(token));
const byJose = (token: string) => isAccepted(jose.jwtVerify(token, keys, options));

const time = fc.integer({ min: -1000, max: 1000 }).map((offset) => clock.now() + offset);
const odd = fc.oneof(
  fc.string(),
  fc.jsonValue(),
  time,
  fc.constant(undefined),
  fc.constantFrom('api://orders', ['api://orders'], issuer.issuer),
);
const claim = fc.constantFrom(
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'client_id',
  'scope',
  'cnf',
  'act',
  'acr',
);
const claims = fc.dictionary(claim, odd, { maxKeys: 3 });

/** What can be done to a token on its way: a character changed, taken out, put in, or doubled. */
const damage = fc.record({
  at: fc.nat(),
  put: fc.constantFrom('', 'A', '.', '=', '-', '_', '+', '/', ' ', '\n', '%', 'é'),
  take: fc.integer({ min: 0, max: 2 }),
});

describe('beside jose, whatever is done to a token', () => {
  it('with other claims: what it refuses is not accepted here', async () => {
    await fc.assert(
      fc.asyncProperty(claims, async (change) => {
        const token = await issuer.sign(change);
        if (await byUs(token)) expect(await byJose(token)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('on its way: nothing but the token itself is accepted', async () => {
    const token = await issuer.sign();
    expect([await byUs(token), await byJose(token)]).toEqual([true, true]);
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, put, take }) => {
        const place = at % token.length;
        const damaged = token.slice(0, place) + put + token.slice(place + take);
        expect(await byUs(damaged)).toBe(damaged === token);
      }),
      { numRuns: 1000 },
    );
  });

  it('with parts of two tokens: they don’t mix', async () => {
    const tokens = await Promise.all([
      issuer.sign({ scope: 'a' }),
      issuer.sign({ scope: 'b' }),
      issuer.forge('none'),
      issuer.forge('expired'),
    ]);
    const pick = fc.nat({ max: tokens.length - 1 });
    await fc.assert(
      fc.asyncProperty(pick, pick, pick, async (header, payload, signature) => {
        const parts = [header, payload, signature].map((token, at) => tokens[token]?.split('.')[at]);
        const isWhole = payload === signature && payload < 2 && header !== 2;
        expect(await byUs(parts.join('.'))).toBe(isWhole);
      }),
      { numRuns: 200 },
    );
  });
});
