import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createTokenVerifier, type JWK } from 'countersign';
import { createTestClock } from 'countersign/testing';
import { claimsOf, judgeToken, makeToken, signWith } from '../support/make-token.js';
import { runNode } from '../support/run-node.js';
import { startServer, stopServers } from '../support/start-server.js';

afterAll(stopServers);

/** A party with keys of its own, published by a real server, under a kid that it chooses. */
function createParty(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' } as JWK] };
  const sign = (claims: object, header: object = {}) =>
    makeToken({ alg: 'ES256', typ: 'at+jwt', kid, ...header }, claims, signWith('ES256', privateKey));
  return { jwks, sign };
}

const answerJson = (value: unknown) => (_req: unknown, res: ServerResponse) => void res.end(JSON.stringify(value));

describe('the keys of an issuer', () => {
  it('CVE-2025-59936: an issuer’s keys are its own – whoever shares a kid with another issuer, and warms the cache first, can’t speak for it', async () => {
    const now = createTestClock().now;
    // Names and kids that are one text when they are put together.
    const parties = [
      { issuer: 'https://a.test/x', ...createParty('y:1') },
      { issuer: 'https://a.test/x:y', ...createParty('1') },
      { issuer: 'https://a.test/', ...createParty('xy:1') },
      { issuer: 'https://b.test', ...createParty('y:1') },
    ];
    const trust = await Promise.all(
      parties.map(async ({ issuer, jwks }) => ({ issuer, keys: { jwksUri: await startServer(answerJson(jwks)) } })),
    );
    for (const first of parties) {
      const verifier = createTokenVerifier({ audience: 'api://orders', trust, now });
      for (const signer of [first, ...parties.filter((party) => party !== first)]) {
        for (const claimed of parties) {
          for (const { jwks } of parties) {
            const token = signer.sign(claimsOf(claimed.issuer, now()), { kid: jwks.keys[0]?.kid });
            const isOwn = signer === claimed && jwks.keys[0]?.kid === signer.jwks.keys[0]?.kid;
            expect(await judgeToken(verifier, token)).toMatch(
              isOwn ? /^accepted$/ : /^(key_unknown|signature_invalid)$/,
            );
          }
        }
      }
    }
  });

  it('CVE-2025-59936: keys are fetched from where the configuration says – no issuer, jku, x5u or kid of a token is ever a place to ask', async () => {
    const now = createTestClock().now;
    const [honest, forger] = [createParty('k'), createParty('k')];
    const asked: string[] = [];
    const elsewhere = await startServer((req, res) => {
      asked.push(req.url ?? '');
      answerJson({ ...forger.jwks, issuer: elsewhere, jwks_uri: `${elsewhere}/keys` })(req, res);
    });
    const jwksUri = await startServer(answerJson(honest.jwks));
    const verifier = createTokenVerifier({
      audience: 'api://orders',
      trust: [{ issuer: 'https://a.test', keys: { jwksUri } }],
      now,
    });
    for (const iss of [
      elsewhere,
      `${elsewhere}/`,
      `https://a.test@${elsewhere.slice(7)}`,
      'https://a.test#',
      'https://a.test/',
    ]) {
      expect(await judgeToken(verifier, forger.sign(claimsOf(iss, now())))).toBe('issuer_untrusted');
    }
    const places = { jku: `${elsewhere}/jku`, x5u: `${elsewhere}/x5u`, jwk: forger.jwks.keys[0], iss: elsewhere };
    for (const header of [places, { ...places, kid: `${elsewhere}/kid` }, { ...places, kid: undefined }]) {
      const verdict = await judgeToken(verifier, forger.sign(claimsOf('https://a.test', now()), header));
      expect(verdict).toMatch(/^(key_unknown|signature_invalid)$/);
    }
    expect(await judgeToken(verifier, honest.sign(claimsOf('https://a.test', now()), places))).toBe('accepted');
    expect(asked).toEqual([]);
  });

  it('GHSA-675f-rq2r-jw82: a refresh replaces the set – a key that was taken out of it is refused after the next fetch', async () => {
    const clock = createTestClock();
    const [removed, kept] = [createParty('removed'), createParty('kept')];
    let published = [...removed.jwks.keys, ...kept.jwks.keys];
    let fetches = 0;
    const jwksUri = await startServer((req, res) => {
      fetches++;
      answerJson({ keys: published })(req, res);
    });
    const verifier = createTokenVerifier({
      audience: 'api://orders',
      trust: [{ issuer: 'https://a.test', keys: { jwksUri } }],
      now: clock.now,
    });
    const judge = async () => [
      await judgeToken(verifier, removed.sign(claimsOf('https://a.test', clock.now()))),
      await judgeToken(verifier, kept.sign(claimsOf('https://a.test', clock.now()))),
    ];
    expect([await judge(), fetches]).toEqual([['accepted', 'accepted'], 1]);
    published = kept.jwks.keys;
    clock.advance(3600);
    expect([await judge(), fetches]).toEqual([['key_unknown', 'accepted'], 2]);
  });
});

