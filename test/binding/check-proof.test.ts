import { createHmac, randomUUID, X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  AccessDenied,
  createTokenVerifier,
  type DpopOptions,
  type PresentedProofs,
  type TokenVerifierOptions,
} from 'countersign';
import { createTestClock, createTestIssuer } from 'countersign/testing';
import { checkBinding } from '../../lib/binding/check-binding.js';
import { normalizeUri } from '../../lib/binding/normalize-uri.js';
import { readDpop } from '../../lib/binding/read-binding.js';
import { createEvents } from '../../lib/events/create-events.js';
import { ALGORITHM_NAMES, type AlgorithmName } from '../../lib/jose/algorithms.js';
import { computeCertificateThumbprint } from '../../lib/x509/compute-certificate-thumbprint.js';
import { signWith } from '../support/make-token.js';
import { createProofKey, hashToken, type ProofChange } from '../support/proof-key.js';
import { describeVectors } from '../support/read-vectors.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const START = 1_800_000_000;
const URL = 'https://orders.example/orders/42';
const clock = createTestClock(START);
const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
const key = createProofKey();
const token = await issuer.sign(key.bound);

function openVerifier(dpop?: DpopOptions, more: Partial<TokenVerifierOptions> = {}) {
  return createTokenVerifier({
    audience: 'api://orders',
    trust: issuer.trust,
    now: clock.now,
    ...(dpop && { dpop }),
    ...more,
  });
}

/** What becomes of a token with what came along: `accepted`, or the reason and the problem. */
async function judge(shown: string, presented: PresentedProofs, verifier = openVerifier()): Promise<string> {
  return verifier.verify(shown, presented).then(
    () => 'accepted',
    (error: unknown) => (error instanceof AccessDenied ? `${error.reason}: ${error.message}` : `no refusal: ${error}`),
  );
}

const honest = (now = clock.now()) => ({ token, url: URL, now });
const prove = (change?: ProofChange) => key.prove(honest(), change);
const presenting = (proof: string, method = 'GET', url = URL): PresentedProofs => ({ dpop: { proof, method, url } });
const judgeProof = (proof: string, verifier = openVerifier()) => judge(token, presenting(proof), verifier);
const encode = (text: string) => Buffer.from(text).toString('base64url');

