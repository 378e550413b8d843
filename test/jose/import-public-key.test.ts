import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AccessDenied, type ConfigurationError, type JWK, verifyCompactJws } from 'countersign';
import { ALGORITHM_NAMES, type AlgorithmName } from '../../lib/jose/algorithms.js';
import { importPublicKey } from '../../lib/jose/import-public-key.js';
import { signBytes } from '../../lib/jose/sign-bytes.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const jwkOf = ({ publicKey }: { publicKey: { export(options: { format: 'jwk' }): unknown } }) =>
  publicKey.export({ format: 'jwk' }) as JWK;
const tryImport = (jwk: unknown, allowed: readonly AlgorithmName[] = ALGORITHM_NAMES) => {
  try {
    return importPublicKey(jwk as JWK, allowed).algorithm;
  } catch (error) {
    return (error as Error).message;
  }
};
const lowOrderPoints = [
  `01${'00'.repeat(31)}`,
  `00${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];
const withSign = (point: string) =>
  `${point.slice(0, 62)}${(Number.parseInt(point.slice(62), 16) | 0x80).toString(16)}`;
const withModulus = (change: (n: Buffer) => Buffer) => ({
  ...jwkOf(rsa),
  alg: 'RS256',
  n: change(Buffer.from(jwkOf(rsa).n as string, 'base64url')).toString('base64url'),
});

describe('a public key', () => {
  it.each<[string, unknown, string]>([
    ['an EC key', jwkOf(ec), 'ES256'],
    ['an EC key that says so itself', { ...jwkOf(ec), alg: 'ES256', use: 'sig', key_ops: ['verify'] }, 'ES256'],
    ['an Ed25519 key', jwkOf(ed), 'EdDSA'],
    ['an Ed25519 key by its own name (RFC 9864)', { ...jwkOf(ed), alg: 'Ed25519' }, 'EdDSA'],
    ['an RSA key that names its algorithm', { ...jwkOf(rsa), alg: 'PS384' }, 'PS384'],
    ['an RSA key of 16384 bits', withModulus((n) => Buffer.concat([n, Buffer.alloc(1792, 1)])), 'RS256'],
    ['an RSA key with the exponent 3', { ...jwkOf(rsa), alg: 'RS256', e: 'Aw' }, 'RS256'],
    ['an RSA key with an exponent of 64 bits', { ...jwkOf(rsa), alg: 'RS256', e: '_________38' }, 'RS256'],
    ['an RSA key with leading zero octets', withModulus((n) => Buffer.concat([Buffer.alloc(1), n])), 'RS256'],
  ])('is pinned to one algorithm: %s', (_what, jwk, algorithm) => {
    expect(tryImport(jwk)).toBe(algorithm);
  });

  it('without alg takes the only one configured that fits', () => {
    expect(tryImport(jwkOf(rsa), ['ES256', 'PS256'])).toBe('PS256');
    expect(tryImport(jwkOf(rsa), ['RS256', 'PS256'])).toMatch('fits several');
    expect(tryImport(jwkOf(rsa), ['ES256'])).toMatch('fits none');
    expect(tryImport({ ...jwkOf(rsa), crv: 'P-256' }, ['ES256', 'PS256'])).toBe('PS256');
  });

  it('with alg takes no other, and only one that is configured', () => {
    expect(tryImport({ ...jwkOf(rsa), alg: 'PS256' }, ['RS256'])).toMatch('not allowed here');
    expect(tryImport({ ...jwkOf(rsa), alg: 'PS256' }, ['RS256', 'PS256'])).toBe('PS256');
  });

  it('for JWT-SVIDs must say so, and is for nothing else', () => {
    const importFor = (use: string | undefined, purpose: 'sig' | 'jwt-svid') => () =>
      importPublicKey({ ...jwkOf(ec), ...(use && { use }) }, ['ES256'], purpose);
    expect(importFor('jwt-svid', 'jwt-svid')).not.toThrow();
    expect(importFor(undefined, 'jwt-svid')).toThrow('not for JWT-SVIDs');
    expect(importFor('sig', 'jwt-svid')).toThrow('not for JWT-SVIDs');
    expect(importFor('jwt-svid', 'sig')).toThrow('not for signatures');
  });

  it('that is refused is told apart: private, or only unfit', () => {
    const refuse = (jwk: JWK) => () => importPublicKey(jwk, ALGORITHM_NAMES);
    expect(refuse({ ...jwkOf(ec), d: 'AAAA' })).toThrow(
      expect.objectContaining({ name: 'UnusableKey', kind: 'private' }),
    );
    expect(refuse({ ...jwkOf(ec), use: 'enc' })).toThrow(
      expect.objectContaining({ name: 'UnusableKey', kind: 'unfit' }),
    );
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'not an object'],
    ['text', 'key', 'not an object'],
    ['a private key', ec.privateKey.export({ format: 'jwk' }), 'private'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA', alg: 'HS256' }, 'symmetric'],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((member): [string, unknown, string] => [
      `a key with the private member ${member}`,
      { ...jwkOf(rsa), alg: 'RS256', [member]: 'AAAA' },
      'private',
    ]),
    ['a key for encryption', { ...jwkOf(ec), use: 'enc' }, 'not for signatures'],
    ['a key for other operations', { ...jwkOf(ec), key_ops: ['encrypt'] }, 'not for verifying'],
    ['operations that are text', { ...jwkOf(ec), key_ops: 'verify' }, 'not for verifying'],
    ['an operation that is there twice', { ...jwkOf(ec), key_ops: ['verify', 'verify'] }, 'distinct texts'],
    ['an operation that is no text', { ...jwkOf(ec), key_ops: ['verify', 7] }, 'distinct texts'],
    ['an algorithm that contradicts its curve', { ...jwkOf(ec), alg: 'ES384' }, 'type and curve'],
    ['an algorithm that contradicts its type', { ...jwkOf(ec), alg: 'RS256' }, 'in n'],
    [
      'an algorithm that contradicts its type, with the right members',
      { ...jwkOf(rsa), kty: 'EC', alg: 'RS256' },
      'not of the type',
    ],
    ['an unknown algorithm', { ...jwkOf(ec), alg: 'ES256K' }, 'not allowed here'],
    ['HMAC', { ...jwkOf(rsa), alg: 'HS256' }, 'not allowed here'],
    ['none', { ...jwkOf(rsa), alg: 'none' }, 'not allowed here'],
    ['an unknown curve', { ...jwkOf(ec), crv: 'secp256k1' }, 'fits none'],
    ['an unknown type', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }, 'not allowed here'],
    ['a kid that is a number', { ...jwkOf(ec), kid: 7 }, 'kid'],
    ['a point that is not on the curve', { ...jwkOf(ec), y: jwkOf(ec).x }, 'no point'],
    ['a coordinate in another alphabet', { ...jwkOf(ec), x: `${jwkOf(ec).x}=` }, 'in x'],
    ['no coordinate', { ...jwkOf(ec), y: undefined }, 'in y'],
    ['an empty coordinate', { ...jwkOf(ec), x: '' }, 'in x'],
    ...[...lowOrderPoints, ...lowOrderPoints.map(withSign)].map((point): [string, unknown, string] => [
      `the Ed25519 point of low order ${point}`,
      { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(point, 'hex').toString('base64url') },
      'low order',
    ]),
    ['1024 bits', { ...jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 })), alg: 'RS256' }, '1024 bits'],
    [
      '2047 bits',
      withModulus((n) => Buffer.concat([Buffer.from([(n[0] as number) >> 1]), n.subarray(1)])),
      '2047 bits',
    ],
    ['16385 bits', withModulus((n) => Buffer.concat([Buffer.of(1), n, Buffer.alloc(1792, 1)])), '16385 bits'],
    ['a gigantic modulus', withModulus((n) => Buffer.concat([n, Buffer.alloc(4096, 1)])), 'bits'],
    [
      'a modulus that is a power of 65537 by every prime (ROCA)',
      withModulus(() => Buffer.from(`0${(65537n ** 128n).toString(16)}`, 'hex')),
      'factored',
    ],
    ['no exponent', { ...jwkOf(rsa), alg: 'RS256', e: undefined }, 'in e'],
    ['an exponent of 1', { ...jwkOf(rsa), alg: 'RS256', e: 'AQ' }, 'exponent'],
    ['an even exponent', { ...jwkOf(rsa), alg: 'RS256', e: 'BA' }, 'exponent'],
    ['a zero exponent', { ...jwkOf(rsa), alg: 'RS256', e: 'AA' }, 'zero'],
    [
      'an exponent of 9 bytes',
      { ...jwkOf(rsa), alg: 'RS256', e: Buffer.alloc(9, 3).toString('base64url') },
      'exponent',
    ],
  ])('is refused: %s', (_what, jwk, problem) => {
    expect(tryImport(jwk)).toMatch(problem);
  });
});

describe('finding the key of a token', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sign = (header: object) => {
    const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30`;
    return `${input}.${signBytes('ES256', ec.privateKey, Buffer.from(input)).toString('base64url')}`;
  };
  const reasonFor = (header: object, keys: readonly JWK[], algorithms?: readonly string[]) =>
    verifyCompactJws(sign(header), { keys, ...(algorithms && { algorithms }) }).then(
      () => 'accepted',
      (error: AccessDenied) => error.reason,
    );

  it.each<[string, object, readonly JWK[], string]>([
    [
      'by its kid',
      { alg: 'ES256', kid: 'a' },
      [
        { ...jwkOf(other), kid: 'b' },
        { ...jwkOf(ec), kid: 'a' },
      ],
      'accepted',
    ],
    ['without a kid, where one alone fits', { alg: 'ES256' }, [jwkOf(ed), { ...jwkOf(ec), kid: 'a' }], 'accepted'],
    ['not without a kid, where two fit', { alg: 'ES256' }, [jwkOf(ec), jwkOf(other)], 'key_unknown'],
    ['not by another kid', { alg: 'ES256', kid: 'c' }, [{ ...jwkOf(ec), kid: 'a' }], 'key_unknown'],
    [
      'not by the kid of another key',
      { alg: 'ES256', kid: 'b' },
      [
        { ...jwkOf(ec), kid: 'a' },
        { ...jwkOf(other), kid: 'b' },
      ],
      'signature_invalid',
    ],
    [
      'not where the kid means a key for another algorithm',
      { alg: 'ES256', kid: 'a' },
      [{ ...jwkOf(ed), kid: 'a' }],
      'algorithm_refused',
    ],
    [
      'where one kid stands for keys of two algorithms',
      { alg: 'ES256', kid: 'a' },
      [
        { ...jwkOf(ed), kid: 'a' },
        { ...jwkOf(ec), kid: 'a' },
      ],
      'accepted',
    ],
    [
      'not where one kid stands for two keys',
      { alg: 'ES256', kid: 'a' },
      [
        { ...jwkOf(ec), kid: 'a' },
        { ...jwkOf(other), kid: 'a' },
      ],
      'key_unknown',
    ],
    [
      'by a kid of 256 characters',
      { alg: 'ES256', kid: 'k'.repeat(256) },
      [{ ...jwkOf(ec), kid: 'k'.repeat(256) }],
      'accepted',
    ],
    [
      'not by a kid of 257 characters',
      { alg: 'ES256', kid: 'k'.repeat(257) },
      [{ ...jwkOf(ec), kid: 'k'.repeat(257) }],
      'key_unknown',
    ],
    [
      'not an EC key by a name of EdDSA',
      { alg: 'Ed25519', kid: 'a' },
      [{ ...jwkOf(ec), kid: 'a' }],
      'algorithm_refused',
    ],
    [
      'past keys that can’t be used, of the same kid',
      { alg: 'ES256', kid: 'a' },
      [{ kid: 'a' }, { ...jwkOf(ec), kid: 'a', use: 'enc' }, { ...jwkOf(ec), kid: 'a' }],
      'accepted',
    ],
    [
      'not by a kid that names a member of a prototype',
      { alg: 'ES256', kid: 'constructor' },
      [{ ...jwkOf(ec), kid: 'a' }],
      'key_unknown',
    ],
  ])('%s', async (_what, header, keys, result) => {
    expect(await reasonFor(header, keys)).toBe(result);
  });

  it('by an algorithm that is allowed, and no other', async () => {
    const keys = [{ ...jwkOf(ec), kid: 'a' }];
    expect(await reasonFor({ alg: 'ES256', kid: 'a' }, keys, ['ES256'])).toBe('accepted');
    expect(await reasonFor({ alg: 'ES256', kid: 'a' }, keys, ['ES384', 'EdDSA'])).toBe('algorithm_refused');
    for (const alg of ['none', 'None', 'nOnE', '', 'es256', 'HS256', 'constructor']) {
      expect(await reasonFor({ alg, kid: 'a' }, keys)).toBe('algorithm_refused');
    }
  });

  it('with options that make sense', async () => {
    const keys = [jwkOf(ec)];
    const problemWith = (options: unknown) =>
      verifyCompactJws(sign({ alg: 'ES256' }), options as never).catch(({ message }: ConfigurationError) => message);
    expect(await problemWith({ keys, algorithms: ['HS256'] })).toMatch(/algorithms .*no HMAC/);
    expect(await problemWith({ keys, algorithms: [['ES256']] })).toMatch(/algorithms .*no HMAC/);
    expect(await problemWith({ keys, algorithms: [] })).toMatch(/algorithms .*non-empty/);
    expect(await problemWith({ keys: undefined })).toMatch(/keys must be a list of JWKs/);
    expect(await problemWith(keys[0])).toMatch(/options\..* is not an option; known here: keys, algorithms/);
    expect(await problemWith(undefined)).toMatch(/options must be an object.*\{ keys: \[jwk\] \}/);
    await expect(verifyCompactJws(undefined as never, { keys })).rejects.toMatchObject({ reason: 'token_malformed' });
  });

  it('without hiding what isn’t the fault of a key', async () => {
    const broken = new Proxy(jwkOf(ec), {
      get() {
        throw new RangeError('out of order');
      },
    });
    await expect(verifyCompactJws(sign({ alg: 'ES256' }), { keys: [broken] })).rejects.toThrow(RangeError);
  });
});
