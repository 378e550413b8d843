import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type JWK, verifyCompactJws } from 'countersign';
import * as jose from 'jose';
import type { AlgorithmName } from '../../lib/jose/algorithms.js';
import { computeThumbprint } from '../../lib/jose/compute-thumbprint.js';
import { signBytes } from '../../lib/jose/sign-bytes.js';
import { signCompactJws } from '../../lib/jose/sign-compact-jws.js';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pairs: Readonly<Record<AlgorithmName, KeyPair>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
};
const jwkOf = ({ publicKey }: KeyPair) => publicKey.export({ format: 'jwk' }) as JWK;
const payload = { text: 'naïve 🙂' };

describe.each(Object.entries(pairs) as [AlgorithmName, KeyPair][])('%s', (alg, pair) => {
  const keys = [{ ...jwkOf(pair), alg }];

  it('signs what jose verifies', async () => {
    const jws = await signCompactJws({ alg }, payload, (data) => signBytes(alg, pair.privateKey, data));
    const verified = await jose.compactVerify(jws, pair.publicKey);
    expect(verified.protectedHeader).toEqual({ alg });
    expect(JSON.parse(new TextDecoder().decode(verified.payload))).toEqual(payload);
  });

  it('verifies what jose signs', async () => {
    const bytes = Buffer.from(JSON.stringify(payload));
    const jws = await new jose.CompactSign(bytes).setProtectedHeader({ alg }).sign(pair.privateKey);
    expect(await verifyCompactJws(jws, { keys })).toEqual({ header: { alg }, payload: bytes });
  });
});

it('EdDSA is known by its other name (RFC 9864)', async () => {
  const { privateKey } = pairs.EdDSA;
  const jws = await signCompactJws({ alg: 'Ed25519' }, payload, (data) => signBytes('EdDSA', privateKey, data));
  await expect(verifyCompactJws(jws, { keys: [jwkOf(pairs.EdDSA)] })).resolves.toBeDefined();
  await expect(verifyCompactJws(jws, { keys: [jwkOf(pairs.EdDSA)], algorithms: ['Ed25519'] })).resolves.toBeDefined();
});

describe('the thumbprint of a key', () => {
  it.each(['RS256', 'ES256', 'EdDSA'] as const)('is that of RFC 7638 (%s)', async (alg) => {
    const jwk = jwkOf(pairs[alg]);
    expect(computeThumbprint({ ...jwk, use: 'sig', kid: 'x' })).toBe(
      await jose.calculateJwkThumbprint(jwk as jose.JWK),
    );
  });

  it('is not computed for a type that has none', () => {
    expect(() => computeThumbprint({})).toThrow('no thumbprint');
    expect(() => computeThumbprint({ kty: 'oct', k: 'AAAA' })).toThrow('no thumbprint');
  });
});