describe('a proof of possession', () => {
  it('holds where it is honest, and proves who holds the token', async () => {
    const principal = await openVerifier().verify(token, presenting(prove()));
    expect(principal).toMatchObject({ subject: 'test-service', confirmation: key.bound.cnf });
  });

  it.each<[string, ProofChange]>([
    ['its type is in capitals', { header: { typ: 'DPOP+JWT' } }],
    ['its type is written in full', { header: { typ: 'application/dpop+jwt' } }],
    ['its header has members that nobody knows', { header: { kid: 'a', foo: { bar: 1 }, x5u: 'https://a', jku: URL } }],
    ['it has claims that nobody knows', { claims: { iss: 'a', exp: 1, aud: [], foo: null } }],
    ['its key says what it is for', { header: { jwk: publicJwk({ use: 'sig', alg: 'ES256', key_ops: ['verify'] }) } }],
    ['its key has members that nobody knows', { header: { jwk: publicJwk({ kid: 'a', x5c: ['a'], iat: 1 }) } }],
    ['its URI has a query and a fragment', { claims: { htu: `${URL}?a=b#c` } }],
    ['its URI is spelt otherwise', { claims: { htu: 'HTTPS://Orders.Example:443/./orders/%34%32' } }],
    ['its time has a fraction', { claims: { iat: START - 0.5 } }],
    ['it has a nonce that nobody asked for', { claims: { nonce: 'from another server' } }],
    ['its id is as long as may be', { claims: { jti: 'x'.repeat(512) } }],
  ])('holds where %s', async (_what, change) => {
    expect(await judgeProof(prove(change))).toBe('accepted');
  });

  const other = createProofKey();
  it.each<[string, ProofChange, RegExp]>([
    ['has no type', { header: { typ: undefined } }, /of another type/],
    ['is of the type of a token', { header: { typ: 'at+jwt' } }, /of another type/],
    ['is of the type of any JWT', { header: { typ: 'JWT' } }, /of another type/],
    ['is of half the type', { header: { typ: 'dpop' } }, /of another type/],
    ['is of more than the type', { header: { typ: 'dpop+jwt2' } }, /of another type/],
    ['is of a type with a line break', { header: { typ: 'dpop+jwt\n' } }, /of another type/],
    ['is of a type that is no text', { header: { typ: ['dpop+jwt'] } }, /typ in the header/],
    ['has no algorithm', { header: { alg: undefined } }, /no alg/],
    ['is of no algorithm', { header: { alg: 'none' }, sign: () => new Uint8Array() }, /algorithm is not accepted/],
    ['is of no algorithm in capitals', { header: { alg: 'NONE' } }, /algorithm is not accepted/],
    ['is of an algorithm in small letters', { header: { alg: 'es256' } }, /algorithm is not accepted/],
    ['is of an algorithm from a prototype', { header: { alg: 'constructor' } }, /algorithm is not accepted/],
    ['is of an algorithm for other keys', { header: { alg: 'ES384' } }, /not of the type|fits none/],
    ['has no key', { header: { jwk: undefined } }, /is not an object/],
    ['has null for a key', { header: { jwk: null } }, /is not an object/],
    ['has text for a key', { header: { jwk: 'key' } }, /is not an object/],
    ['has a list for a key', { header: { jwk: [publicJwk()] } }, /fits none/],
    ['has an empty key', { header: { jwk: {} } }, /fits none/],
    ['has a key elsewhere', { header: { jwk: undefined, jku: URL, x5u: URL } }, /is not an object/],
    ['has a key by name', { header: { jwk: undefined, kid: 'k' } }, /is not an object/],
    ['has the private key', { header: { jwk: key.privateKey.export({ format: 'jwk' }) } }, /private or symmetric/],
    ['has d alone of a private key', { header: { jwk: publicJwk({ d: '' }) } }, /private or symmetric/],
    ['has a symmetric key', { header: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }, /private or symmetric/],
    ['has a key for encryption', { header: { jwk: publicJwk({ use: 'enc' }) } }, /not for signatures/],
    ['has a key for deriving', { header: { jwk: publicJwk({ key_ops: ['deriveKey'] }) } }, /not for verifying/],
    ['has a key of another algorithm', { header: { jwk: publicJwk({ alg: 'ES384' }) } }, /not allowed here/],
    ['has a key of half a point', { header: { jwk: publicJwk({ y: undefined }) } }, /canonical base64url in y/],
    ['has a key that is no point', { header: { jwk: publicJwk({ x: 'AAAA' }) } }, /no point/],
    ['is signed by another key', { sign: signWith('ES256', other.privateKey) }, /signature/],
    ['has no signature', { sign: () => new Uint8Array() }, /signature/],
    ['has a signature of zeros', { sign: () => new Uint8Array(64) }, /signature/],
    [
      'has a signature cut short',
      { sign: (input) => signWith('ES256', key.privateKey)(input).subarray(1) },
      /signature/,
    ],
    ['has critical extensions', { header: { crit: ['exp'], exp: START } }, /extension/],
    ['has no critical extensions, and says so', { header: { crit: [] } }, /extension/],
    ['has a payload as it is', { header: { b64: false } }, /extension/],
    ['has a payload that is no JSON', { payload: 'jti' }, /not JSON/],
    ['has a payload that is a list', { payload: '[]' }, /not a JSON object/],
    ['has a claim twice', { payload: `{"jti":"a","htm":"POST","htm":"GET"}` }, /member twice/],
    ['has a claim named __proto__', { payload: `{"__proto__":{"htm":"GET"}}` }, /__proto__/],
    ['is for another method', { claims: { htm: 'POST' } }, /another method/],
    ['is for the method in small letters', { claims: { htm: 'get' } }, /another method/],
    ['is for another path', { claims: { htu: 'https://orders.example/orders/43' } }, /another URI/],
    ['is for a path that differs in letters', { claims: { htu: 'https://orders.example/Orders/42' } }, /another URI/],
    ['is for a path with a slash more', { claims: { htu: `${URL}/` } }, /another URI/],
    ['is for another host', { claims: { htu: 'https://evil.example/orders/42' } }, /another URI/],
    ['is for another port', { claims: { htu: 'https://orders.example:8443/orders/42' } }, /another URI/],
    ['is for another scheme', { claims: { htu: 'http://orders.example/orders/42' } }, /another URI/],
    ['is for a path alone', { claims: { htu: '/orders/42' } }, /another URI/],
    ['is for what is no URI', { claims: { htu: 'orders' } }, /another URI/],
    ['is for another token', { claims: { ath: hashToken(`${token}x`) } }, /another token/],
    ['is for the token in another encoding', { claims: { ath: `${hashToken(token)}=` } }, /another token/],
    ['is for the token in clear', { claims: { ath: token.slice(-200) } }, /another token/],
    ['has an id that is too long', { claims: { jti: 'x'.repeat(513) } }, /jti is too long/],
    ['has an id of a megabyte', { claims: { jti: 'x'.repeat(1_000_000) } }, /longer than 8192/],
    ['is larger than any proof', { claims: { foo: 'x'.repeat(8192) } }, /longer than 8192/],
  ])('does not hold where it %s', async (_what, change, problem) => {
    const verdict = await judgeProof(prove(change));
    expect(verdict).toMatch(/^proof_invalid: the DPoP proof does not hold: /);
    expect(verdict).toMatch(problem);
  });

  it.each(
    ['jti', 'htm', 'htu', 'iat', 'ath'].flatMap((name) =>
      [undefined, null, '', 0, -1, true, [], {}, ['GET']]
        .filter((value) => !(name === 'iat' && value === 0))
        .map((value) => [name, value === undefined ? 'missing' : JSON.stringify(value), value] as const),
    ),
  )('does not hold where its %s is %s', async (name, _what, value) => {
    expect(await judgeProof(prove({ claims: { [name]: value } }))).toMatch(
      new RegExp(`^proof_invalid: .* its ${name} is missing or no`),
    );
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['empty', ''],
    ['a number', 7],
    ['a list', ['a']],
  ])('does not hold where its nonce is %s', async (_what, nonce) => {
    expect(await judgeProof(prove({ claims: { nonce } }))).toMatch(/^proof_invalid: .* its nonce is no text/);
  });

  it.each<[string, (proof: string) => string]>([
    ['nothing', () => ''],
    ['garbage', () => 'garbage'],
    ['two parts', (proof) => proof.split('.').slice(0, 2).join('.')],
    ['five parts', (proof) => `${proof}.AAAA.AAAA`],
    ['two proofs', (proof) => `${proof}, ${proof}`],
    ['a proof in quotes', (proof) => `"${proof}"`],
    ['a proof behind a space', (proof) => ` ${proof}`],
    ['a proof with padding', (proof) => `${proof}==`],
    ['a proof in the JSON form', (proof) => JSON.stringify({ protected: proof.split('.')[0], payload: 'e30' })],
    ['a header that is no JSON', (proof) => proof.replace(/^[^.]+/, encode('typ'))],
    ['a header that is a list', (proof) => proof.replace(/^[^.]+/, encode('[]'))],
    ['a header with a member twice', (proof) => proof.replace(/^[^.]+/, encode('{"alg":"none","alg":"ES256"}'))],
    ['other claims than were signed', (proof) => proof.replace(/\.[^.]+\./, `.${encode('{"jti":"a"}')}.`)],
    ['the token itself', () => token],
  ])('does not hold where it is %s', async (_what, spoil) => {
    expect(await judgeProof(spoil(prove()))).toMatch(/^proof_invalid: /);
  });

  it('never makes anybody fetch a key', async () => {
    let hits = 0;
    const url = await startServer((_req, res) => {
      hits++;
      res.end(JSON.stringify(publicJwk()));
    });
    expect(await judgeProof(prove({ header: { jku: url, x5u: url } }))).toBe('accepted');
    expect(await judgeProof(prove({ header: { jku: url, x5u: url, jwk: undefined } }))).toMatch(/^proof_invalid/);
    expect(hits).toBe(0);
  });

  it('signed by HMAC with the public key does not hold, whatever the configuration', async () => {
    const verifier = openVerifier({ algorithms: ALGORITHM_NAMES });
    for (const [alg, digest] of [['HS256', 'sha256'] as const, ['HS512', 'sha512'] as const]) {
      for (const secret of [key.publicKey.export({ type: 'spki', format: 'pem' }), JSON.stringify(publicJwk())]) {
        const sign = (input: Buffer) => createHmac(digest, secret).update(input).digest();
        expect(await judgeProof(prove({ header: { alg }, sign }), verifier)).toMatch(/^proof_invalid: .*algorithm/);
      }
    }
  });

  it('is for a request that has a URI', async () => {
    expect(await judge(token, presenting(prove(), 'GET', '/orders/42'))).toMatch(/^proof_invalid: .*another URI/);
    expect(await judge(token, presenting(prove({ claims: { htu: '*' } }), 'GET', '*'))).toMatch(/^proof_invalid/);
  });

  it('holds once', async () => {
    const verifier = openVerifier();
    const proof = prove();
    expect([await judgeProof(proof, verifier), await judgeProof(proof, verifier)]).toEqual([
      'accepted',
      'token_replayed: the proof was used before',
    ]);
    expect(await judgeProof(prove(), verifier)).toBe('accepted');
  });

  it('is the same proof as another one of its id, key and URI; of another key or URI it is not', async () => {
    const verifier = openVerifier();
    const claims = { jti: randomUUID() };
    expect(await judgeProof(prove({ claims }), verifier)).toBe('accepted');
    expect(await judgeProof(prove({ claims: { ...claims, iat: START - 1, extra: 1 } }), verifier)).toMatch(
      /^token_replayed/,
    );
    const elsewhere = presenting(prove({ claims: { ...claims, htu: `${URL}/items` } }), 'GET', `${URL}/items`);
    expect(await judge(token, elsewhere, verifier)).toBe('accepted');
    const otherToken = await issuer.sign(other.bound);
    const proof = other.prove({ token: otherToken, url: URL, now: clock.now() }, { claims });
    expect(await judge(otherToken, presenting(proof), verifier)).toBe('accepted');
  });
});

