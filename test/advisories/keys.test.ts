import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createKeyRing, createTokenVerifier, type JWK, type TrustedIssuer, verifyCompactJws } from 'countersign';
import { createTestClock } from 'countersign/testing';
import { claimsOf, judgeToken, makeToken, signWith } from '../support/make-token.js';
import { optionRefused } from '../support/option-refused.js';

const ISSUER = 'https://issuer.test';
const clock = createTestClock();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more }) as JWK;
const trusting = (entry: object) =>
  createTokenVerifier({
    audience: 'api://orders',
    trust: [{ issuer: ISSUER, ...entry } as TrustedIssuer],
    now: clock.now,
  });
const trustingKeys = (...keys: unknown[]) => trusting({ keys: { jwks: { keys } } });
const tokenOf = (alg: string, sign: (input: Buffer) => Uint8Array) =>
  makeToken({ alg, typ: 'at+jwt' }, claimsOf(ISSUER, clock.now()), sign);
const honest = tokenOf('ES256', signWith('ES256', ec.privateKey));
const unsigned = () => new Uint8Array();
const byEmptySecret = (input: Buffer) => createHmac('sha256', '').update(input).digest();

describe('a key of the wrong type', () => {
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const pemOf = (key: KeyObject, type: 'spki' | 'pkcs8') => key.export({ type, format: 'pem' }) as string;

  it('CVE-2022-23539 GHSA-8cf7-32gw-wr33: a key whose type, curve or size is not its algorithm’s is refused when it is loaded', () => {
    const unfit: Readonly<Record<string, unknown>> = {
      'DSA as a JWK for RS256': { kty: 'DSA', alg: 'RS256', n: 'AQAB', e: 'AQAB' },
      'DSA as an object': dsa.publicKey,
      'DSA as PEM': pemOf(dsa.publicKey, 'spki'),
      'RSA-PSS as an object': pss.publicKey,
      'RSA-PSS as PEM': pemOf(pss.publicKey, 'spki'),
      'P-384 for ES256': jwkOf(p384.publicKey, { alg: 'ES256' }),
      'P-256 for ES384': jwkOf(ec.publicKey, { alg: 'ES384' }),
      'P-256 for RS256': jwkOf(ec.publicKey, { alg: 'RS256' }),
      'P-256 for EdDSA': jwkOf(ec.publicKey, { alg: 'EdDSA' }),
      'RSA of 1024 bits': jwkOf(weak.publicKey, { alg: 'RS256' }),
      secp256k1: jwkOf(koblitz.publicKey),
      'secp256k1 for ES256': jwkOf(koblitz.publicKey, { alg: 'ES256' }),
      'secp256k1 that says P-256': jwkOf(koblitz.publicKey, { crv: 'P-256', alg: 'ES256' }),
      Ed448: jwkOf(generateKeyPairSync('ed448').publicKey, { alg: 'EdDSA' }),
      X25519: jwkOf(generateKeyPairSync('x25519').publicKey, { alg: 'EdDSA' }),
    };
    for (const [what, key] of Object.entries(unfit)) {
      expect([what, optionRefused(() => trustingKeys(key))]).toEqual([what, 'trust[0].keys.jwks.keys']);
    }
    for (const { privateKey } of [dsa, pss, weak, p384, koblitz]) {
      expect(optionRefused(() => createKeyRing({ active: { text: pemOf(privateKey, 'pkcs8') } }))).toBe(
        'keyRing.active',
      );
    }
  });
});

