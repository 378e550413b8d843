import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AccessDenied,
  createGate,
  createTokenVerifier,
  type JWK,
  type KeysOption,
  type TrustedIssuer,
} from 'countersign';
import { createTestClock, createTestIssuer, type TestIssuer } from 'countersign/testing';
import { signBytes } from '../../lib/jose/sign-bytes.js';
import { signCompactJws } from '../../lib/jose/sign-compact-jws.js';
import { fail, flood, json, type KeyServer, startKeyServer, waitUntil } from '../support/key-server.js';
import { claimsOf, makeToken, signWith } from '../support/make-token.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);

let server: KeyServer;
let clock: ReturnType<typeof createTestClock>;
beforeEach(async () => {
  server = await startKeyServer();
  clock = createTestClock();
});

async function judgeWith(verifier: { verify(token: string): Promise<unknown> }, token: string): Promise<string> {
  return verifier.verify(token).then(
    () => 'accepted',
    (error: AccessDenied) => error.reason ?? String(error),
  );
}

function verifierFor(issuer: string, keys?: KeysOption, more = {}) {
  return createTokenVerifier({
    audience: 'api://orders',
    trust: [{ issuer, ...(keys && { keys }), ...more }],
    now: clock.now,
  });
}

async function rig(more = {}) {
  const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
  server.answer = json(issuer.jwks);
  const verifier = verifierFor(issuer.issuer, { jwksUri: `${server.base}/jwks` }, more);
  return { issuer, judge: async (token?: string) => judgeWith(verifier, token ?? (await issuer.sign())) };
}

/** What an operator is told of a fetch by this trust entry, if it fails. */
async function problemWith(entry: TrustedIssuer): Promise<string | undefined> {
  const gate = createGate({
    service: 's',
    audience: 'api://orders',
    trust: [entry],
    now: clock.now,
    accessLog: { destination: { write() {} } },
  });
  const problems: (string | undefined)[] = [];
  gate.on('keys_fetched', ({ error }) => void problems.push(error?.message));
  await gate.ready();
  return problems[0];
}