describe('the time of a proof', () => {
  it.each<[string, number, Partial<TokenVerifierOptions>, string]>([
    ['now', 0, {}, 'accepted'],
    ['as far ahead as clocks may differ', 5, {}, 'accepted'],
    ['further ahead', 5.001, {}, 'proof_invalid: the DPoP proof does not hold: it is of the future'],
    ['an hour ahead', 3600, {}, 'proof_invalid: the DPoP proof does not hold: it is of the future'],
    ['as old as may be', -65, {}, 'accepted'],
    ['older', -65.001, {}, 'proof_invalid: the DPoP proof does not hold: it is too old'],
    ['an hour old', -3600, {}, 'proof_invalid: the DPoP proof does not hold: it is too old'],
    ['now, for clocks that do not differ', 0, { clockToleranceSeconds: 0 }, 'accepted'],
    ['ahead, for clocks that do not differ', 1, { clockToleranceSeconds: 0 }, 'proof_invalid'],
    ['as old as may be, for clocks that do not differ', -60, { clockToleranceSeconds: 0 }, 'accepted'],
    ['older, for clocks that do not differ', -61, { clockToleranceSeconds: 0 }, 'proof_invalid'],
    ['as old as is configured', -15, { dpop: { maxAgeSeconds: 10 } }, 'accepted'],
    ['older than is configured', -16, { dpop: { maxAgeSeconds: 10 } }, 'proof_invalid'],
  ])('may be or may not be %s', async (_what, seconds, options, verdict) => {
    const proof = prove({ claims: { iat: clock.now() + seconds } });
    expect(await judgeProof(proof, openVerifier(undefined, options))).toMatch(new RegExp(`^${verdict}`));
  });

  it('is kept in mind for as long as the proof could be shown, and then it is too old', async () => {
    const moving = createTestClock(START);
    const verifier = openVerifier(undefined, { now: moving.now });
    const late = await issuer.sign({ ...key.bound, iat: START, exp: START + 290 });
    const proof = key.prove({ token: late, url: URL, now: START + 5 });
    const verdicts = [];
    for (const seconds of [0, 1, 68, 1, 0.5]) {
      moving.advance(seconds);
      verdicts.push((await judge(late, presenting(proof), verifier)).split(':')[0]);
    }
    expect(verdicts).toEqual(['accepted', 'token_replayed', 'token_replayed', 'token_replayed', 'proof_invalid']);
  });

  it('is told to the store in whole seconds, with what clocks may differ on top', async () => {
    const kept: number[] = [];
    const claim = (_key: string, expiresAt: number) => kept.push(expiresAt) > 0;
    await judgeProof(prove({ claims: { iat: START - 0.25 } }), openVerifier({ replayStore: { claim } }));
    await judgeProof(prove(), openVerifier({ replayStore: { claim } }, { clockToleranceSeconds: 0 }));
    await judgeProof(prove(), openVerifier({ replayStore: { claim }, maxAgeSeconds: 10.5 }));
    expect(kept).toEqual([START + 70, START + 60, START + 21]);
  });
});