describe('a key that is none', () => {
  const empty = [undefined, null, '', 0, false, Buffer.alloc(0), {}, Symbol('key')];
  const emptyKeys = [...empty, { kty: 'oct', k: '' }, { kty: 'EC' }, { kty: '', alg: '' }];

  it('CVE-2022-23540 GHSA-qwph-4952-7xr6: a key that is missing is a refusal, not leave to sign with none', async () => {
    for (const found of [...empty, ...emptyKeys.map((key) => [key]), []]) {
      let asked = 0;
      const getKeys = async () => {
        asked++;
        return found;
      };
      const verifier = trusting({ keys: { client: { getKeys } } });
      for (const alg of ['none', 'None', '']) {
        expect(await judgeToken(verifier, tokenOf(alg, unsigned))).toBe('algorithm_refused');
      }
      expect(await judgeToken(verifier, tokenOf('ES256', unsigned))).toMatch(/^(keys_unavailable|key_unknown)$/);
      expect(await judgeToken(verifier, honest)).toMatch(/^(keys_unavailable|key_unknown)$/);
      expect(asked).toBeGreaterThan(0);
    }
    expect(await judgeToken(trustingKeys(jwkOf(ec.publicKey)), honest)).toBe('accepted');
  });

  it('CVE-2026-44351 GHSA-gmvf-9v4p-v8jc: a source that promises an empty key doesn’t make HMAC with an empty secret pass', async () => {
    for (const found of ['', Buffer.alloc(0), [''], [Buffer.alloc(0)], [{ kty: 'oct', k: '' }], null, undefined]) {
      for (const getKeys of [
        async () => found,
        () => found as never,
        () => new Promise((tell) => setImmediate(tell, found)),
      ]) {
        const verifier = trusting({ keys: { client: { getKeys } } });
        for (const alg of ['HS256', 'ES256', 'RS256', 'EdDSA']) {
          expect(await judgeToken(verifier, tokenOf(alg, byEmptySecret))).toMatch(
            /^(algorithm_refused|key_unknown|keys_unavailable)$/,
          );
        }
      }
    }
  });

  it('GHSA-8wpc-h4q6-8fxv: an empty key in the configuration is an error at start, with a list of algorithms too', () => {
    for (const more of [{}, { algorithms: ['ES256'] }, { algorithms: ['RS256', 'EdDSA'] }]) {
      for (const key of emptyKeys) {
        for (const keys of [
          key,
          { jwks: key },
          { jwks: { keys: key } },
          { jwks: { keys: [key] } },
          { jwksUri: key },
          { client: key },
        ]) {
          expect(optionRefused(() => trusting({ ...more, keys }))).toMatch(/^trust\[0\]\.keys/);
        }
      }
    }
    for (const key of empty) {
      expect(optionRefused(() => createKeyRing({ active: key as never }))).toMatch(/^keyRing\.active/);
      expect(optionRefused(() => createKeyRing({ active: { text: key as never } }))).toMatch(/^keyRing\.active/);
      expect(optionRefused(() => createKeyRing({ active: { jwk: key as never } }))).toMatch(/^keyRing\.active/);
    }
  });

  it('CVE-2022-23529: an object that can turn itself into text is no key, and is never asked to', async () => {
    let asked = 0;
    const tell = () => {
      asked++;
      return jwkOf(ec.publicKey).x as string;
    };
    const actor = { toString: tell, valueOf: tell, toJSON: tell, export: tell, [Symbol.toPrimitive]: tell };
    const withActor = { ...jwkOf(ec.publicKey), x: actor };
    for (const key of [
      actor,
      withActor,
      { ...jwkOf(ec.publicKey), kid: actor },
      { ...jwkOf(ec.publicKey), alg: actor },
    ]) {
      expect(optionRefused(() => trustingKeys(key))).toBe('trust[0].keys.jwks.keys');
      await expect(verifyCompactJws(honest, { keys: [key as JWK] })).rejects.toMatchObject({ reason: 'key_unknown' });
    }
    expect(optionRefused(() => createKeyRing({ active: { text: actor as never } }))).toBe('keyRing.active.text');
    expect(optionRefused(() => createKeyRing({ active: { jwk: { ...jwkOf(ec.privateKey), d: actor } } }))).toBe(
      'keyRing.active.jwk',
    );
    expect(optionRefused(() => trusting({ keys: { jwksUri: actor } }))).toBe('trust[0].keys.jwksUri');
    expect(asked).toBe(0);
  });
});