describe('keys from a URL', () => {
  it('are asked for as the JSON that they are', async () => {
    const { issuer, judge } = await rig();
    server.answer = (req, res) =>
      req.headers.accept === 'application/json, application/jwk-set+json'
        ? json(issuer.jwks)(req, res)
        : res.writeHead(406).end();
    expect(await judge()).toBe('accepted');
  });

  it('are fetched once for any number of callers, and kept', async () => {
    const { judge } = await rig();
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => judge())))).toEqual(new Set(['accepted']));
    expect(server.hits).toEqual(['/jwks']);
  });

  it('are refreshed ahead while the old ones serve, and replaced as a whole', async () => {
    const { issuer, judge } = await rig();
    const old = await issuer.sign();
    expect(await judge(old)).toBe('accepted');
    const successor = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    server.answer = json(successor.jwks);
    clock.advance(480);
    expect(await judge()).toBe('accepted');
    await settle();
    expect(server.hits).toHaveLength(1);
    clock.advance(20);
    expect(await judge()).toBe('accepted'); // still the old set, while the new one is fetched behind
    await waitUntil(() => server.hits.length === 2);
    await settle();
    expect(await judge(await successor.sign())).toBe('accepted');
    expect(await judge()).toBe('key_unknown'); // the removed key is gone after one refresh
  });

  it('are fetched first, where nobody called for longer than they are fresh', async () => {
    const { judge } = await rig();
    expect(await judge()).toBe('accepted');
    server.answer = json({ keys: [] });
    clock.advance(3600);
    expect(await judge()).toBe('key_unknown');
    expect(server.hits).toHaveLength(2);
  });

  it('outlive an outage by maxStaleSeconds, and no longer; then it is 503, not a bad token', async () => {
    const { judge } = await rig({ maxStaleSeconds: 7200 });
    expect(await judge()).toBe('accepted');
    server.answer = (_req, res) => res.writeHead(500).end();
    clock.advance(3600);
    expect(await judge()).toBe('accepted');
    clock.advance(3600);
    expect(await judge()).toBe('accepted');
    clock.advance(1);
    expect(await judge()).toBe('keys_unavailable');
  });

  it('are asked for with growing pauses while they can’t be had, and had at once when they can', async () => {
    const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    const verifier = verifierFor(issuer.issuer, { jwksUri: `${server.base}/jwks` });
    for (let second = 0; second < 60; second++) {
      expect(await judgeWith(verifier, await issuer.sign())).toBe('keys_unavailable');
      clock.advance(1);
    }
    expect(server.hits.length).toBeGreaterThanOrEqual(5);
    expect(server.hits.length).toBeLessThanOrEqual(8); // 1, 2, 4, 8, 16, 30 seconds, less a quarter
    server.answer = json(issuer.jwks);
    clock.advance(30);
    expect(await judgeWith(verifier, await issuer.sign())).toBe('accepted');
  });

  it('cost one fetch in 30 seconds, however many unknown names are tried, and known keys go on', async () => {
    const { issuer, judge } = await rig();
    expect(await judge()).toBe('accepted');
    const unknown = await issuer.forge('unknown-key');
    for (let round = 0; round < 50; round++) expect(await judge(unknown)).toBe('key_unknown');
    expect(server.hits).toHaveLength(2);
    expect(await judge()).toBe('accepted');
    for (const [seconds, hits] of [
      [29, 2],
      [1, 3],
    ] as const) {
      clock.advance(seconds);
      expect(await judge(unknown)).toBe('key_unknown');
      expect(server.hits).toHaveLength(hits);
    }
  });

  it('are not asked for an unknown name in the pause after a failure', async () => {
    const { issuer, judge } = await rig();
    expect(await judge()).toBe('accepted');
    server.answer = fail;
    clock.advance(601);
    expect(await judge()).toBe('accepted');
    expect(await judge(await issuer.forge('unknown-key'))).toBe('keys_unavailable');
    expect(server.hits).toHaveLength(2);
  });

  it('that were added are found by their name', async () => {
    const { issuer, judge } = await rig();
    expect(await judge()).toBe('accepted');
    const successor = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    server.answer = json({ keys: [...issuer.jwks.keys, ...successor.jwks.keys] });
    const tokens = [await successor.sign(), await successor.sign()];
    expect(await Promise.all(tokens.map(judge))).toEqual(['accepted', 'accepted']); // both wait for the one fetch
    clock.advance(31);
    expect(await judge()).toBe('accepted'); // the others are no news
    expect(server.hits).toHaveLength(2);
  });

  it('that were added without a name are found by their algorithm', async () => {
    const pairs = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('ed25519')] as const;
    const keys = pairs.map(({ publicKey }) => publicKey.export({ format: 'jwk' }));
    server.answer = json({ keys: keys.slice(0, 1) });
    const verifier = verifierFor('https://i.example', { jwksUri: `${server.base}/jwks` });
    const judgeBy = async (at: 0 | 1) => {
      const header = { alg: at === 0 ? 'ES256' : 'EdDSA', typ: 'at+jwt' };
      const sign = signWith(at === 0 ? 'ES256' : 'EdDSA', pairs[at].privateKey);
      return judgeWith(verifier, makeToken(header, claimsOf('https://i.example', clock.now()), sign));
    };
    expect(await judgeBy(0)).toBe('accepted');
    server.answer = json({ keys });
    expect([await judgeBy(1), await judgeBy(0)]).toEqual(['accepted', 'accepted']);
    clock.advance(31);
    expect([await judgeBy(1), await judgeBy(0)]).toEqual(['accepted', 'accepted']);
    expect(server.hits).toHaveLength(2);
  });

  it('are waited for as long as it takes where there are none, and for a second where the old ones may serve', async () => {
    const { issuer, judge } = await rig();
    const successor = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    let answered = 0;
    const slowly = (keys: readonly JWK[]) => (req: IncomingMessage, res: ServerResponse) =>
      void setTimeout(() => {
        answered++;
        json({ keys })(req, res);
      }, 1300);
    server.answer = slowly(issuer.jwks.keys);
    expect(await judge()).toBe('accepted');
    server.answer = slowly([...issuer.jwks.keys, ...successor.jwks.keys]);
    clock.advance(601);
    const added = judge(await successor.sign());
    expect(await judge()).toBe('accepted');
    expect(answered).toBe(1);
    expect(await added).toBe('accepted'); // only the next set can tell of this one
    expect(answered).toBe(2);
  }, 10_000);

  it('are not waited for within a minute of a failure, which says enough', async () => {
    const { judge } = await rig();
    expect(await judge()).toBe('accepted');
    server.answer = fail;
    clock.advance(601);
    expect(await judge()).toBe('accepted');
    let answered = 0;
    server.answer = (req, res) =>
      void setTimeout(() => {
        answered++;
        fail(req, res);
      }, 200);
    clock.advance(60);
    expect([await judge(), answered]).toEqual(['accepted', 0]);
    await waitUntil(() => answered === 1);
    await settle();
    clock.advance(61);
    expect([await judge(), answered]).toEqual(['accepted', 2]);
  });

  it('may be 100, in 256 KiB, and two of them without a name', async () => {
    const { issuer, judge } = await rig();
    const nameless = Array.from({ length: 2 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
    const keys = [
      ...issuer.jwks.keys,
      ...nameless.map((key) => key.export({ format: 'jwk' })),
      ...Array.from({ length: 97 }, (_, at) => ({ ...issuer.jwks.keys[0], kid: String(at) })),
    ];
    server.answer = (_req, res) => void res.end(JSON.stringify({ keys }).padEnd(256 * 1024));
    expect(await judge()).toBe('accepted');
  });

  it('are read no further than 256 KiB: the connection is closed', async () => {
    const { judge } = await rig();
    let isClosed = false;
    server.answer = (req, res) => {
      res.on('close', () => {
        isClosed = true;
      });
      flood(1000)(req, res);
    };
    expect(await judge()).toBe('keys_unavailable');
    await waitUntil(() => isClosed);
    expect(isClosed).toBe(true);
  });

  it('are not called unknown while nobody can be asked', async () => {
    const { issuer, judge } = await rig();
    expect(await judge()).toBe('accepted');
    server.answer = (_req, res) => res.destroy();
    expect(await judge(await issuer.forge('unknown-key'))).toBe('keys_unavailable');
    expect(await judge()).toBe('accepted');
  });

  it('are passed over where they can’t be used, and the rest serves', async () => {
    const { issuer, judge } = await rig();
    const leaked = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    server.answer = json({
      keys: [{ kty: 'oct', k: 'AAAA' }, leaked, { ...weak, alg: 'RS256' }, { kty: 'new' }, null, ...issuer.jwks.keys],
    });
    expect(await judge()).toBe('accepted');
  });

  it('grow old, not young, when the clock is set back', async () => {
    const { issuer, judge } = await rig();
    clock.advance(31_536_000);
    expect(await judge()).toBe('accepted');
    clock.advance(-31_536_000);
    server.answer = json({ keys: [] });
    expect(await judge()).toBe('key_unknown'); // withdrawn meanwhile, and asked for anew
    server.answer = (_req, res) => res.writeHead(500).end();
    clock.advance(86_400);
    await judge();
    clock.advance(-86_400);
    server.answer = json(issuer.jwks);
    clock.advance(1000);
    expect(await judge()).toBe('accepted'); // a pause that lies in a future that never was is over
  });

  it('serve while they are fresh, even where nothing stale may', async () => {
    const { issuer, judge } = await rig({ maxStaleSeconds: 0 });
    for (let round = 0; round < 20; round++) {
      expect(await judge()).toBe('accepted');
      expect(await judge(await issuer.forge('wrong-key'))).toBe('signature_invalid');
      clock.advance(1);
    }
    expect(server.hits).toHaveLength(1);
    server.answer = (_req, res) => res.writeHead(500).end();
    clock.advance(601);
    expect(await judge()).toBe('keys_unavailable');
  });

  it('outlive an outage by a day, where nothing else is said', async () => {
    const { judge } = await rig();
    expect(await judge()).toBe('accepted');
    server.answer = (_req, res) => res.writeHead(500).end();
    clock.advance(86_400);
    expect(await judge()).toBe('accepted');
    clock.advance(1);
    expect(await judge()).toBe('keys_unavailable');
  });

  it('are kept where a refresh brings a set that can’t be used', async () => {
    const { issuer, judge } = await rig();
    expect(await judge()).toBe('accepted');
    const sets = [
      { keys: [...issuer.jwks.keys, ...issuer.jwks.keys] },
      { keys: issuer.jwks.keys, padding: 'x'.repeat(300_000) },
      {},
    ];
    for (const set of sets) {
      server.answer = json(set);
      clock.advance(700);
      expect(await judge()).toBe('accepted');
    }
  });

  it('that are known serve while a fetch for an unknown one hangs', async () => {
    const { issuer, judge } = await rig();
    expect(await judge()).toBe('accepted');
    server.answer = () => {};
    const unknown = judge(await issuer.forge('unknown-key'));
    await waitUntil(() => server.hits.length === 2);
    expect(await judge()).toBe('accepted');
    expect(await unknown).toBe('keys_unavailable');
  }, 10_000);

  it('for Ed25519 are found under both of its names, without a fetch', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    server.answer = json({ keys: [publicKey.export({ format: 'jwk' })] });
    const verifier = verifierFor('https://i.example', { jwksUri: `${server.base}/jwks` });
    const iat = clock.now();
    const claims = {
      iss: 'https://i.example',
      sub: 's',
      client_id: 's',
      aud: 'api://orders',
      iat,
      exp: iat + 60,
      jti: 'j',
    };
    for (const alg of ['EdDSA', 'Ed25519', 'EdDSA']) {
      const token = await signCompactJws({ alg, typ: 'at+jwt' }, claims, (data) =>
        signBytes('EdDSA', privateKey, data),
      );
      expect(await judgeWith(verifier, token)).toBe('accepted');
    }
    expect(server.hits).toHaveLength(1);
  });

  it.each<[string, (keys: readonly JWK[]) => (req: IncomingMessage, res: ServerResponse) => void, RegExp]>([
    [
      'a redirect',
      (keys) => (req, res) =>
        req.url === '/jwks' ? res.writeHead(302, { location: '/moved' }).end() : json({ keys })(req, res),
      /fetch failed/,
    ],
    [
      'a status of its own',
      (keys) => (req, res) => {
        res.statusCode = 203;
        json({ keys })(req, res);
      },
      /\/jwks answered 203$/,
    ],
    ['unchanged, though there were none', () => (_req, res) => res.writeHead(304).end(), /\/jwks answered 304$/],
    [
      'more than 256 KiB',
      (keys) => (_req, res) => res.end(JSON.stringify({ keys }).padEnd(256 * 1024 + 1)),
      /\/jwks answered more than 262144 bytes$/,
    ],
    ['no JSON', () => (_req, res) => res.end('<html>'), /JSON/],
    ['null', () => json(null), /null/],
    ['no list of keys', () => json({ keys: {} }), /is not a list/],
    [
      'more than 100 keys',
      (keys) => json({ keys: Array.from({ length: 101 }, (_, at) => ({ ...keys[0], kid: String(at) })) }),
      /more than 100 keys/,
    ],
    ['two keys of one name', (keys) => json({ keys: [...keys, ...keys] }), /two keys of one kid/],
    [
      'a broken connection',
      () => (_req, res) => {
        res.writeHead(200);
        res.write('{"keys":[');
        setImmediate(() => res.destroy());
      },
      /terminated/,
    ],
  ])('that come as %s are not taken, and why is told', async (_what, answer, problem) => {
    const { issuer, judge } = await rig();
    server.answer = answer(issuer.jwks.keys);
    expect(await judge()).toBe('keys_unavailable');
    const keys = { jwksUri: `${server.base}/jwks` };
    expect(await problemWith({ issuer: issuer.issuer, keys })).toMatch(problem);
    server.answer = json(issuer.jwks);
    clock.advance(2);
    expect(await judge()).toBe('accepted');
  });

  it('are given up after three seconds in all, whatever drips', async () => {
    const { judge } = await rig();
    server.answer = (_req, res) => {
      res.writeHead(200);
      const drip = setInterval(() => res.write(' '), 200);
      res.on('close', () => clearInterval(drip));
    };
    const before = Date.now();
    expect(await judge()).toBe('keys_unavailable');
    expect(Date.now() - before).toBeLessThan(5000);
  }, 10_000);
});