describe('algorithms of proofs', () => {
  const byDefault: readonly AlgorithmName[] = ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'PS384', 'PS512'];

  it.each(ALGORITHM_NAMES.map((name) => [name, byDefault.includes(name)] as const))(
    '%s: by default %s, and where it is configured alone',
    async (algorithm, isDefault) => {
      const holder = createProofKey(algorithm);
      const bound = await issuer.sign(holder.bound);
      const proof = () => holder.prove({ token: bound, url: URL, now: clock.now() });
      const expected = isDefault ? 'accepted' : expect.stringMatching(/^proof_invalid: .*algorithm is not accepted/);
      expect(await judge(bound, presenting(proof()))).toEqual(expected);
      expect(await judge(bound, presenting(proof()), openVerifier({ algorithms: [algorithm] }))).toBe('accepted');
      const others = ALGORITHM_NAMES.filter((name) => name !== algorithm);
      expect(await judge(bound, presenting(proof()), openVerifier({ algorithms: others }))).toMatch(/not accepted/);
    },
  );

  it('have two names for Ed25519', async () => {
    const holder = createProofKey('EdDSA');
    const bound = await issuer.sign(holder.bound);
    const proof = () => holder.prove({ token: bound, url: URL, now: clock.now() }, { header: { alg: 'Ed25519' } });
    expect(await judge(bound, presenting(proof()))).toBe('accepted');
    expect(await judge(bound, presenting(proof()), openVerifier({ algorithms: ['Ed25519'] }))).toBe('accepted');
    expect(await judge(bound, presenting(proof()), openVerifier({ algorithms: ['ES256'] }))).toMatch(/not accepted/);
  });

  it('don’t take a key of 1024 bits, nor one that signs for anybody', async () => {
    const holder = createProofKey('PS256');
    const small = { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 0xff).toString('base64url') };
    const lowOrder = { kty: 'OKP', crv: 'Ed25519', x: encode(`\u0001${'\0'.repeat(31)}`) };
    const bound = await issuer.sign(holder.bound);
    const target = { token: bound, url: URL, now: clock.now() };
    expect(await judge(bound, presenting(holder.prove(target, { header: { jwk: small } })))).toMatch(/1024 bits/);
    const forged = holder.prove(target, { header: { alg: 'EdDSA', jwk: lowOrder }, sign: () => new Uint8Array(64) });
    expect(await judge(bound, presenting(forged))).toMatch(/low order/);
  });
});

