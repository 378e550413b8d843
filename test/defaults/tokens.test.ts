import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createKeyRing, createTokenMinter, createTokenVerifier, type ReasonCode } from 'countersign';
import { signBytes } from '../../lib/jose/sign-bytes.js';
import { optionRefused } from '../support/option-refused.js';
import { createRawIssuer } from '../support/raw-issuer.js';

// The smallest setup that is documented: an audience, an issuer, one RS256 key, and no other option.
const { clock, publicKey, privateKey, trust, openVerifier, claims, sign, judge } = createRawIssuer('RS256');
const now = clock.now();
const honest = sign(claims());
const [, , signature = ''] = honest.split('.');
const year = 31_536_000;
const rs512 = (input: string) => signBytes('RS512', privateKey, Buffer.from(input)).toString('base64url');
const ps256 = (input: string) => signBytes('PS256', privateKey, Buffer.from(input)).toString('base64url');
const pem = publicKey.export({ type: 'spki', format: 'pem' });
const hs256 = (input: string) => createHmac('sha256', pem).update(input).digest('base64url');

/** A token whose header names an algorithm, signed with it or not at all. */
function signAs(alg: string, signer: (input: string) => string): string {
  const [, payload] = honest.split('.');
  const input = `${Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: 'k' })).toString('base64url')}.${payload}`;
  return `${input}.${signer(input)}`;
}

/** The same signature in other characters: those of its last one that no byte needs. */
function spareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) + 1];
}

function withJwk(): string {
  const forger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const input = signAs('RS256', () => '').split('.')[1];
  const header = Buffer.from(
    JSON.stringify({ alg: 'RS256', typ: 'at+jwt', jwk: forger.publicKey.export({ format: 'jwk' }) }),
  );
  const signed = `${header.toString('base64url')}.${input}`;
  return `${signed}.${signBytes('RS256', forger.privateKey, Buffer.from(signed)).toString('base64url')}`;
}

const text = JSON.stringify(claims());

