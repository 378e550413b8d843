import { createHmac, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  createGate,
  createKeyRing,
  createTokenVerifier,
  type JWK,
  type TrustedIssuer,
  verifyCompactJws,
} from 'countersign';
import { createTestClock } from 'countersign/testing';
import fc from 'fast-check';
import { ALGORITHM_NAMES, type AlgorithmName, algorithms } from '../../lib/jose/algorithms.js';
import { claimsOf, judgeToken, makeToken, signWith } from '../support/make-token.js';
import { optionRefused } from '../support/option-refused.js';
import { listInstalled, listLibrary } from '../support/read-dependencies.js';
import { textFormsOf } from '../support/text-forms.js';

const ISSUER = 'https://issuer.test';
const clock = createTestClock();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyPairs: Readonly<Record<AlgorithmName, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: ec,
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
};
const HMAC: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

const jwkOf = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more }) as JWK;
const trusting = (entry: object) =>
  createTokenVerifier({
    audience: 'api://orders',
    trust: [{ issuer: ISSUER, ...entry } as TrustedIssuer],
    now: clock.now,
  });
const trustingKeys = (...keys: unknown[]) => trusting({ keys: { jwks: { keys } } });
const claims = claimsOf(ISSUER, clock.now());
const tokenOf = (alg: string, sign: (input: Buffer) => Uint8Array, more: object = {}) =>
  makeToken({ alg, typ: 'at+jwt', kid: 'k', ...more }, claims, sign);
const hmac = (digest: string, secret: string | Uint8Array) => (input: Buffer) =>
  createHmac(digest, secret).update(input).digest();

describe('algorithms', () => {
  it('CVE-2015-9235 GHSA-c7hr-j4mj-j2w6: the token doesn’t choose the algorithm – none in any spelling, HS256 with the public key, and every pairing but the key’s own are refused', async () => {
    const claimed = [...ALGORITHM_NAMES, 'Ed25519', ...Object.keys(HMAC), 'none', 'None', 'nOnE', 'NONE', '', 'ES256K'];
    const accepted = new Set<string>();
    for (const pinned of ALGORITHM_NAMES) {
      const { publicKey, privateKey } = keyPairs[pinned];
      const verifier = trustingKeys(jwkOf(publicKey, { kid: 'k', alg: pinned }));
      const publicTexts = [publicKey.export({ type: 'spki', format: 'pem' }), JSON.stringify(jwkOf(publicKey))];
      for (const alg of claimed) {
        const signers = [() => new Uint8Array(), signWith(pinned, privateKey)];
        const row = algorithms[alg as AlgorithmName];
        // What the key's owner would make of the token's wish, and what anybody can make of the public half.
        if (row?.keyType === algorithms[pinned].keyType) signers.push(signWith(alg as AlgorithmName, privateKey));
        for (const content of publicTexts) signers.push(hmac(HMAC[alg] ?? 'sha256', content));
        for (const sign of signers) {
          if ((await judgeToken(verifier, tokenOf(alg, sign))) === 'accepted') accepted.add(`${pinned} by ${alg}`);
        }
      }
    }
    const expected = [...ALGORITHM_NAMES.map((name) => `${name} by ${name}`), 'EdDSA by Ed25519'];
    expect([...accepted].sort()).toEqual(expected.sort());
  }, 30_000);

  it('CVE-2026-22817 CVE-2026-22818: a key without alg gets its algorithm from the issuer’s configuration, not from a token’s header', async () => {
    const key = jwkOf(rsa.publicKey, { kid: 'k' });
    const verifier = trusting({ algorithms: ['PS256', 'ES256'], keys: { jwks: { keys: [key] } } });
    const judge = (alg: AlgorithmName) => judgeToken(verifier, tokenOf(alg, signWith(alg, rsa.privateKey)));
    expect([await judge('PS256'), await judge('RS256'), await judge('PS512')]).toEqual([
      'accepted',
      'algorithm_refused',
      'algorithm_refused',
    ]);
    expect(await judgeToken(verifier, tokenOf('HS256', hmac('sha256', JSON.stringify(key))))).toBe('algorithm_refused');
    // Where the configuration doesn't tell either, the key is not used: at start an error, from afar passed over.
    expect(optionRefused(() => trustingKeys(key))).toBe('trust[0].keys.jwks.keys');
    const remote = trusting({ keys: { client: { getKeys: async () => [key] } } });
    expect(await judgeToken(remote, tokenOf('RS256', signWith('RS256', rsa.privateKey)))).toBe('keys_unavailable');
  });

  it('CVE-2020-15084 GHSA-6g6m-m6h5-w9gf: algorithms that are left out mean the asymmetric ones alone; an empty or odd list is an error at start', async () => {
    const keys = { client: { getKeys: async () => [{ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'k' }] } };
    expect(await judgeToken(trusting({ keys }), tokenOf('HS256', hmac('sha256', 'secret')))).toBe('algorithm_refused');
    expect(
      await judgeToken(
        trusting({ keys }),
        tokenOf('none', () => new Uint8Array()),
      ),
    ).toBe('algorithm_refused');
    const odd = [
      undefined,
      null,
      [],
      '',
      'RS256',
      {},
      [undefined],
      [''],
      ['none'],
      ['HS256'],
      ['ES256', 'HS512'],
      ['es256'],
      [/./],
      ['*'],
      new Set(['ES256']),
    ];
    for (const algorithms of odd) {
      expect(optionRefused(() => trusting({ keys, algorithms }))).toBe('trust[0].algorithms');
    }
  });
});

