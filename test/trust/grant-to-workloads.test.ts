import { describe, expect, it } from '@jest/globals';
import { createTokenVerifier, type TrustedIssuer } from 'countersign';
import { NOW, problemWith, trustBy } from '../support/provider.js';
import { createSigner } from '../support/sign-token.js';

const signer = createSigner(['ES256'], 'jwt-svid');
const entry = (grants: unknown) => ({ trustDomain: 'shop.example', bundle: { keys: signer.keys }, grants });
const exact = 'spiffe://shop.example/ns/shop/sa/billing';

/** What the workload with the path may do. */
async function permissionsOf(path: string, grants: object): Promise<string[]> {
  const claims = { sub: `spiffe://shop.example${path}`, aud: 'api://orders', iat: NOW, exp: NOW + 300 };
  return [...(await trustBy([entry(grants)], signer).verify({ header: { alg: 'ES256' }, claims })).permissions];
}

describe('a grant to workloads', () => {
  it.each<[string, string[], string[]]>([
    [
      exact,
      ['/ns/shop/sa/billing'],
      ['/ns/shop/sa/billing2', '/ns/shop/sa', '/ns/shop/sa/billing/x', '/ns/SHOP/sa/billing'],
    ],
    [
      '/ns/:ns/sa/billing',
      ['/ns/shop/sa/billing', '/ns/a.b/sa/billing'],
      [
        '/ns/shop/sa/billing2',
        '/ns/shop/sa/billing/x',
        '/ns/a/b/sa/billing',
        '/x/ns/shop/sa/billing',
        '/ns/sa/billing',
      ],
    ],
    ['/ns/prod/*', ['/ns/prod/a', '/ns/prod/a/b/c'], ['/ns/prod', '/ns/production/a', '/ns/a/prod', '/x/ns/prod/a']],
    ['/:any/*', ['/a/b', '/a/b/c'], ['/a']],
    ['/*', ['/a', '/a/b/c'], []],
    ['/:any', ['/a'], ['/a/b']],
    ['/a.b', ['/a.b'], ['/aXb', '/A.b']],
  ])('for %s is theirs alone', async (grant, theirs, others) => {
    for (const path of theirs) expect([path, ...(await permissionsOf(path, { [grant]: ['x'] }))]).toEqual([path, 'x']);
    for (const path of others) expect([path, ...(await permissionsOf(path, { [grant]: ['x'] }))]).toEqual([path]);
  });

  it('adds to the others that match', async () => {
    const grants = { [exact]: ['a'], '/ns/:ns/sa/billing': ['b', 'a'], '/ns/*': ['c'], '/other/*': ['d'] };
    expect(await permissionsOf('/ns/shop/sa/billing', grants)).toEqual(['a', 'b', 'c']);
    expect(await permissionsOf('/constructor', grants)).toEqual([]);
  });
});

it('a grant that ends among several is gone for its workload, and for no other', async () => {
  let present = NOW;
  const until = (seconds: number) => new Date((NOW + seconds) * 1000);
  const grants = {
    '/ns/shop/sa/billing': ['a'],
    '/ns/shop/*': [{ permission: 'b', until: until(100) }, 'c'],
    '/ns/*': [{ permission: 'd', until: until(200) }],
  };
  const verifier = createTokenVerifier({
    audience: 'api://orders',
    trust: [entry(grants) as TrustedIssuer],
    now: () => present,
  });
  const permissionsAt = async (seconds: number, path: string) => {
    present = NOW + seconds;
    const claims = { sub: `spiffe://shop.example${path}`, aud: 'api://orders', iat: present, exp: present + 300 };
    return [...(await verifier.verify(await signer.sign({ header: { alg: 'ES256' }, claims }))).permissions]
      .sort()
      .join('');
  };
  const both = async (seconds: number) =>
    Promise.all([permissionsAt(seconds, '/ns/shop/sa/billing'), permissionsAt(seconds, '/ns/shop/sa/orders')]);
  expect([await both(0), await both(1)]).toEqual([
    ['abcd', 'bcd'],
    ['abcd', 'bcd'],
  ]);
  expect(await both(100)).toEqual(['acd', 'cd']);
  expect(await both(200)).toEqual(['ac', 'c']);
  expect(await both(0)).toEqual(['abcd', 'bcd']);
});

describe('a grant is refused at start:', () => {
  it.each<[string, unknown, string, RegExp]>([
    [
      'none',
      undefined,
      'grants',
      /must be an object of SPIFFE IDs or path patterns, found undefined; write for example \{ 'spiffe:/,
    ],
    ['a list', ['/a'], 'grants', /must be an object/],
    ['a path without a slash', { 'ns/shop': ['x'] }, 'grants["ns/shop"]', /neither a SPIFFE ID nor a path pattern/],
    ['an ID that is none', { 'spiffe://Shop': ['x'] }, 'grants["spiffe://Shop"]', /neither a SPIFFE ID/],
    ['another trust domain', { 'spiffe://b/a': ['x'] }, 'grants["spiffe://b/a"]', /another trust domain than "shop/],
    [
      'the trust domain itself',
      { 'spiffe://shop.example': ['x'] },
      'grants["spiffe://shop.example"]',
      /and no workload; write '\/\*'/,
    ],
    ['an empty segment', { '/ns//sa': ['x'] }, 'grants["/ns//sa"]', /is no path pattern/],
    ['a slash at the end', { '/ns/': ['x'] }, 'grants["/ns/"]', /is no path pattern/],
    ['a slash alone', { '/': ['x'] }, 'grants["/"]', /is no path pattern/],
    ['a star in the middle', { '/ns/*/sa': ['x'] }, 'grants["/ns/*/sa"]', /a last '\*'/],
    ['a star within a segment', { '/ns/prod*': ['x'] }, 'grants["/ns/prod*"]', /is no path pattern/],
    ['a star in front of a segment', { '/ns/*prod': ['x'] }, 'grants["/ns/*prod"]', /is no path pattern/],
    ['a placeholder without a name', { '/ns/:': ['x'] }, 'grants["/ns/:"]', /is no path pattern/],
    ['a dot segment', { '/ns/../a': ['x'] }, 'grants["/ns/../a"]', /is no path pattern/],
    ['a regular expression', { '/ns/[ab]': ['x'] }, 'grants["/ns/[ab]"]', /is no path pattern/],
    ['permissions in text', { '/ns/a': 'x' }, 'grants["/ns/a"]', /a list of strings/],
  ])('%s', (_what, grants, option, message) => {
    expect(problemWith(entry({ '/ns/.a/..b/:c/*': ['x'] }))).toBe('accepted');
    const problem = problemWith(entry(grants));
    expect(problem.split(' | ')[0]).toBe(`trust[0].${option}`);
    expect(problem).toMatch(message);
  });
});
