import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateOptions } from 'countersign';
import { countersign } from 'countersign/express';
import express from 'express';
import { captureLog } from '../support/capture-log.js';
import {
  ALGS,
  type Call,
  createCaller,
  type DpopService,
  dpop,
  PUBLIC_ORIGIN,
  startDpopService,
} from '../support/dpop-service.js';
import { expressVersions } from '../support/express-versions.js';
import { signWith } from '../support/make-token.js';
import { createProofKey, hashToken } from '../support/proof-key.js';
import { describeVectors } from '../support/read-vectors.js';
import { sendRaw, writeRequest } from '../support/send-raw.js';
import { type Answer, bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const INVALID_TOKEN = 'error="invalid_token", error_description="The access token is not valid for this request"';
const caller = await createCaller();
const { key, clock, issuer } = caller;
const URL = `${PUBLIC_ORIGIN}/orders/42`;
const unbound = () => issuer.sign({ scope: 'orders:read' });
/** An honest proof for the token. */
const prove = (token: string, url = URL) => key.prove({ token, url, now: clock.now() });

interface Steps {
  readonly steps: readonly { readonly step: string; readonly expect: string }[];
}

describeVectors<Steps>('openid-conformance/dpop-resource-server-negative-tests.json', ({ steps }) => {
  let service: DpopService;
  let reused: Awaited<ReturnType<typeof caller.show>>;
  beforeAll(async () => {
    service = await startDpopService(caller);
    reused = await caller.show();
  });

  const send = (headers: typeof reused) => sendRequest(service.base, '/orders/42', { headers });
  const withProof =
    (proof: Call['proof'], more: Partial<Call> = {}) =>
    () =>
      caller.call(service.base, { ...more, ...(proof && { proof }) });
  const without = (name: string) => withProof({ claims: { [name]: undefined } });
  const rsa = createProofKey('RS256');
  const other = createProofKey();

  /** What the suite does in each of its steps. */
  const requests: Readonly<Record<string, () => Promise<Answer>>> = {
    'Try DPoP proof with all upper case header value': async () => {
      const token = await caller.token();
      return send([
        ['AUTHORIZATION', `DPOP ${token}`],
        ['DPOP', prove(token)],
      ]);
    },
    'Try with more than one DPoP in the header': async () => {
      const token = await caller.token();
      return send([...dpop(token, prove(token)), ['DPoP', prove(token)]]);
    },
    'Try DPoP proof not well-formed JWT': async () => send(dpop(await caller.token(), 'not a JWT')),
    "Try DPoP proof where 'typ' is missing in header": withProof({ header: { typ: undefined } }),
    "Try DPoP proof where 'alg' is missing": withProof({ header: { alg: undefined } }),
    "Try DPoP proof where 'jwk' is missing": withProof({ header: { jwk: undefined } }),
    "Try DPoP proof where 'jti' is missing": without('jti'),
    "Try DPoP proof where 'htm' is missing": without('htm'),
    "Try DPoP proof where 'htu' is missing": without('htu'),
    "Try DPoP proof where 'iat' is missing": without('iat'),
    "Try DPoP proof where 'ath' is missing": without('ath'),
    "Try DPoP proof with invalid 'typ' in header": withProof({ header: { typ: 'JWT' } }),
    'Try DPoP proof signed using RS256': async () => {
      const token = await caller.token(rsa.bound);
      return send(dpop(token, rsa.prove({ token, url: URL, now: clock.now() })));
    },
    'Try DPoP proof with none alg': withProof({ header: { alg: 'none' }, sign: () => new Uint8Array() }),
    'Try DPoP proof with invalid signature': withProof({ sign: () => new Uint8Array(64).fill(1) }),
    'Try DPoP proof with jwk header incorrectly containing private key': withProof({
      header: { jwk: key.privateKey.export({ format: 'jwk' }) },
    }),
    "Try DPoP proof with incorrect 'htm'": withProof({ claims: { htm: 'PUT' } }),
    "Try DPoP proof where 'htu' has a query/fragment (which must be ignored in match as per 4.3-9 in DPoP spec)":
      withProof({ claims: { htu: `${URL}?a=b#c` } }),
    "Try DPoP proof where 'htu' does not contain the query/fragment (which must be ignored in match as per 4.3-9 in DPoP spec)":
      withProof(undefined, { path: '/orders/42?a=b', url: URL }),
    "Try DPoP proof where 'htu' is a different url": withProof(undefined, { url: 'https://other.example/orders/42' }),
    "Try DPoP proof where 'iat' is one hour in the future": withProof({ claims: { iat: clock.now() + 3600 } }),
    "Try DPoP proof where 'iat' is one hour in the past": withProof({ claims: { iat: clock.now() - 3600 } }),
    'DPoP reuse, First use of jti': () => send(reused),
    "DPoP reuse, Second use of the same jti, this 'should' fail": () => send(reused),
    "Try DPoP proof where 'ath' is incorrect": withProof({ claims: { ath: hashToken('another') } }),
    'Try DPoP signed with a different key': async () => {
      const token = await caller.token();
      return send(dpop(token, other.prove({ token, url: URL, now: clock.now() })));
    },
    'Try DPoP proof with extra claims on header and claims, as it should be ignored by resource server': withProof({
      header: { extra: 'header' },
      claims: { extra: 'claim', nested: { a: [1] } },
    }),
    'Try DPoP proof expecting RS to compare scheme and hostname using case independent mode when validating htu claim':
      withProof(undefined, { url: 'HTTPS://ORDERS.EXAMPLE/orders/42' }),
    'Try DPoP proof expecting Scheme based normalization of htu claim, where the port is not considered if that is the default for the scheme.':
      withProof(undefined, { url: 'https://orders.example:443/orders/42' }),
    'Try resource access without DPoP proof': async () => send(dpop(await caller.token())),
    "Try resource access without DPoP proof and authorization type changed to 'Bearer'": async () =>
      send([bearer(await caller.token())]),
    'Check a correct DPoP proof still works': withProof(undefined),
  };

  it.each(steps.map((step) => [step.step, step.expect] as const))('%s: %s', async (name, expected) => {
    const request = requests[name];
    if (!request) throw new Error(`nothing is sent for the step ${name}`);
    const before = service.reached.length;
    const { status } = await request();
    expect(expected.startsWith('accept') ? [200] : [400, 401]).toContain(status);
    expect(service.reached.length - before).toBe(status === 200 ? 1 : 0);
  });

  it('has 32 steps, and nothing is sent for a step that is none', () => {
    expect(steps).toHaveLength(32);
    expect(Object.keys(requests).sort()).toEqual(steps.map(({ step }) => step).sort());
  });
});

describe.each(expressVersions)('possession is proved, %s', (_version, framework) => {
  let service: DpopService;
  beforeAll(async () => {
    service = await startDpopService(caller, {}, { express: framework });
  });
  const send = (headers: readonly (readonly [string, string])[], path = '/orders/42') =>
    sendRequest(service.base, path, { headers });

  it('and the record says so', async () => {
    expect((await caller.call(service.base)).status).toBe(200);
    expect(await service.next()).toMatchObject({
      decision: 'permit',
      statusCode: 200,
      verdicts: { authentic: true, bound: true, intended: true },
      caller: { subject: 'test-service' },
    });
    expect((await send([bearer(await unbound())])).status).toBe(200);
    expect(await service.next()).toMatchObject({ decision: 'permit', verdicts: { authentic: true, bound: false } });
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('for the method %s', async (method) => {
    expect((await caller.call(service.base, { method })).status).toBe(200);
    expect(await service.next()).toMatchObject({ verdicts: { bound: true }, method });
    const other = { method, proof: { claims: { htm: method === 'GET' ? 'HEAD' : 'GET' } } };
    expect((await caller.call(service.base, other)).status).toBe(401);
    expect(await service.next()).toMatchObject({ reason: 'proof_invalid' });
  });

  it.each<[string, () => Promise<readonly (readonly [string, string])[]>, number, string | undefined]>([
    [
      'two proofs in two fields',
      async () => [...(await caller.show()), ...(await caller.show()).slice(1)],
      400,
      'credential_ambiguous',
    ],
    [
      'one proof in two fields',
      async () => {
        const [token, proof] = await caller.show();
        return [token, proof, proof] as never;
      },
      400,
      'credential_ambiguous',
    ],
    [
      'two proofs in one field',
      async () => {
        const [token, [, proof] = []] = await caller.show();
        return [token, ['dpop', `${proof}, ${proof}`]] as never;
      },
      401,
      'proof_invalid',
    ],
    ['a field for a proof that is empty', async () => dpop(await caller.token(), ''), 401, 'proof_invalid'],
    ['a bound token without a proof', async () => dpop(await caller.token()), 401, 'binding_missing'],
    ['a bound token as Bearer', async () => [bearer(await caller.token())], 401, 'binding_missing'],
    [
      'a bound token as Bearer, with its proof',
      async () => {
        const token = await caller.token();
        return [bearer(token), ['dpop', prove(token)]];
      },
      401,
      'binding_missing',
    ],
    ['an unbound token as DPoP', async () => dpop(await unbound()), 401, 'binding_missing'],
    [
      'an unbound token as DPoP, with a proof',
      async () => {
        const token = await unbound();
        return dpop(token, prove(token));
      },
      401,
      'binding_missing',
    ],
    [
      'an unbound token with a proof that has no meaning',
      async () => {
        const token = await unbound();
        return [bearer(token), ['dpop', prove(token)]];
      },
      200,
      undefined,
    ],
    [
      'an unbound token with two that have none',
      async () => [bearer(await unbound()), ['dpop', 'a'], ['dpop', 'b']],
      200,
      undefined,
    ],
    [
      'a token under both schemes',
      async () => [...(await caller.show()), bearer(await unbound())],
      400,
      'credential_ambiguous',
    ],
    [
      'an expired token, with its proof',
      async () => {
        const token = await caller.token({ iat: clock.now() - 600, exp: clock.now() - 300 });
        return dpop(token, prove(token));
      },
      401,
      'token_expired',
    ],
    [
      'a token for somebody else, with its proof',
      async () => {
        const token = await caller.token({ aud: 'api://payments' });
        return dpop(token, prove(token));
      },
      401,
      'audience_mismatch',
    ],
    [
      'a forged token, with its proof',
      async () => {
        const token = await issuer.forge('wrong-key', key.bound);
        return dpop(token, prove(token));
      },
      401,
      'signature_invalid',
    ],
    [
      'something behind the token',
      async () => [['authorization', `DPoP ${await caller.token()} x`]],
      400,
      'credential_malformed',
    ],
    ['a token in the query besides', async () => caller.show(), 400, 'credential_ambiguous'],
  ])('%s', async (what, headers, status, reason) => {
    const path = what.includes('query') ? '/orders/42?access_token=a' : '/orders/42';
    const answer = await send(await headers(), path);
    const record = await service.next();
    expect([answer.status, record.reason]).toEqual([status, reason]);
    expect(record.verdicts?.bound ?? false).toBe(false);
    expect(`${answer.body}${JSON.stringify(answer.headers)}`).not.toMatch(/eyJ|credential_|binding_|proof_invalid/);
  });

  it('by a proof for the same token alone: that of another caller does not help', async () => {
    const thief = createProofKey();
    const token = await caller.token();
    const answer = await send(dpop(token, thief.prove({ token, url: URL, now: clock.now() })));
    expect([answer.status, (await service.next()).reason]).toEqual([401, 'binding_mismatch']);
  });

  it.each([
    'host: evil.example',
    'host: orders.example/secret?',
    'host: orders.example/secret#',
    'x-forwarded-host: evil.example',
    'x-forwarded-proto: http',
    'x-forwarded-port: 8443',
    'x-forwarded-prefix: /secret',
    'forwarded: host=evil.example;proto=http',
    'x-original-url: /secret/42',
    'x-rewrite-url: /secret/42',
    'x-http-method-override: POST',
  ])('whatever the request says of itself: %s', async (field) => {
    const sendIt = async (url: string) => {
      const fields = (await caller.show({ url })).map(([name, value]) => `${name}: ${value}`);
      const [status] = await sendRaw(service.base, writeRequest('/orders/42', [...fields, field]));
      await service.next();
      return status;
    };
    expect(await sendIt(URL)).toBe(200);
    for (const url of [
      'https://evil.example/orders/42',
      'http://evil.example/orders/42',
      'http://orders.example/orders/42',
      'https://orders.example:8443/orders/42',
      'https://orders.example/secret',
      'https://orders.example/secret/42',
      'https://orders.example/secret/orders/42',
      `${service.base}/orders/42`,
    ]) {
      expect(await sendIt(url)).toBe(401);
    }
  });

  it.each([
    ['/orders/42?a=b', 'order'],
    ['/orders/%34%32', 'order'],
    ['http://evil.example/orders/42', 'order'],
    ['HTTPS://EVIL.example:8443/orders/42?a', 'order'],
    ['/secret/../orders/42', undefined],
    ['/secret/%2e%2e/orders/42', undefined],
    ['/secret/.%2E/orders/42', undefined],
    ['/orders/./42', undefined],
    ['http://evil.example/secret/../orders/42', undefined],
    ['http://evil.example;/orders/42', undefined],
    ["http://evil.example'secret/orders/42", undefined],
    ['http://evil.example%2fsecret/orders/42', undefined],
    ['http://evil.example?/orders/42', undefined],
    ['http://user@evil.example/orders/42', undefined],
    ['http:///orders/42', undefined],
    ['//orders/42', undefined],
    ['/orders//42', undefined],
    ['/Orders/42', undefined],
    ['/orders/42/', undefined],
    ['/orders%2f42', undefined],
    ['/secret\\..\\orders/42', undefined],
    ['/secret/42?/orders/42', undefined],
    ['/secret/42;/orders/42', undefined],
  ])('a proof for an order, at the target %s, leads to %s', async (target, handler) => {
    const before = service.reached.length;
    const fields = (await caller.show()).map(([name, value]) => `${name}: ${value}`);
    const [status] = await sendRaw(service.base, writeRequest(target, fields));
    expect(service.reached.slice(before)).toEqual(handler === undefined ? [] : [handler]);
    expect(status).toBe(handler === undefined ? 401 : 200);
  });
});

describe('a gateway that takes a prefix off', () => {
  let service: DpopService;
  beforeAll(async () => {
    service = await startDpopService(caller, { publicPathPrefix: '/shop/v1' });
  });

  it.each<[string, string, string, number]>([
    ['with the prefix', '/orders/42', '/shop/v1/orders/42', 200],
    ['with the prefix in another spelling', '/orders/42', '/shop/%76%31/orders/42', 200],
    ['without the prefix', '/orders/42', '/orders/42', 401],
    ['with half the prefix', '/orders/42', '/shop/orders/42', 401],
    ['of another service behind the gateway', '/../../orders/42', '/orders/42', 401],
    ['of its root', '/', '/shop/v1/', 200],
  ])('is answered to a proof %s', async (_what, target, path, status) => {
    const fields = (await caller.show({ url: `${PUBLIC_ORIGIN}${path}` })).map(([name, value]) => `${name}: ${value}`);
    expect(await sendRaw(service.base, writeRequest(target, fields))).toEqual([status]);
  });
});

describe('an application within an application', () => {
  it('is where its caller asked for it', async () => {
    const service = await startDpopService(caller);
    const outer = express();
    const inner = express();
    inner.get('/orders/:id', service.gate.verifyToken(), (_req, res) => void res.send('inner'));
    outer.use('/inner', inner);
    const base = await startServer(outer);
    expect((await caller.call(base, { path: '/inner/orders/42' })).body).toBe('inner');
    expect((await caller.call(base, { path: '/inner/orders/42', url: URL })).status).toBe(401);
  });
});

describe('challenges', () => {
  const BOTH_BARE = [`DPoP ${ALGS}`, 'Bearer realm="order-service"'];
  const BOTH_400 = [`DPoP error="invalid_request", ${ALGS}`, 'Bearer error="invalid_request"'];
  let service: DpopService;
  beforeAll(async () => {
    service = await startDpopService(caller);
  });

  it.each<
    [string, Call & { shown?: () => Promise<readonly (readonly [string, string])[]> }, number, readonly string[]]
  >([
    ['where nothing is shown', { shown: async () => [] }, 401, BOTH_BARE],
    ['where a proof alone is shown', { shown: async () => (await caller.show()).slice(1) }, 401, BOTH_BARE],
    ['where another scheme is shown', { shown: async () => [['authorization', 'Basic YTpi']] }, 401, BOTH_BARE],
    [
      'to a bad token as Bearer',
      { shown: async () => [bearer('garbage')] },
      401,
      [`Bearer ${INVALID_TOKEN}`, `DPoP ${ALGS}`],
    ],
    ['to a bad token as DPoP', { shown: async () => dpop('garbage') }, 401, [`DPoP ${INVALID_TOKEN}, ${ALGS}`]],
    [
      'to a bound token as Bearer',
      { shown: async () => [bearer(await caller.token())] },
      401,
      [`Bearer ${INVALID_TOKEN}`, `DPoP ${ALGS}`],
    ],
    [
      'to an unbound token as DPoP',
      { shown: async () => dpop(await unbound(), 'proof') },
      401,
      [`DPoP ${INVALID_TOKEN}, ${ALGS}`],
    ],
    [
      'to a token without its proof',
      { shown: async () => dpop(await caller.token()) },
      401,
      [`DPoP ${INVALID_TOKEN}, ${ALGS}`],
    ],
    ['to a bad proof', { proof: { claims: { htm: 'PUT' } } }, 401, [`DPoP error="invalid_dpop_proof", ${ALGS}`]],
    [
      'to a bad proof of another key',
      { proof: { sign: signWith('ES256', createProofKey().privateKey) } },
      401,
      [`DPoP error="invalid_dpop_proof", ${ALGS}`],
    ],
    ['to a missing permission as DPoP', { path: '/paid/42' }, 403, [`DPoP error="insufficient_scope", ${ALGS}`]],
    [
      'to a missing permission as Bearer',
      { path: '/paid/42', shown: async () => [bearer(await unbound())] },
      403,
      ['Bearer error="insufficient_scope"'],
    ],
    ['to two proofs', { shown: async () => [...(await caller.show()), ['dpop', 'x']] }, 400, BOTH_400],
    ['to two credentials', { shown: async () => [...(await caller.show()), bearer('a')] }, 400, BOTH_400],
    ['to a credential that can’t be read', { shown: async () => [['authorization', 'DPoP']] }, 400, BOTH_400],
    ['to a Bearer credential that can’t be read', { shown: async () => [['authorization', 'Bearer ']] }, 400, BOTH_400],
  ])('%s', async (_what, { shown, ...call }, status, challenges) => {
    const answer = shown
      ? await sendRequest(service.base, call.path ?? '/orders/42', { headers: await shown() })
      : await caller.call(service.base, call);
    expect([answer.status, answer.lines('www-authenticate')]).toEqual([status, challenges]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.lines('dpop-nonce')).toEqual([]);
  });

  it('name the algorithms that are configured', async () => {
    const narrow = await startDpopService(caller, { dpop: { algorithms: ['ES256', 'PS256'] } });
    const answer = await sendRequest(narrow.base, '/orders/42');
    expect(answer.lines('www-authenticate')[0]).toBe('DPoP algs="ES256 PS256"');
    const edwards = await startDpopService(caller, { dpop: { algorithms: ['Ed25519'] } });
    const refused = await caller.call(edwards.base);
    expect(refused.lines('www-authenticate')).toEqual(['DPoP error="invalid_dpop_proof", algs="EdDSA Ed25519"']);
  });

  it('don’t speak of DPoP where there is no public origin', async () => {
    const log = captureLog();
    const options = { service: 'order-service', audience: 'api://orders', trust: issuer.trust, now: clock.now };
    const gate = countersign({ ...options, accessLog: { destination: log.destination } });
    const base = await startServer(express().use(gate.verifyToken()));
    for (const headers of [[], await caller.show()]) {
      const answer = await sendRequest(base, '/orders/42', { headers });
      expect([answer.status, answer.lines('www-authenticate')]).toEqual([401, ['Bearer realm="order-service"']]);
      expect((await log.next()).reason).toBe('token_missing');
    }
    const answer = await sendRequest(base, '/orders/42', { headers: [bearer(await caller.token())] });
    expect([answer.status, answer.lines('www-authenticate')]).toEqual([401, [`Bearer ${INVALID_TOKEN}`]]);
    expect((await log.next()).reason).toBe('binding_missing');
  });
});

describe('a proof that is demanded', () => {
  it.each<[string, GateOptions['proof'] | undefined, string, boolean]>([
    ['by nobody', undefined, '/orders/42', false],
    ['by nobody, and said so', 'when-bound', '/orders/42', false],
    ['by the gate', 'required', '/orders/42', true],
    ['by the gate, and by the route', 'required', '/strict/42', true],
    ['by the gate, but not by the route', 'required', '/easy/42', false],
    ['by the route', undefined, '/strict/42', true],
    ['by the route, though not by the gate', 'when-bound', '/strict/42', true],
  ])('%s', async (_what, proof, path, isDemanded) => {
    const service = await startDpopService(caller, proof && { proof });
    expect((await caller.call(service.base, { path })).status).toBe(200);
    expect(await service.next()).toMatchObject({ verdicts: { bound: true } });
    const answer = await sendRequest(service.base, path, { headers: [bearer(await unbound())] });
    expect(answer.status).toBe(isDemanded ? 401 : 200);
    const record = await service.next();
    expect(record.verdicts).toEqual({ authentic: true, bound: false, intended: true });
    if (!isDemanded) return;
    expect(record.reason).toBe('binding_missing');
    expect(answer.lines('www-authenticate')).toEqual([`Bearer ${INVALID_TOKEN}`, `DPoP ${ALGS}`]);
  });

  it('changes nothing on a public route', async () => {
    const service = await startDpopService(caller, { proof: 'required' });
    expect((await sendRequest(service.base, '/health')).status).toBe(200);
    expect((await sendRequest(service.base, '/health', { headers: [...dpop('a', 'b'), ['dpop', 'c']] })).status).toBe(
      200,
    );
  });
});