describe('a binding', () => {
  const certificate = new X509Certificate(rootCertificates[0] as string);
  const otherCertificate = new X509Certificate(rootCertificates[1] as string);
  const x5t = computeCertificateThumbprint(certificate);
  const { jkt } = key.bound.cnf;

  it.each<[string, object, (bound: string) => PresentedProofs, string]>([
    ['to nothing needs nothing', {}, () => ({}), 'accepted'],
    ['to nothing takes no proof', {}, provedBy, 'binding_missing'],
    ['to nothing takes no notice of a certificate', {}, () => ({ certificate }), 'accepted'],
    ['to a key needs a proof', { cnf: { jkt } }, () => ({}), 'binding_missing'],
    ['to a key is kept by its proof', { cnf: { jkt } }, provedBy, 'accepted'],
    ['to a key needs that key', { cnf: { jkt: 'x' } }, provedBy, 'binding_mismatch'],
    ['to a key of an empty name is to no key', { cnf: { jkt: '' } }, provedBy, 'binding_mismatch'],
    ['to a key that is null is to no key', { cnf: { jkt: null } }, provedBy, 'binding_mismatch'],
    ['to a list of keys is to no key', { cnf: { jkt: [jkt] } }, provedBy, 'binding_mismatch'],
    ['to a key needs its proof, not a certificate', { cnf: { jkt } }, () => ({ certificate }), 'binding_missing'],
    ['to a certificate needs one', { cnf: { 'x5t#S256': x5t } }, () => ({}), 'binding_missing'],
    ['to a certificate is kept by it', { cnf: { 'x5t#S256': x5t } }, () => ({ certificate }), 'accepted'],
    [
      'to a certificate is kept by no other',
      { cnf: { 'x5t#S256': x5t } },
      () => ({ certificate: otherCertificate }),
      'binding_mismatch',
    ],
    ['to a certificate takes no proof', { cnf: { 'x5t#S256': x5t } }, provedBy, 'binding_missing'],
    ['to both is not kept by the proof alone', { cnf: { jkt, 'x5t#S256': x5t } }, provedBy, 'binding_missing'],
    [
      'to both is not kept by the certificate alone',
      { cnf: { jkt, 'x5t#S256': x5t } },
      () => ({ certificate }),
      'binding_missing',
    ],
    [
      'to both is not kept by the proof and another certificate',
      { cnf: { jkt, 'x5t#S256': x5t } },
      (bound) => ({ ...provedBy(bound), certificate: otherCertificate }),
      'binding_mismatch',
    ],
    [
      'to both is kept by both',
      { cnf: { jkt, 'x5t#S256': x5t } },
      (bound) => ({ ...provedBy(bound), certificate }),
      'accepted',
    ],
    ['that nobody knows is kept by nothing', { cnf: { kid: 'a' } }, () => ({ certificate }), 'binding_missing'],
    ['that is empty is kept by nothing', { cnf: {} }, () => ({}), 'binding_missing'],
    ['beside one that nobody knows counts', { cnf: { kid: 'a', jkt } }, provedBy, 'accepted'],
    ['in text is none', { cnf: jkt }, provedBy, 'claim_invalid'],
  ])('%s', async (_what, claims, presented, verdict) => {
    const bound = await issuer.sign({ ...claims });
    expect((await judge(bound, presented(bound))).split(':')[0]).toBe(verdict);
  });

  it('that is not kept leaves the proof unused', async () => {
    const bound = await issuer.sign({ cnf: { jkt, 'x5t#S256': x5t } });
    const verifier = openVerifier();
    const presented = provedBy(bound);
    expect(await judge(bound, { ...presented, certificate: otherCertificate }, verifier)).toMatch(/^binding_mismatch/);
    expect(await judge(bound, { ...presented, certificate }, verifier)).toBe('accepted');
  });

  it('is not kept by a proof beside a token that is shown as Bearer', async () => {
    const shown = { unverifiedProof: prove(), method: 'GET', uri: URL };
    const dpop = readDpop({}, { now: clock.now, clockToleranceSeconds: 5 });
    const check = (scheme: 'bearer' | 'dpop') =>
      checkBinding(
        key.bound.cnf,
        { token, presented: { scheme, proof: shown }, now: clock.now() },
        { dpop, events: createEvents() },
      );
    await expect(check('bearer')).rejects.toMatchObject({ reason: 'binding_missing' });
    await expect(check('dpop')).resolves.toBe(true);
  });

  function provedBy(bound: string): PresentedProofs {
    return presenting(key.prove({ token: bound, url: URL, now: clock.now() }));
  }
});