describe('shared secrets', () => {
  it('CVE-2022-23541 GHSA-hjrf-2m68-5959: an issuer can’t hold a secret beside its public keys – configured it is an error at start, from afar it is passed over', async () => {
    const secret = { kty: 'oct', k: Buffer.from('secret').toString('base64url'), kid: 'k' };
    const honest = jwkOf(ec.publicKey, { kid: 'k', alg: 'ES256' });
    for (const symmetric of [
      secret,
      { ...secret, alg: 'HS256' },
      { ...secret, alg: 'ES256' },
      { ...secret, kty: 'EC' },
    ]) {
      expect(optionRefused(() => trustingKeys(honest, symmetric))).toBe('trust[0].keys.jwks.keys');
      const verifier = trusting({ keys: { client: { getKeys: async () => [symmetric, honest] } } });
      expect(await judgeToken(verifier, tokenOf('ES256', signWith('ES256', ec.privateKey)))).toBe('accepted');
      expect(await judgeToken(verifier, tokenOf('HS256', hmac('sha256', 'secret')))).toBe('algorithm_refused');
    }
  });

  it('CVE-2025-65945 GHSA-869p-cjfg-cm3x: there is no HMAC to be bypassed – not in an option, not in a dependency that our users install, not in the library for any token', async () => {
    const secret = { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'c2VjcmV0' };
    const forged = tokenOf('HS256', hmac('sha256', 'secret'), { kid: 'secret', k: 'c2VjcmV0', jwk: secret });
    const keys = [secret, jwkOf(ec.publicKey)];
    await expect(verifyCompactJws(forged, { keys })).rejects.toMatchObject({ reason: 'algorithm_refused' });
    await expect(verifyCompactJws(forged, { keys, algorithms: ['HS256'] })).rejects.toThrow(/no HMAC/);
    expect(optionRefused(() => createKeyRing({ algorithm: 'HS256' as never }))).toBe('keyRing.algorithm');
    expect(optionRefused(() => createKeyRing({ active: { jwk: secret } }))).toBe('keyRing.active.jwk');
    expect(
      optionRefused(() =>
        createGate({ service: 's', audience: 'a', trust: [{ issuer: ISSUER }], secret: 's' } as never),
      ),
    ).toBe('options.secret');
    const hmacLibraries = ['jsonwebtoken', 'jwa', 'jws'];
    const { development, production } = listInstalled();
    expect(development).toEqual(expect.arrayContaining(hmacLibraries)); // peers that are only compared with: the list can see them
    expect(production).toEqual(expect.arrayContaining(['jwks-rsa', 'prom-client', 'sonic-boom']));
    expect(production.filter((name) => hmacLibraries.includes(name))).toEqual([]);
    const users = listLibrary().filter(({ text }) => /createHmac|['"]HMAC['"]/.test(text));
    // The forger makes what must be refused; nonces (RFC 9449 section 9) are ours alone, and verify no token.
    expect(users.map(({ path }) => path).sort()).toEqual(['binding/issue-nonces.ts', 'testing/forge-token.ts']);
  });
});

describe('the text of a public key', () => {
  const certificate = new X509Certificate(`-----BEGIN CERTIFICATE-----
MIIBgjCCASmgAwIBAgIUBodBIgcFSMg8WroxPw+EdBlqzCowCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLaXNzdWVyLnRlc3QwIBcNMjYxMTIyMDUyODA2WhgPMjEyNjEw
MjkwNTI4MDZaMBYxFDASBgNVBAMMC2lzc3Vlci50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAET5RG08AWFI1qmPfuCl6Ww5cZSKchjJ+d2eW3QKfy6HQitc07
3268rKZYfUQDMwzNXV6wr4W35rqpHLAiDd5ydqNTMFEwHQYDVR0OBBYEFOzpIbBP
kDXF2sqMWouux3SUuEc2MB8GA1UdIwQYMBaAFOzpIbBPkDXF2sqMWouux3SUuEc2
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgDFIbEglwsjRy08DH
gMEp9Q46vFAs/XzR6l+ie7IiLdYCIG+lJQs0VpYd1G0pzE28W+JVEjkxAOkWukT/
odReWZ8U
-----END CERTIFICATE-----
`);
  const subjects = [
    { alg: 'RS256', publicKey: rsa.publicKey, forms: textFormsOf(rsa.publicKey) },
    { alg: 'ES256', publicKey: certificate.publicKey, forms: textFormsOf(certificate.publicKey, certificate) },
    { alg: 'EdDSA', publicKey: keyPairs.EdDSA.publicKey, forms: textFormsOf(keyPairs.EdDSA.publicKey) },
  ];

  it('CVE-2023-48223 GHSA-c2ff-88x2-x9pg: no text of a public key is a secret – HMAC by each of its forms is refused, and so is each form where a key belongs', async () => {
    for (const { alg, publicKey, forms } of subjects) {
      const verifier = trustingKeys(jwkOf(publicKey, { kid: 'k', alg }));
      for (const { form, content } of forms) {
        for (const [name, digest] of Object.entries(HMAC)) {
          const verdict = await judgeToken(verifier, tokenOf(name, hmac(digest, content)));
          const disguised = await judgeToken(verifier, tokenOf(alg, hmac(digest, content)));
          expect([form, verdict, disguised]).toEqual([form, 'algorithm_refused', 'signature_invalid']);
        }
        expect([form, optionRefused(() => trustingKeys(content))]).toEqual([form, 'trust[0].keys.jwks.keys']);
        const secret = { active: { text: content as string } };
        expect([form, optionRefused(() => createKeyRing(secret))]).toEqual([form, 'keyRing.active.text']);
      }
    }
  }, 30_000);

  it('CVE-2026-34950 GHSA-mvf2-f6gm-w987 GHSA-ww5h-9m49-7xx4 GHSA-g3jj-5cmm-3hxx: the text of a public key is no secret either with anything before or behind it, nor as JSON', async () => {
    const cases = subjects.flatMap(({ alg, publicKey, forms }) =>
      forms.map(({ content }) => ({ verifier: trustingKeys(jwkOf(publicKey, { kid: 'k', alg })), content })),
    );
    const bytes = fc.uint8Array({ maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...cases), bytes, bytes, async ({ verifier, content }, before, behind) => {
        const secret = Buffer.concat([before, Buffer.from(content as string), behind]);
        expect(await judgeToken(verifier, tokenOf('HS256', hmac('sha256', secret)))).toBe('algorithm_refused');
      }),
      { numRuns: 500 },
    );
  }, 30_000);
});
