import { afterAll, describe, expect, it } from '@jest/globals';
import type { Gate, GateOptions } from 'countersign';
import { createGate } from 'countersign';
import { countersign, type ExpressGate } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';
import { createProver } from '../../lib/outbound/prove-possession.js';
import { expressVersions } from '../support/express-versions.js';
import { optionRefused } from '../support/option-refused.js';
import { bearer, sendRequest } from '../support/send-request.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

const PATH = '/.well-known/oauth-protected-resource';
const issuer = await createTestIssuer({ audience: 'api://orders' });
const keys = { jwks: issuer.jwks };
const options: GateOptions = {
  service: 'order-service',
  audience: 'api://orders',
  trust: issuer.trust,
  publicOrigin: 'https://orders.example',
  accessLog: { destination: { write() {} } },
};
const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];

type AddRoutes = (app: ReturnType<typeof express>, gate: ExpressGate) => void;

async function readMetadata(change: Partial<GateOptions>, addRoutes: AddRoutes = () => {}) {
  const gate = countersign({ ...options, ...change } as GateOptions);
  const app = express();
  app.get(PATH, gate.resourceMetadata(app));
  addRoutes(app, gate);
  gate.assertCovered(app);
  const answer = await sendRequest(await startServer(app), PATH);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as Record<string, unknown>;
}