describe('keys by discovery', () => {
  const metadata = (issuer: string, more = {}) => ({ issuer, jwks_uri: `${server.base}/keys`, ...more });

  async function discover(routes: (issuer: string, jwks: unknown) => Record<string, unknown>, path = '') {
    const issuer = `${server.base}${path}`;
    const signer: TestIssuer = await createTestIssuer({ audience: 'api://orders', issuer, now: clock.now });
    const table = routes(issuer, signer.jwks);
    server.answer = (req, res) =>
      req.url && req.url in table ? json(table[req.url])(req, res) : res.writeHead(404).end();
    return judgeWith(verifierFor(issuer), await signer.sign());
  }

  it('are found through RFC 8414 metadata', async () => {
    expect(
      await discover((issuer, jwks) => ({
        '/.well-known/oauth-authorization-server': metadata(issuer),
        '/keys': jwks,
      })),
    ).toBe('accepted');
    expect(server.hits).toEqual(['/.well-known/oauth-authorization-server', '/keys']);
  });

  it('are found through RFC 8414 metadata of an issuer with a path', async () => {
    const routes = (issuer: string, jwks: unknown) => ({
      '/.well-known/oauth-authorization-server/tenant': metadata(issuer),
      '/keys': jwks,
    });
    expect(await discover(routes, '/tenant')).toBe('accepted');
    expect(await discover(routes, '/tenant/')).toBe('accepted');
  });

  it('are found through OpenID Connect Discovery, where there is no other', async () => {
    expect(
      await discover(
        (issuer, jwks) => ({ '/tenant/.well-known/openid-configuration': metadata(issuer), '/keys': jwks }),
        '/tenant',
      ),
    ).toBe('accepted');
  });

  const credentials = (text: string) => (issuer: string) =>
    metadata(issuer, { jwks_uri: `${server.base.replace('//', `//${text}@`)}/keys` });
  it.each<[string, (issuer: string) => unknown, string]>([
    ['of another issuer', () => metadata('https://other.example'), 'the metadata is of another issuer'],
    ['of an issuer with one slash more', (issuer) => metadata(`${issuer}/`), 'the metadata is of another issuer'],
    ['without an issuer', () => ({ jwks_uri: `${server.base}/keys` }), 'the metadata is of another issuer'],
    ['without a jwks_uri', (issuer) => ({ issuer }), 'the metadata has no jwks_uri'],
    ['with a path for a jwks_uri', (issuer) => metadata(issuer, { jwks_uri: '/keys' }), 'the metadata has no jwks_uri'],
    [
      'with a jwks_uri that is a list',
      (issuer) => metadata(issuer, { jwks_uri: [`${server.base}/keys`] }),
      'the metadata has no jwks_uri',
    ],
    [
      'with a jwks_uri on another loopback port, over http',
      (issuer) => metadata(issuer, { jwks_uri: 'http://127.0.0.1:1/keys' }),
      'the jwks_uri in the metadata is not https',
    ],
    ['with a user in its jwks_uri', credentials('u'), 'the jwks_uri in the metadata has user information'],
    ['with a password in its jwks_uri', credentials(':p'), 'the jwks_uri in the metadata has user information'],
    [
      'with a jwks_uri in a file',
      (issuer) => metadata(issuer, { jwks_uri: 'file:///keys' }),
      'the jwks_uri in the metadata is not https',
    ],
    ['that are null', () => null, 'the metadata is of another issuer'],
  ])('are not taken from metadata %s, and why is told', async (_what, document, problem) => {
    const routes = (issuer: string, jwks: unknown) => ({
      '/.well-known/oauth-authorization-server': document(issuer),
      '/.well-known/openid-configuration': document(issuer),
      '/keys': jwks,
    });
    expect(await discover(routes)).toBe('keys_unavailable');
    expect(server.hits).not.toContain('/keys');
    expect(await problemWith({ issuer: server.base })).toBe(`no usable metadata: ${problem}; ${problem}`);
  });

  it('may come over http from elsewhere, where the operator says that something else encrypts', async () => {
    const other = await startKeyServer();
    const signer = await createTestIssuer({ audience: 'api://orders', issuer: server.base, now: clock.now });
    other.answer = json(signer.jwks);
    server.answer = json({ issuer: server.base, jwks_uri: `${other.base}/keys` });
    const judgeAs = async (keys: KeysOption) => judgeWith(verifierFor(server.base, keys), await signer.sign());
    expect(await judgeAs({ discovery: true })).toBe('keys_unavailable');
    expect(await judgeAs({ discovery: true, dangerouslyAllowHttp: true })).toBe('accepted');
    server.answer = json({ issuer: server.base, jwks_uri: 'file:///keys' });
    const keys = { discovery: true, dangerouslyAllowHttp: true } as const;
    expect(await problemWith({ issuer: server.base, keys })).toMatch(/is not https; .*is not https$/);
  });

  it('may come over https from elsewhere', async () => {
    server.answer = json({ issuer: server.base, jwks_uri: 'https://127.0.0.1:1/keys' });
    expect(await problemWith({ issuer: server.base })).toBe('fetch failed'); // nobody is there, but it was tried
  });

  it('are discovered again, when they have moved', async () => {
    const signer = await createTestIssuer({ audience: 'api://orders', issuer: server.base, now: clock.now });
    const verifier = verifierFor(server.base);
    let path = '/old';
    server.answer = (req, res) => {
      if (req.url === '/.well-known/oauth-authorization-server')
        json({ issuer: server.base, jwks_uri: server.base + path })(req, res);
      else if (req.url === path) json(signer.jwks)(req, res);
      else res.writeHead(404).end();
    };
    expect(await judgeWith(verifier, await signer.sign())).toBe('accepted');
    path = '/new';
    clock.advance(700);
    expect(await judgeWith(verifier, await signer.sign())).toBe('accepted'); // stale: the old place answers 404
    clock.advance(2);
    await judgeWith(verifier, await signer.sign());
    await waitUntil(() => server.hits.includes('/new'));
    expect(await judgeWith(verifier, await signer.sign())).toBe('accepted');
  });
});

describe('keys of a client that exists already', () => {
  it('come from its getKeys, under the same rules', async () => {
    const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    server.answer = json(issuer.jwks);
    const { default: jwksRsa } = await import('jwks-rsa');
    const client = new jwksRsa.JwksClient({ jwksUri: `${server.base}/team`, rateLimit: true });
    const verifier = verifierFor(issuer.issuer, { client });
    expect(await judgeWith(verifier, await issuer.sign())).toBe('accepted');
    expect(await judgeWith(verifier, await issuer.forge('unknown-key'))).toBe('key_unknown');
    expect(server.hits).toEqual(['/team', '/team']);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'throws',
      async () => {
        throw new Error('down');
      },
    ],
    ['gives no list', async () => ({ keys: [] })],
    ['gives nothing', async () => undefined],
  ])('can’t be had where it %s', async (_what, getKeys) => {
    const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    expect(await judgeWith(verifierFor(issuer.issuer, { client: { getKeys } }), await issuer.sign())).toBe(
      'keys_unavailable',
    );
  });

  it('can’t be had where it never answers: three seconds are enough', async () => {
    const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    const client = { getKeys: () => new Promise<unknown>(() => {}) };
    const before = Date.now();
    expect(await judgeWith(verifierFor(issuer.issuer, { client }), await issuer.sign())).toBe('keys_unavailable');
    expect(Date.now() - before).toBeLessThan(5000);
  }, 10_000);

  it('can’t be had where it throws at once', async () => {
    const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    const client = {
      getKeys(): Promise<unknown> {
        throw new Error('down');
      },
    };
    expect(await judgeWith(verifierFor(issuer.issuer, { client }), await issuer.sign())).toBe('keys_unavailable');
  });
});

describe('a gate', () => {
  it('tells whether its keys can be had, how old they are, and when they are stale', async () => {
    const issuer = await createTestIssuer({ audience: 'api://orders', now: clock.now });
    const gate = createGate({
      service: 's',
      audience: 'api://orders',
      trust: [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}/jwks` } }],
      now: clock.now,
      accessLog: { destination: { write() {} } },
    });
    const told: string[] = [];
    gate.on('keys_fetched', ({ issuer: name, error }) => told.push(`${error ? 'failed' : 'fetched'} ${name}`));
    gate.on('keys_stale', ({ issuer: name, ageSeconds }) => told.push(`stale ${ageSeconds} ${name}`));
    expect(await gate.ready()).toEqual({
      ready: false,
      issuers: [{ issuer: issuer.issuer, usable: false, stale: false }],
    });
    server.answer = json(issuer.jwks);
    clock.advance(2);
    expect(await gate.ready()).toEqual({
      ready: true,
      issuers: [{ issuer: issuer.issuer, usable: true, stale: false, ageSeconds: 0 }],
    });
    server.answer = (_req, res) => res.writeHead(500).end();
    clock.advance(700);
    const request = { source: {}, method: 'GET', target: '/', header: () => [] as string[] };
    const token = await issuer.sign();
    const attempt = await gate.enforce(
      { ...request, header: (name) => (name === 'authorization' ? [`Bearer ${token}`] : []) },
      {},
    );
    expect(attempt.decision).toEqual({ effect: 'permit' });
    expect((await gate.ready()).issuers[0]).toMatchObject({ usable: true, stale: true, ageSeconds: 700 });
    expect(told).toEqual(['failed', 'fetched', 'failed', 'stale 700'].map((what) => `${what} ${issuer.issuer}`));
    server.answer = json({ keys: [] });
    clock.advance(61);
    expect((await gate.ready()).issuers[0]).toMatchObject({ usable: false, stale: false, ageSeconds: 0 });
  });
});

/** Lets what is behind an answer that has arrived run its course. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