describe('a key server that fails', () => {
  const script = `
    import { createServer } from 'node:http';
    import { connect } from 'node:net';
    import express from 'express';
    import { countersign } from 'countersign/express';
    import { createTestIssuer } from 'countersign/testing';

    const stray = [];
    process.on('unhandledRejection', (error) => stray.push('rejection: ' + error));
    process.on('uncaughtException', (error) => stray.push('exception: ' + error));
    process.on('warning', (warning) => stray.push('warning: ' + warning));
    const listen = async (listener) => {
      const server = createServer(listener);
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { server, port: server.address().port };
    };
    const failures = {
      '/status': (res) => res.writeHead(500).end(),
      '/text': (res) => res.end('<html>'),
      '/list': (res) => res.end('[]'),
      '/null': (res) => res.end('null'),
      '/reset': (res) => res.socket.resetAndDestroy(),
      '/cut': (res) => { res.writeHead(200, { 'content-length': 1000 }); res.write('{"keys":['); setTimeout(() => res.destroy(), 5); },
      '/redirect': (res) => res.writeHead(302, { location: '/null' }).end(),
      '/closed': () => {},
    };
    const keys = await listen((req, res) => setTimeout(() => failures[req.url](res), 20));
    const closed = await listen(() => {});
    closed.server.close();
    const issuers = await Promise.all(Object.keys(failures).map((path) => createTestIssuer({ audience: 'a', issuer: 'https://issuer.test' + path })));
    const trust = Object.keys(failures).map((path, at) => ({
      issuer: issuers[at].issuer,
      keys: { jwksUri: 'http://127.0.0.1:' + (path === '/closed' ? closed.port : keys.port) + path },
    }));
    const gate = countersign({ service: 's', audience: 'a', trust, accessLog: { destination: { write() {} } } });
    gate.on('failure', ({ error }) => stray.push('failure: ' + error));
    const app = express();
    let reached = 0;
    app.get('/', gate.verifyToken(), (req, res) => { reached++; res.end(); });
    const { server, port } = await listen(app);
    const ask = (tokens) => new Promise((resolve) => {
      const lines = ['GET / HTTP/1.1', 'host: a', 'connection: close', ...tokens.map((token) => 'authorization: Bearer ' + token)];
      const socket = connect(port, '127.0.0.1', () => socket.write(lines.join('\\r\\n') + '\\r\\n\\r\\n'));
      let answer = '';
      socket.on('data', (chunk) => { answer += chunk; });
      socket.on('close', () => resolve(answer.slice(9, 12)));
    });
    const tokens = await Promise.all(issuers.map((issuer) => issuer.sign()));
    const rounds = [];
    for (let round = 0; round < 2; round++) {
      const asked = Array.from({ length: 10 }, () => tokens).flat();
      const single = Promise.all(asked.map((token) => ask([token])));
      const double = Promise.all(asked.map((token, at) => ask([token, at % 2 ? tokens[0] : token])));
      rounds.push([...new Set(await single)], [...new Set(await double)]);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = await ask([]);
    console.log(JSON.stringify({ rounds, last, reached, stray }));
    server.close();
    keys.server.close();
  `;

  it('CVE-2025-64527: no failure of a fetch gets out of its requests – many at once, with one token or two, are 503 or 400, and nothing else happens', async () => {
    const { code, stdout, stderr } = await runNode(script);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      rounds: [['503'], ['400'], ['503'], ['400']],
      last: '401',
      reached: 0,
      stray: [],
    });
    expect(code).toBe(0);
  }, 30_000);
});
