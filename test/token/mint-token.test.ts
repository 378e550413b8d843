import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  createGate,
  createKeyRing,
  createTokenMinter,
  createTokenVerifier,
  type KeyRing,
  type SigningAlgorithm,
} from 'countersign';
import { createTestClock } from 'countersign/testing';
import * as jose from 'jose';

const clock = createTestClock();
const verifierFor = (keyRing: KeyRing) =>
  createTokenVerifier({
    audience: 'api://payments',
    trust: [
      {
        service: 'order-service',
        issuer: 'https://orders.internal',
        grants: ['payments:read', 'payments:write'],
        keys: { jwks: keyRing.jwks() },
      },
    ],
    now: clock.now,
  });
const minterFor = (keyRing: KeyRing, more = {}) =>
  createTokenMinter({ issuer: 'https://orders.internal', subject: 'order-service', keyRing, now: clock.now, ...more });

describe.each<SigningAlgorithm>(['ES256', 'EdDSA', 'RS256'])('a token that we mint with %s', (algorithm) => {
  const keyRing = createKeyRing({ algorithm });

  it('is what RFC 9068 asks for, for one audience and five minutes', async () => {
    const permissions = ['payments:read', 'payments:write'];
    const token = await minterFor(keyRing).mint({ audience: 'api://payments', permissions });
    const { payload, protectedHeader } = await jose.jwtVerify(
      token,
      jose.createLocalJWKSet(keyRing.jwks() as jose.JSONWebKeySet),
      {
        issuer: 'https://orders.internal',
        audience: 'api://payments',
        typ: 'at+jwt',
        currentDate: new Date(clock.now() * 1000),
      },
    );
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: keyRing.activeKey().keyId });
    expect(payload).toEqual({
      iss: 'https://orders.internal',
      sub: 'order-service',
      client_id: 'order-service',
      aud: 'api://payments',
      iat: clock.now(),
      exp: clock.now() + 300,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      scope: 'payments:read payments:write',
    });
  });

  it('is accepted by a verifier that trusts the service', async () => {
    const principal = await verifierFor(keyRing).verify(await minterFor(keyRing).mint({ audience: 'api://payments' }));
    expect([principal.subject, principal.kind, [...principal.permissions]]).toEqual([
      'order-service',
      'service',
      ['payments:read', 'payments:write'],
    ]);
  });
});

