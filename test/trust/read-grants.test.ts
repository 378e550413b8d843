import { describe, expect, it } from '@jest/globals';
import { createTokenVerifier, type Grant, type TrustedIssuer } from 'countersign';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import { problemWith } from '../support/provider.js';

const clock = createTestClock();
const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const keys = { jwks: issuer.jwks };
const inSeconds = (seconds: number) => new Date((clock.now() + seconds) * 1000);

/** Whether the caller of the claims holds each of the permissions, by the trust entry. */
async function holds(entry: object, claims: Record<string, unknown>, names: readonly string[]) {
  const trust = [{ issuer: issuer.issuer, keys, ...entry } as TrustedIssuer];
  const verifier = createTokenVerifier({ audience: 'api://orders', trust, now: clock.now });
  return async () => {
    const { permissions } = await verifier.verify(await issuer.sign(claims));
    return names.filter((name) => permissions.has(name));
  };
}

const service = (grants: readonly Grant[], more: object = {}) => ({ service: 'test-service', grants, ...more });

describe('a grant with an end', () => {
  it('is there until then, and no longer', async () => {
    const until = inSeconds(100);
    const held = await holds(
      service(['a', { permission: 'b', until }, { permission: 'c', until: inSeconds(200).toISOString() }]),
      {},
      ['a', 'b', 'c'],
    );
    expect(await held()).toEqual(['a', 'b', 'c']);
    clock.advance(99.9);
    expect(await held()).toEqual(['a', 'b', 'c']);
    clock.advance(0.1);
    expect(await held()).toEqual(['a', 'c']);
    clock.advance(100);
    expect(await held()).toEqual(['a']);
    clock.advance(-50);
    expect(await held()).toEqual(['a', 'c']);
  });

  it('ends in every kind of table', async () => {
    const b = { permission: 'b', until: inSeconds(10) };
    const claims = { scope: 'b', roles: ['clerk'] };
    const kinds = [
      await holds({ permissions: { grants: { 'test-service': [b] } } }, claims, ['b']),
      await holds({ permissions: { claims: [], grants: { 'test-service': [b] } } }, claims, ['b']),
      await holds({ permissions: { claims: [], roleClaims: ['roles'] }, roles: { clerk: [b] } }, claims, ['b']),
    ];
    expect(await Promise.all(kinds.map((held) => held()))).toEqual([['b'], ['b'], ['b']]);
    clock.advance(10);
    expect(await Promise.all(kinds.map((held) => held()))).toEqual([[], [], []]);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no permission', { until: '2026-12-24' }, 'grants[0].permission[0]', /undefined/],
    ['no end', { permission: 'a' }, 'grants[0].until', /must be a date, found undefined/],
    ['an end that is none', { permission: 'a', until: 'soon' }, 'grants[0].until', /must be a date, found "soon"/],
    ['an end behind words', { permission: 'a', until: 'on 2026-12-24' }, 'grants[0].until', /must be a date/],
    ['an end in letters', { permission: 'a', until: 'Dec 24 2026' }, 'grants[0].until', /must be a date/],
    [
      'an end in seconds',
      { permission: 'a', until: 1_800_000_000 },
      'grants[0].until',
      /must be a date, found the number/,
    ],
    ['a permission with a space', { permission: 'a b', until: '2026-12-24' }, 'grants[0].permission', /no scope token/],
    ['a misspelt end', { permission: 'a', till: '2026-12-24' }, 'grants[0].till', /is not an option/],
  ])('is refused at start with %s', (_what, grant, option, message) => {
    const problem = problemWith({ issuer: 'https://i.example', keys, ...service([grant as Grant]) });
    expect(problem.split(' | ')[0]).toBe(`trust[0].${option}`);
    expect(problem).toMatch(message);
  });
});

describe('a wildcard', () => {
  const wild = { wildcardGrants: true };
  const names = [
    'orders:read',
    'orders:items:read',
    'orders',
    'orders:',
    'ordersx:read',
    'x:orders:read',
    'Orders:read',
  ];

  it('is every permission that begins so', async () => {
    expect(await (await holds(service(['orders:*'], wild), {}, names))()).toEqual(['orders:read', 'orders:items:read']);
    expect(await (await holds(service(['orders:items:*'], wild), {}, names))()).toEqual(['orders:items:read']);
    const others = await holds(service(['a.*', 'b/*'], wild), {}, ['a.x', 'b/x', 'a:x', 'b.x', 'a.x.y']);
    expect(await others()).toEqual(['a.x', 'b/x', 'a.x.y']);
  });

  it('is narrowed by what the token claims, and adds nothing to it', async () => {
    const claims = { scope: 'orders:read payments:read' };
    const read = ['orders:read', 'orders:write', 'payments:read'];
    expect(await (await holds(service(['orders:*'], wild), claims, read))()).toEqual(['orders:read']);
    const server = { permissions: { grants: { 'test-service': ['orders:*'] } }, ...wild };
    expect(await (await holds(server, claims, read))()).toEqual(['orders:read']);
  });

  it('may be what a role is worth, within the grants', async () => {
    const roles = { clerk: ['orders:*'] };
    const claims = { roles: ['clerk'] };
    const rule = { claims: [], roleClaims: ['roles'] };
    expect(await (await holds({ permissions: rule, roles, ...wild }, claims, names))()).toEqual([
      'orders:read',
      'orders:items:read',
    ]);
    const both = (granted: string[]) =>
      holds({ permissions: { ...rule, grants: { 'test-service': granted } }, roles, ...wild }, claims, names);
    expect(await (await both(['orders:read', 'x:orders:read']))()).toEqual(['orders:read']);
    expect(await (await both(['orders:items:*']))()).toEqual(['orders:items:read']);
    expect(await (await both(['orders:*']))()).toEqual(['orders:read', 'orders:items:read']);
  });

  it('that a token claims is a name like any other', async () => {
    const claims = { scope: 'orders:*' };
    expect(await (await holds({}, claims, [...names, 'orders:*']))()).toEqual(['orders:*']);
    const server = { permissions: { grants: { 'test-service': ['orders:*', 'orders:read'] } }, ...wild };
    expect(await (await holds(server, claims, [...names, 'orders:*']))()).toEqual(['orders:*']);
  });

  it.each<[string, object, string, RegExp]>([
    ['where nobody switched them on', service(['orders:*']), 'grants', /write wildcardGrants: true/],
    ['where they are switched off', service(['orders:*'], { wildcardGrants: false }), 'grants', /wildcardGrants: true/],
    ['that is everything', service(['*'], wild), 'grants', /stands alone, at the end/],
    ['in the middle', service(['orders:*:read'], wild), 'grants', /at the end/],
    ['twice', service(['orders:*:*'], wild), 'grants', /stands alone/],
    ['behind a letter', service(['orders*'], wild), 'grants', /behind a colon/],
    ['in text', service(['a'], { wildcardGrants: 'yes' }), 'wildcardGrants', /true or false/],
  ])('is refused at start %s', (_what, entry, option, message) => {
    const problem = problemWith({ issuer: 'https://i.example', keys, ...entry });
    expect(problem.split(' | ')[0]).toBe(`trust[0].${option}`);
    expect(problem).toMatch(message);
  });
});
