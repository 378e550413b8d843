import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createTokenVerifier, type JWK, type TrustedIssuer } from 'countersign';
import { createTestClock } from 'countersign/testing';
import { makeCertificate } from '../support/make-certificate.js';
import { problemWith, tellReason } from '../support/provider.js';
import { createSigner, type Signer, withoutMember } from '../support/sign-token.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const old = createSigner(['ES256'], 'jwt-svid');
const young = createSigner(['ES384'], 'jwt-svid');
const authority = await makeCertificate({ name: 'authority', isAuthority: true });
const x509 = {
  ...withoutMember(createSigner(['ES256'], 'x509-svid').keys[0] as JWK, 'kid'),
  x5c: [authority.certificate.raw.toString('base64')],
};
const leaf = (await makeCertificate({ authority })).certificate.raw.toString('base64');
const wit = createSigner(['ES256'], 'wit-svid').keys[0] as JWK;
const entry = (bundle: object) => ({ trustDomain: 'shop.example', bundle, grants: {} });

/** A trust domain with a real bundle endpoint, or with a bundle that is written down. */
async function rig(given?: object) {
  const clock = createTestClock();
  const endpoint = { answer: {} as unknown, hits: 0 };
  const base = await startServer((_req, res) => {
    endpoint.hits++;
    if (endpoint.answer === undefined) res.writeHead(500).end();
    else res.end(JSON.stringify(endpoint.answer));
  });
  const trust = [entry(given ?? { url: `${base}/bundle` }) as TrustedIssuer];
  const verifier = createTokenVerifier({ audience: 'api://orders', trust, now: clock.now });
  const judge = async (signer: Signer) => {
    const claims = { sub: 'spiffe://shop.example/a', aud: 'api://orders', iat: clock.now(), exp: clock.now() + 300 };
    const token = await signer.sign({ header: { alg: signer.keys[0]?.alg }, claims });
    return verifier.verify(token).then(() => 'accepted', tellReason);
  };
  const judgeBoth = async () => [await judge(old), await judge(young)];
  return { clock, endpoint, judge, judgeBoth };
}

describe('a bundle that is written down', () => {
  it('may hold keys that are not for JWT-SVIDs', async () => {
    const { judge } = await rig({ keys: [x509, wit, ...old.keys], spiffe_sequence: 7, spiffe_refresh_hint: 60 });
    expect(await judge(old)).toBe('accepted');
  });

  it.each<[string, readonly JWK[]]>([
    ['no keys', []],
    ['keys of other uses', [x509, wit]],
    ['keys that don’t say what they are for', old.keys.map((key) => withoutMember(key, 'use'))],
    ['keys that are for signatures in general', old.keys.map((key) => ({ ...key, use: 'sig' }))],
  ])('with %s vouches for nobody', async (_what, keys) => {
    const { judge } = await rig({ keys });
    expect(await judge(old)).toBe('key_unknown');
  });

  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  it.each<[string, object, string, RegExp]>([
    ['none', {}, '.keys', /must be a list, found undefined/],
    ['keys in an object', { keys: {} }, '.keys', /must be a list, found an object/],
    ['keys from two places', { keys: [], url: 'https://spire.example/bundle' }, '', /has both url and keys/],
    ['a misspelt member', { keys: [], spiffe_sequenze: 1 }, '.spiffe_sequenze', /is not an option/],
    ['a key without a name', { keys: old.keys.map((key) => withoutMember(key, 'kid')) }, '.keys', /without a kid/],
    ['a key with an empty name', { keys: [{ ...old.keys[0], kid: '' }] }, '.keys', /without a kid/],
    ['two keys of one name', { keys: [...old.keys, ...old.keys] }, '.keys', /two keys of one kid/],
    [
      'a private key',
      { keys: [{ ...pair.privateKey.export({ format: 'jwk' }), use: 'jwt-svid', kid: 'a' }] },
      '.keys',
      /write public keys alone/,
    ],
    [
      'an authority without certificate',
      { keys: [{ ...x509, x5c: undefined }] },
      '.keys',
      /not one certificate in x5c/,
    ],
    ['an authority with two', { keys: [{ ...x509, x5c: [...x509.x5c, ...x509.x5c] }] }, '.keys', /not one certificate/],
    ['an authority in nonsense', { keys: [{ ...x509, x5c: ['MIIB'] }] }, '.keys', /PEM|asn1|ASN|DER/i],
    ['an authority that is none', { keys: [{ ...x509, x5c: [leaf] }] }, '.keys', /not of an authority/],
    ['a URL over http', { url: 'http://spire.example/bundle' }, '.url', /http only on loopback/],
    ['a URL with a user', { url: 'https://a:b@spire.example/bundle' }, '.url', /without user information/],
    ['an unset URL', { url: undefined }, '.url', /undefined/],
    ['a danger in text', { url: 'https://a/b', dangerouslyAllowHttp: 'no' }, '.dangerouslyAllowHttp', /true or false/],
  ])('is refused at start with %s', (_what, bundle, option, message) => {
    expect(problemWith(entry({ url: 'https://spire.example/bundle' }))).toBe('accepted');
    const problem = problemWith(entry(bundle));
    expect(problem.split(' | ')[0]).toBe(`trust[0].bundle${option}`);
    expect(problem).toMatch(message);
  });
});