describe('a minter', () => {
  const keyRing = createKeyRing();

  it.each<[string, object, RegExp]>([
    ['issuer', { issuer: undefined }, /issuer/],
    ['issuer that says something', { issuer: '' }, /issuer/],
    ['subject', { subject: undefined }, /subject/],
    ['key ring', { keyRing: undefined }, /keyRing/],
    ['lifetime within 15 minutes', { lifetimeSeconds: 901 }, /lifetimeSeconds.*seconds from 1 to 900/],
    ['lifetime that is a number', { lifetimeSeconds: '300' }, /lifetimeSeconds/],
    ['clock that goes', { now: 1_800_000_000 }, /now must be a function/],
    ['option that is spelt right', { lifetime: 60 }, /options\.lifetime is not an option/],
  ])('needs an %s', (_what, change, message) => {
    expect(() => minterFor(keyRing, change)).toThrow(message);
  });

  it.each<[string, object, RegExp]>([
    ['no audience', {}, /mint\.audience/],
    ['an unset audience', { audience: undefined }, /mint\.audience.*environment variable/],
    ['two audiences', { audience: ['a', 'b'] }, /one audience for a token/],
    ['a life of an hour', { audience: 'a', lifetimeSeconds: 3600 }, /mint\.lifetimeSeconds/],
    ['a life without end', { audience: 'a', lifetimeSeconds: Number.POSITIVE_INFINITY }, /mint\.lifetimeSeconds/],
    ['permissions in text', { audience: 'a', permissions: 'x' }, /mint\.permissions/],
    ['a permission with a space', { audience: 'a', permissions: ['x y'] }, /scope token/],
    ['a claim of one’s own', { audience: 'a', sub: 'root' }, /mint\.sub is not an option/],
  ])('mints nothing for %s', async (_what, options, message) => {
    await expect(minterFor(keyRing).mint(options as never)).rejects.toThrow(message);
  });

  it('gives every token an id of its own', async () => {
    const minter = minterFor(keyRing);
    const ids = await Promise.all(
      Array.from({ length: 100 }, async () => jose.decodeJwt(await minter.mint({ audience: 'a' })).jti),
    );
    expect(new Set(ids).size).toBe(100);
  });

  it('of its own, without a gate, signs by the key that its ring rotates to', async () => {
    const ring = createKeyRing();
    const minter = minterFor(ring);
    ring.rotate();
    const token = await minter.mint({ audience: 'a' });
    expect(jose.decodeProtectedHeader(token).kid).toBe(ring.activeKey().keyId);
  });

  it.each(['api://payments', 'api://páymênts', 'api://支払い', 'api://💶', `api://${'x'.repeat(2000)}`, 'api://"\\\n'])(
    'writes what it says as JSON would, for %s',
    async (audience) => {
      const keyRing = createKeyRing();
      for (const subject of ['a', 'bé', 'ccc', 'd💶']) {
        const minter = minterFor(keyRing, { subject });
        for (const more of [{}, { permissions: ['read', 'write'], confirmation: { jkt: 'x'.repeat(43) } }]) {
          const [, payload = ''] = (await minter.mint({ audience, ...more })).split('.');
          const text = Buffer.from(payload, 'base64url').toString();
          const { jti } = JSON.parse(text) as { jti: string };
          expect(text).toBe(
            JSON.stringify({
              iss: 'https://orders.internal',
              sub: subject,
              client_id: subject,
              aud: audience,
              iat: clock.now(),
              exp: clock.now() + 300,
              jti,
              ...('confirmation' in more && { cnf: more.confirmation, scope: 'read write' }),
            }),
          );
        }
      }
    },
  );

  it('is for whom it is wanted, whoever the one before was for', async () => {
    const minter = minterFor(createKeyRing());
    const audiences = ['api://a', 'api://b', 'api://a', 'api://a'];
    const tokens = await Promise.all(audiences.map((audience) => minter.mint({ audience })));
    expect(tokens.map((token) => jose.decodeJwt(token).aud)).toEqual(audiences);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>]>([
    ['bytes that are no Buffer', (bytes) => new Uint8Array(bytes)],
    ['a promise', async (bytes) => bytes],
    ['a promise of bytes that are no Buffer', async (bytes) => new Uint8Array(bytes)],
  ])('takes from a key of another keeper %s', async (_what, hand) => {
    const keyRing = createKeyRing();
    const key = keyRing.activeKey();
    const sign = (data: Uint8Array) => hand(key.sign(data) as Uint8Array);
    const token = await minterFor({ ...keyRing, activeKey: () => ({ ...key, sign }) }).mint({
      audience: 'api://payments',
    });
    expect((await verifierFor(keyRing).verify(token)).subject).toBe('order-service');
  });

  it('claims no scope where none is named, and an empty one where none is wanted', async () => {
    const minter = minterFor(keyRing);
    expect(jose.decodeJwt(await minter.mint({ audience: 'a' }))).not.toHaveProperty('scope');
    expect(jose.decodeJwt(await minter.mint({ audience: 'a', permissions: [] }))['scope']).toBe('');
  });
});

describe('a token minted for a key', () => {
  const minter = minterFor(createKeyRing());
  const thumbprint = 'x'.repeat(43);

  it.each<[unknown, string, RegExp]>([
    [{}, 'mint.confirmation', /binds to nothing/],
    [undefined, 'mint.confirmation', /must be an object/],
    ['jkt', 'mint.confirmation', /must be an object/],
    [{ jkt: 'short' }, 'mint.confirmation.jkt', /SHA-256 thumbprint/],
    [{ jkt: undefined }, 'mint.confirmation.jkt', /SHA-256 thumbprint/],
    [{ jkt: [thumbprint] }, 'mint.confirmation.jkt', /SHA-256 thumbprint/],
    [{ jkt: `${'x'.repeat(42)}+` }, 'mint.confirmation.jkt', /SHA-256 thumbprint/],
    [{ jkt: thumbprint, 'x5t#S256': `${thumbprint}x` }, 'mint.confirmation.x5t#S256', /SHA-256 thumbprint/],
    [{ 'x5t#S256': `=${thumbprint}` }, 'mint.confirmation.x5t#S256', /SHA-256 thumbprint/],
    [{ kid: 'x' }, 'mint.confirmation.kid', /known here: jkt, x5t#S256/],
  ])('must name its thumbprint: %j', async (confirmation, option, message) => {
    const minted = minter.mint({ audience: 'a', confirmation: confirmation as never });
    await expect(minted).rejects.toMatchObject({ option, message: expect.stringMatching(message) });
  });

  it.each([{ jkt: thumbprint }, { 'x5t#S256': thumbprint }, { jkt: thumbprint, 'x5t#S256': 'y'.repeat(43) }])(
    'names it in cnf: %j',
    async (confirmation) => {
      const token = await minter.mint({ audience: 'a', confirmation });
      expect(jose.decodeJwt(token)['cnf']).toEqual(confirmation);
    },
  );

  it('names none where none is wanted', async () => {
    expect(jose.decodeJwt(await minter.mint({ audience: 'a' }))).not.toHaveProperty('cnf');
  });
});

describe('a key ring', () => {
  it('publishes the active key and the next one, public halves alone, by their thumbprints', async () => {
    const ring = createKeyRing();
    const { keys } = ring.jwks();
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key.kid).toBe(await jose.calculateJwkThumbprint(key as jose.JWK));
    }
    expect(keys[0]?.kid).toBe(ring.activeKey().keyId);
  });

  it('rotates: the next key signs, the one before stays published until its tokens are gone', async () => {
    const ring = createKeyRing({ now: clock.now });
    const [first, second] = ring.jwks().keys.map(({ kid }) => kid);
    const old = await minterFor(ring).mint({ audience: 'api://payments', lifetimeSeconds: 900 });
    await expect(verifierFor(ring).verify(old)).resolves.toBeDefined();
    ring.rotate();
    expect(ring.activeKey().keyId).toBe(second);
    expect(ring.jwks().keys.map(({ kid }) => kid)).toEqual([second, expect.any(String), first]);
    clock.advance(905 + 60);
    expect(ring.jwks().keys.map(({ kid }) => kid)).toContain(first); // its last token lived 900 s, and clocks differ by 60
    clock.advance(60);
    expect(ring.jwks().keys.map(({ kid }) => kid)).not.toContain(first);
  });

  it('that was given its keys rotates to those that it was given, and to no other', () => {
    const made = () => ({ jwk: makePrivateJwk() });
    const ring = createKeyRing({ active: made(), next: made() });
    expect(ring.jwks().keys).toHaveLength(2);
    ring.rotate();
    expect(ring.jwks().keys).toHaveLength(2);
    expect(() => ring.rotate()).toThrow(/keyRing\.next is missing/);
    const again = createKeyRing({ active: made() });
    expect(again.jwks().keys).toHaveLength(1);
    expect(() => again.rotate()).toThrow(/keyRing\.next is missing/);
    const filled = createKeyRing({ active: made(), next: made() });
    filled.rotate(made());
    filled.rotate();
    expect(filled.jwks().keys).toHaveLength(3);
    const back = made();
    const circle = createKeyRing({ active: back, next: made() });
    expect(() => circle.rotate(back)).toThrow(/published already/);
  });

  it('refuses the same key twice, and an algorithm that its key is not for', () => {
    const one = { jwk: makePrivateJwk() };
    expect(() => createKeyRing({ active: one, next: one })).toThrow(/same key/);
    expect(() => createKeyRing({ active: one, algorithm: 'RS256' })).toThrow(/is a key for EdDSA/);
    expect(() => createKeyRing({ algorithm: 'HS256' as never })).toThrow(/ES256, EdDSA, RS256/);
  });
});

describe('a gate', () => {
  it('tells of tokens minted and keys rotated', async () => {
    const keyRing = createKeyRing();
    const gate = createGate({
      service: 's',
      audience: 'a',
      trust: [{ issuer: 'https://i' }],
      signing: { issuer: 'https://s', keyRing },
      accessLog: { destination: { write() {} } },
    });
    const told: object[] = [];
    gate.on('token_minted', (facts) => told.push(facts));
    gate.on('key_rotated', (facts) => told.push(facts));
    const first = keyRing.activeKey().keyId;
    await gate.mint({ audience: 'api://payments' });
    keyRing.rotate();
    const second = keyRing.activeKey().keyId;
    await gate.mint({ audience: 'api://payments' });
    expect(told).toEqual([
      { audience: 'api://payments', keyId: first },
      { activeKeyId: second, retiredKeyId: first },
      { audience: 'api://payments', keyId: second },
    ]);
  });
});

function makePrivateJwk(): Record<string, unknown> {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as Record<string, unknown>;
}