interface RfcVectors {
  readonly proofs: readonly { readonly figure: string; readonly proof: string; readonly jkt: string; claims: Claims }[];
  readonly cases: readonly {
    readonly title: string;
    readonly proof: string;
    readonly access_token: string;
    readonly method: string;
    readonly url: string;
    readonly now: number;
    readonly jkt: string;
    readonly expect: 'accept' | 'reject';
  }[];
}
interface Claims {
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath?: string;
}

describeVectors<RfcVectors>('rfc-examples/rfc9449-dpop.json', ({ proofs, cases }) => {
  const RFC_TOKEN = cases[0]?.access_token as string;

  async function judgeRfc(proof: string, { method, url, now, jkt, access_token: shown = RFC_TOKEN }: Request) {
    const presented = { scheme: 'dpop', proof: { unverifiedProof: proof, method, uri: normalizeUri(url) } } as const;
    const dpop = readDpop({}, { now: () => now, clockToleranceSeconds: 5 });
    return Promise.resolve(
      checkBinding({ jkt }, { token: shown, presented, now }, { dpop, events: createEvents() }),
    ).then(
      () => 'accept',
      (error: AccessDenied) => `${error.reason}: ${error.message}`,
    );
  }
  type Request = Pick<RfcVectors['cases'][number], 'method' | 'url' | 'now' | 'jkt'> & { access_token?: string };

  it.each(cases.map((row) => [row.title, row] as const))('%s', async (_title, row) => {
    const verdict = await judgeRfc(row.proof, row);
    expect(verdict).toMatch(row.expect === 'accept' ? /^accept$/ : /^(proof_invalid|binding_mismatch): /);
  });

  it('has four proofs; the one for a resource holds, those for a token endpoint are signed and say no token', async () => {
    const verdicts = [];
    for (const { proof, claims, jkt } of proofs) {
      verdicts.push(await judgeRfc(proof, { method: claims.htm, url: claims.htu, now: claims.iat, jkt }));
    }
    const noToken = expect.stringMatching(/^proof_invalid: .*its ath is missing/);
    expect(verdicts).toEqual([noToken, noToken, noToken, 'accept']);
  });

  it('has no proof that holds with another signature', async () => {
    for (const { proof, claims, jkt } of proofs) {
      const spoilt = proof.replace(/.{4}$/, 'AAAA');
      const verdict = await judgeRfc(spoilt, { method: claims.htm, url: claims.htu, now: claims.iat, jkt });
      expect(verdict).toMatch(/^proof_invalid: .*signature/);
    }
  });
});

function publicJwk(more: object = {}): object {
  return { ...key.publicKey.export({ format: 'jwk' }), ...more };
}