describe('metadata of a protected resource', () => {
  it('tells clients what the service demands, may be kept for five minutes, and asks for nothing', async () => {
    const gate = countersign(options);
    const app = express();
    app.get(PATH, gate.resourceMetadata(app));
    app.get('/orders', gate.requirePermission('orders:read'), (_req, res) => void res.end());
    gate.assertCovered(app);
    const { status, headers, body } = await sendRequest(await startServer(app), PATH, { headers: [bearer('garbage')] });
    expect([status, headers['content-type'], headers['cache-control'], headers['content-length']]).toEqual([
      200,
      'application/json',
      'public, max-age=300',
      String(body.length),
    ]);
    expect(JSON.parse(body)).toEqual({
      resource: 'https://orders.example',
      resource_name: 'order-service',
      authorization_servers: ['https://issuer.test'],
      scopes_supported: ['orders:read'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ALGORITHMS,
    });
  });

  it.each(expressVersions)(
    'lists what the routes demand, wherever they stand, once and in order, on %s',
    async (_v, make) => {
      const gate = countersign(options);
      const app = make();
      const answer = (_req: unknown, res: { end(): void }) => void res.end();
      app.get(PATH, gate.resourceMetadata(app));
      app.get('/health', gate.public('says nothing'), answer);
      app.get('/me', gate.verifyToken(), answer);
      app.post('/orders', gate.requirePermission(['orders:write', 'orders:read']), answer);
      app.get('/orders', gate.require({ anyOf: ['z:all', 'orders:read'] }), answer);
      app.use('/admin', gate.requirePermission('admin'), answer);
      const inner = make();
      inner.get('/parts', gate.requirePermission('parts:read'), answer);
      app.use('/inner', inner);
      const base = await startServer(app as never);
      app.get('/late', gate.requirePermission('late'), answer);
      const read = async () => JSON.parse((await sendRequest(base, PATH)).body).scopes_supported;
      const listed = ['admin', 'late', 'orders:read', 'orders:write', 'parts:read', 'z:all'];
      expect(await read()).toEqual(listed);
      app.get('/later', gate.requirePermission('later'), answer);
      expect(await read()).toEqual(listed); // read once
    },
  );

  it('names authorization servers alone: neither services nor trust domains', async () => {
    const trust = [
      { service: 'a', issuer: 'https://a.internal', grants: ['x'], keys },
      { trustDomain: 'example.org', bundle: issuer.jwks, grants: {} },
      { issuer: 'https://one.example', keys },
      { issuer: 'https://two.example/', keys },
    ];
    expect(await readMetadata({ trust: trust as never })).toMatchObject({
      authorization_servers: ['https://one.example', 'https://two.example/'],
    });
    expect(await readMetadata({ trust: trust.slice(0, 1) as never })).not.toHaveProperty('authorization_servers');
  });

  it('leaves out a list of nothing', async () => {
    expect(await readMetadata({})).not.toHaveProperty('scopes_supported');
  });

  it.each<[string, Partial<GateOptions>, object]>([
    ['proofs that are demanded', { proof: 'required' }, { dpop: ALGORITHMS, dpopRequired: true, tls: undefined }],
    ['proofs of some algorithms', { dpop: { algorithms: ['ES256'] } }, { dpop: ['ES256'] }],
    ['certificates', { certificates: { from: 'connection' } }, { dpop: ALGORITHMS, tls: true }],
    [
      'proofs or certificates, one of which is demanded',
      { proof: 'required', certificates: { from: 'connection' } },
      { dpop: ALGORITHMS, tls: true },
    ],
  ])('tells of %s', async (_what, change, told) => {
    const metadata = await readMetadata(change);
    expect({
      dpop: metadata['dpop_signing_alg_values_supported'],
      dpopRequired: metadata['dpop_bound_access_tokens_required'],
      tls: metadata['tls_client_certificate_bound_access_tokens'],
    }).toEqual({ dpopRequired: undefined, tls: undefined, ...told });
  });

  it('tells of no proofs where none are understood', async () => {
    const { publicOrigin: _, ...rest } = options;
    const app = express();
    app.get(PATH, countersign({ ...rest, audience: 'https://orders.example' }).resourceMetadata(app));
    const { body } = await sendRequest(await startServer(app), PATH);
    expect(JSON.parse(body)).toEqual({
      resource: 'https://orders.example',
      resource_name: 'order-service',
      authorization_servers: ['https://issuer.test'],
      bearer_methods_supported: ['header'],
    });
  });
});

describe('the identifier of a protected resource', () => {
  const { publicOrigin: _, ...placeless } = options;
  const resourceOf = (given: object, more?: { readonly resource?: string }) => {
    const gate: Gate = createGate({ ...placeless, ...given } as GateOptions);
    return JSON.parse(gate.documents.resourceMetadata(() => [], more)().body).resource;
  };

  it.each<[string, object, { readonly resource?: string } | undefined, string]>([
    [
      'what it is said to be',
      { publicOrigin: 'https://a.example' },
      { resource: 'https://b.example/x' },
      'https://b.example/x',
    ],
    [
      'the public origin',
      { publicOrigin: 'https://a.example', audience: 'https://b.example' },
      undefined,
      'https://a.example',
    ],
    [
      'the public origin and path',
      { publicOrigin: 'https://a.example', publicPathPrefix: '/b' },
      undefined,
      'https://a.example/b',
    ],
    ['the audience, letter for letter', { audience: 'https://b.example/' }, undefined, 'https://b.example/'],
    ['on loopback, http', {}, { resource: 'http://127.0.0.1:3000' }, 'http://127.0.0.1:3000'],
  ])('is %s', (_what, given, more, resource) => {
    expect(resourceOf(given, more)).toBe(resource);
  });

  it.each<[string, object, unknown, string]>([
    ['nothing', {}, undefined, 'resourceMetadata.resource'],
    ['two audiences', { audience: ['https://a.example', 'https://b.example'] }, undefined, 'resourceMetadata.resource'],
    ['an unset variable', {}, { resource: undefined }, 'resourceMetadata.resource'],
    ['no URL', {}, { resource: 'api://orders' }, 'resourceMetadata.resource'],
    ['http', {}, { resource: 'http://a.example' }, 'resourceMetadata.resource'],
    ['a fragment', {}, { resource: 'https://a.example/#b' }, 'resourceMetadata.resource'],
    ['a user', {}, { resource: 'https://u:p@a.example' }, 'resourceMetadata.resource'],
    ['a public origin over http', { publicOrigin: 'http://a.example' }, undefined, 'publicOrigin'],
    ['an audience with a fragment', { audience: 'https://a.example/#b' }, undefined, 'audience'],
    ['something misspelt', {}, { ressource: 'https://a.example' }, 'resourceMetadata.ressource'],
    ['options that are none', {}, 'https://a.example', 'resourceMetadata'],
  ])('can’t be %s', (_what, given, more, option) => {
    expect(optionRefused(() => resourceOf(given, more as never))).toBe(option);
  });

  it('is of an application', () => {
    expect(optionRefused(() => countersign(options).resourceMetadata({}))).toBe('app');
  });
});

describe('where challenges name the metadata', () => {
  const url = `https://orders.example${PATH}`;
  const named = `resource_metadata="${url}"`;

  async function startGuarded(change: Partial<GateOptions> = {}) {
    const gate = countersign({ ...options, ...change, challenge: { resourceMetadata: url } } as GateOptions);
    const app = express();
    app.get('/', gate.requirePermission('orders:read'), (_req, res) => void res.end());
    app.get('/strong', gate.requireStepUp({ acr: 'strong' }), (_req, res) => void res.end());
    return startServer(app);
  }

  it('each line of each 401 does', async () => {
    const base = await startGuarded({ dpop: { algorithms: ['ES256'], nonce: true } });
    const prover = createProver(() => Date.now() / 1000);
    const bound = await issuer.sign({ cnf: { jkt: prover.thumbprint } });
    const proof = await prover.prove({ method: 'GET', url: 'https://orders.example/' }, bound);
    const user = await issuer.sign({ sub: 'alice', client_id: 'web' });
    const ask = async (path: string, ...headers: (readonly [string, string])[]) => {
      const answer = await sendRequest(base, path, { headers });
      return [answer.status, ...answer.lines('www-authenticate')];
    };
    const invalid = 'error="invalid_token", error_description="The access token is not valid for this request"';
    expect(await ask('/')).toEqual([401, `DPoP algs="ES256", ${named}`, `Bearer realm="order-service", ${named}`]);
    expect(await ask('/', bearer('garbage'))).toEqual([
      401,
      `Bearer ${invalid}, ${named}`,
      `DPoP algs="ES256", ${named}`,
    ]);
    expect(await ask('/', ['authorization', `DPoP ${bound}`], ['dpop', proof])).toEqual([
      401,
      `DPoP error="use_dpop_nonce", algs="ES256", ${named}`,
    ]);
    expect((await ask('/strong', bearer(user)))[1]).toMatch(
      new RegExp(`acr_values="strong", ${named.replace(/[.?]/g, '\\$&')}$`),
    );
  });

  it('no other answer does', async () => {
    const base = await startGuarded();
    const bad = await sendRequest(base, '/', { headers: [['authorization', 'Bearer a b']] });
    const poor = await sendRequest(base, '/', { headers: [bearer(await issuer.sign())] });
    expect([bad.status, poor.status]).toEqual([400, 403]);
    for (const { lines } of [bad, poor]) expect(lines('www-authenticate').join()).not.toContain('resource_metadata');
  });
});