describe('a bundle endpoint', () => {
  it('is asked once for any number of workloads, and its keys of other uses are passed over', async () => {
    const { endpoint, judge } = await rig();
    endpoint.answer = { keys: [x509, ...old.keys, wit], spiffe_sequence: 0, spiffe_refresh_hint: 300 };
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => judge(old))))).toEqual(new Set(['accepted']));
    expect(endpoint.hits).toBe(1);
  });

  it('is asked again when its hint says so', async () => {
    const { clock, endpoint, judge } = await rig();
    endpoint.answer = { keys: old.keys, spiffe_refresh_hint: 120 };
    await judge(old);
    clock.advance(90);
    await judge(old);
    expect(endpoint.hits).toBe(1);
    clock.advance(31);
    await judge(old);
    expect(endpoint.hits).toBe(2);
  });

  it('replaces its set as a whole, and an empty one vouches for nobody', async () => {
    const { clock, endpoint, judgeBoth } = await rig();
    endpoint.answer = { keys: old.keys, spiffe_refresh_hint: 60 };
    expect(await judgeBoth()).toEqual(['accepted', 'key_unknown']);
    clock.advance(61);
    endpoint.answer = { keys: young.keys, spiffe_refresh_hint: 60 };
    expect(await judgeBoth()).toEqual(['key_unknown', 'accepted']);
    clock.advance(61);
    endpoint.answer = { keys: [], spiffe_refresh_hint: 60 };
    expect(await judgeBoth()).toEqual(['key_unknown', 'key_unknown']);
  });

  it('that has no keys for JWT-SVIDs any more vouches for nobody', async () => {
    const { clock, endpoint, judge } = await rig();
    endpoint.answer = { keys: [...old.keys, wit], spiffe_refresh_hint: 60 };
    expect(await judge(old)).toBe('accepted');
    clock.advance(61);
    endpoint.answer = { keys: [x509, wit], spiffe_refresh_hint: 60 };
    expect(await judge(old)).toBe('key_unknown');
  });

  it.each<[string, unknown]>([
    ['an older set', { keys: young.keys, spiffe_sequence: 1 }],
    ['no list of keys', { spiffe_sequence: 3 }],
    ['a key without a name', { keys: [...young.keys, { ...x509, use: 'jwt-svid' }], spiffe_sequence: 3 }],
    ['two keys of one name', { keys: [...young.keys, ...young.keys], spiffe_sequence: 3 }],
    ['a sequence in text', { keys: young.keys, spiffe_sequence: '3' }],
    ['a sequence below zero', { keys: young.keys, spiffe_sequence: -3 }],
    ['a hint in text', { keys: young.keys, spiffe_refresh_hint: '60' }],
    ['null', null],
    ['nothing', undefined],
  ])('that answers with %s is not believed: the set before it stays', async (_what, answer) => {
    const { clock, endpoint, judge, judgeBoth } = await rig();
    endpoint.answer = { keys: old.keys, spiffe_sequence: 2, spiffe_refresh_hint: 60 };
    expect(await judgeBoth()).toEqual(['accepted', 'key_unknown']);
    clock.advance(61);
    endpoint.answer = answer;
    expect(await judgeBoth()).toEqual(['accepted', 'keys_unavailable']);
    clock.advance(31);
    endpoint.answer = { keys: young.keys, spiffe_sequence: 3, spiffe_refresh_hint: 60 };
    expect(await judge(young)).toBe('accepted');
    expect(await judge(old)).toBe('key_unknown');
  });

  it('that says its sequence once need not say it again, and can’t go back by that', async () => {
    const { clock, endpoint, judgeBoth } = await rig();
    const answers = [
      { keys: old.keys, spiffe_sequence: 5 },
      { keys: young.keys },
      { keys: old.keys, spiffe_sequence: 4 },
    ];
    const verdicts: string[][] = [];
    for (const answer of answers) {
      endpoint.answer = { ...answer, spiffe_refresh_hint: 60 };
      verdicts.push(await judgeBoth());
      clock.advance(61);
    }
    expect(verdicts).toEqual([
      ['accepted', 'key_unknown'],
      ['key_unknown', 'accepted'],
      ['keys_unavailable', 'accepted'],
    ]);
  });
});
