import { describe, expect, it } from '@jest/globals';
import { createGate, createTokenVerifier } from 'countersign';
import { optionRefused } from '../support/option-refused.js';
import { createRawIssuer } from '../support/raw-issuer.js';

const { trust } = createRawIssuer();

describe('numbers in the configuration', () => {
  it('fast-jwt PR 640: numbers that are infinite, negative or none are errors at start, and no clock may differ by more than a minute', () => {
    const odd = [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      -1,
      -0.001,
      '5',
      '',
      'Infinity',
      null,
      undefined,
      [5],
      {},
      true,
      5n,
      () => 5,
      1e9,
    ];
    const lifetimes = { service: 60, user: 60, unknown: 60 };
    const profile = {
      name: 'n',
      types: ['JWT'],
      requiredClaims: [],
      claims: { subject: 'sub', permissions: [] },
      kindOf: () => 'user',
    };
    const base = { audience: 'a', trust, service: 's', accessLog: { destination: { write() {} } } };
    const withEntry = (more: object) =>
      createTokenVerifier({ audience: 'a', trust: [{ ...trust[0], ...more } as never] });
    const signing = { issuer: 'https://s.test' };
    const gate = createGate({ ...base, signing });
    const client = { audience: 'a', origins: ['https://p.test'] };
    const places: Readonly<Record<string, (value: unknown) => unknown>> = {
      clockToleranceSeconds: (value) => createGate({ ...base, clockToleranceSeconds: value } as never),
      'trust[0].maxStaleSeconds': (value) => withEntry({ maxStaleSeconds: value }),
      'trust[0].profile.maxLifetimeSeconds.user': (value) =>
        withEntry({
          profile: { ...profile, maxLifetimeSeconds: { ...lifetimes, user: value } },
          permissions: { grants: {} },
        }),
      'signing.lifetimeSeconds': (value) =>
        createGate({ ...base, signing: { ...signing, lifetimeSeconds: value } } as never),
      'client.lifetimeSeconds': (value) => gate.client({ ...client, lifetimeSeconds: value } as never),
    };
    for (const [place, configure] of Object.entries(places)) {
      expect([place, optionRefused(() => configure(30))]).toEqual([place, 'accepted']);
      for (const value of odd)
        expect([place, value, optionRefused(() => configure(value))]).toEqual([place, value, place]);
    }
    const tolerate = (clockToleranceSeconds: number) =>
      optionRefused(() => createTokenVerifier({ audience: 'a', trust, clockToleranceSeconds }));
    expect([tolerate(0), tolerate(60), tolerate(60.001), tolerate(61)]).toEqual([
      'accepted',
      'accepted',
      'clockToleranceSeconds',
      'clockToleranceSeconds',
    ]);
    for (const present of [Number.NaN, Number.POSITIVE_INFINITY, '5', undefined, null]) {
      expect(optionRefused(() => createTokenVerifier({ audience: 'a', trust, now: () => present as number }))).toBe(
        'now',
      );
    }
  });
});