describe('without any option, a verifier', () => {
  it.each<[string, string, ReasonCode | 'accepted']>([
    ['accepts a token that is whole', honest, 'accepted'],
    ['refuses a token without exp', sign(claims({ exp: undefined })), 'claim_missing'],
    ['refuses a token without iat', sign(claims({ iat: undefined })), 'claim_missing'],
    ['refuses another issuer', sign(claims({ iss: 'https://issuer.test/' })), 'issuer_untrusted'],
    ['refuses another audience', sign(claims({ aud: 'api://payments' })), 'audience_mismatch'],
    ['refuses a token without an audience', sign(claims({ aud: undefined })), 'claim_missing'],
    ['refuses an exp in ten years', sign(claims({ exp: now + 10 * year })), 'token_lifetime_too_long'],
    ['refuses an hour for a service', sign(claims({ exp: now + 901 })), 'token_lifetime_too_long'],
    ['accepts an hour for a user', sign(claims({ sub: 'alice', exp: now + 3600 })), 'accepted'],
    ['refuses more than that', sign(claims({ sub: 'alice', exp: now + 3601 })), 'token_lifetime_too_long'],
    ['refuses an exp of 1e400', sign(text.replace(/"exp":\d+/, '"exp":1e400')), 'claim_invalid'],
    ['accepts what expired 3 s ago', sign(claims({ exp: now - 3 })), 'accepted'],
    ['refuses what expired 30 s ago', sign(claims({ exp: now - 30 })), 'token_expired'],
    ['refuses what expired 59 s ago', sign(claims({ exp: now - 59 })), 'token_expired'],
    ['accepts an nbf in 3 s', sign(claims({ nbf: now + 3 })), 'accepted'],
    ['refuses an nbf in 6 s', sign(claims({ nbf: now + 6 })), 'token_not_yet_valid'],
    ['refuses an iat in an hour', sign(claims({ iat: now + 3600, exp: now + 3700 })), 'token_not_yet_valid'],
    ['refuses an iat of a year ago', sign(claims({ iat: now - year })), 'token_lifetime_too_long'],
    ['refuses RS512 by the RS256 key', signAs('RS512', rs512), 'algorithm_refused'],
    ['refuses PS256 by the RS256 key', signAs('PS256', ps256), 'algorithm_refused'],
    ['refuses alg none', signAs('none', () => ''), 'algorithm_refused'],
    ['refuses HS256 with the public PEM', signAs('HS256', hs256), 'algorithm_refused'],
    ['refuses the signature of a key in the header', withJwk(), 'signature_invalid'],
    ['refuses an unknown critical extension', sign(claims(), { crit: ['x'], x: 1 }), 'token_extension_refused'],
    ['refuses b64 that is false', sign(claims(), { crit: ['b64'], b64: false }), 'token_extension_refused'],
    ['refuses an empty crit', sign(claims(), { crit: [] }), 'token_extension_refused'],
    ['refuses a token without typ', sign(claims(), { typ: undefined }), 'token_type_refused'],
    ['refuses the typ dpop+jwt', sign(claims(), { typ: 'dpop+jwt' }), 'token_type_refused'],
    ['refuses the typ logout+jwt', sign(claims(), { typ: 'logout+jwt' }), 'token_type_refused'],
    ['accepts no kid where one key alone fits', sign(claims(), { kid: undefined }), 'accepted'],
    ['refuses a payload that is a list', sign(`[${text}]`), 'token_malformed'],
    ['refuses a payload that is text', sign(JSON.stringify(text)), 'token_malformed'],
    ['refuses a sub that is there twice', sign(text.replace('{', '{"sub":"root",')), 'token_malformed'],
    ['refuses a member __proto__', sign(text.replace('{', '{"__proto__":{"admin":true},')), 'token_malformed'],
    ['refuses a padded signature', `${honest}==`, 'token_malformed'],
    [
      'refuses a line break in the signature',
      honest.replace(signature, `${signature.slice(0, 9)}\n${signature.slice(9)}`),
      'token_malformed',
    ],
    ['refuses spare bits in the signature', honest.replace(signature, spareBits(signature)), 'token_malformed'],
    ['refuses a token bound to a certificate', sign(claims({ cnf: { 'x5t#S256': 'A' } })), 'binding_missing'],
    ['refuses a token bound to a DPoP key', sign(claims({ cnf: { jkt: 'A' } })), 'binding_missing'],
    ['refuses 6.7 MB before anything of them is read', '%'.repeat(6_700_000), 'token_too_large'],
  ])('%s', async (_row, token, verdict) => {
    expect(await judge(token)).toBe(verdict);
  });

  it('refuses a token without kid where two keys fit', async () => {
    const { publicKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keys = [publicKey, other].map((key, at) => ({
      ...key.export({ format: 'jwk' }),
      kid: `k${at || ''}`,
      alg: 'RS256',
    }));
    const verifier = openVerifier({ trust: [{ issuer: 'https://issuer.test', keys: { jwks: { keys } } }] });
    await expect(verifier.verify(sign(claims(), { kid: undefined }))).rejects.toMatchObject({ reason: 'key_unknown' });
    await expect(verifier.verify(honest)).resolves.toBeDefined();
  });

  it('has no HMAC, and takes no RSA key of 1024 bits: that is told when it is made', () => {
    const { publicKey: weak } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    for (const key of [
      { kty: 'oct', k: 'eA', alg: 'HS256' },
      { ...weak.export({ format: 'jwk' }), alg: 'RS256' },
    ]) {
      const entry = { issuer: 'https://issuer.test', keys: { jwks: { keys: [key] } } };
      expect(optionRefused(() => openVerifier({ trust: [entry] }))).toBe('trust[0].keys.jwks.keys');
    }
  });

  it('needs an audience: one from a variable that is not set is an error when it is made', () => {
    const audience = process.env['COUNTERSIGN_VARIABLE_THAT_IS_NOT_SET'] as string;
    expect(optionRefused(() => createTokenVerifier({ audience, trust }))).toBe('audience');
    expect(optionRefused(() => createTokenVerifier({ trust } as never))).toBe('audience');
  });

  it('bounds a token’s age by iat, and no option makes it do without', () => {
    expect(optionRefused(() => openVerifier({ maxAge: 60 } as never))).toBe('options.maxAge');
    expect(optionRefused(() => openVerifier({ ignoreExpiration: true } as never))).toBe('options.ignoreExpiration');
  });
});

describe('without any option, a minter', () => {
  it('makes a token with everything in it, by ES256, for five minutes', async () => {
    const keyRing = createKeyRing();
    const token = await createTokenMinter({ issuer: 'https://s.test', subject: 's', keyRing }).mint({ audience: 'a' });
    const [header, payload] = token
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keyRing.jwks().keys[0]?.kid });
    const { iat, jti, exp } = payload as { iat: number; jti: string; exp: number };
    expect(payload).toEqual({ iss: 'https://s.test', sub: 's', client_id: 's', aud: 'a', iat, exp, jti });
    expect([exp - iat, Buffer.from(jti, 'base64url').length]).toEqual([300, 16]);
  });
});
