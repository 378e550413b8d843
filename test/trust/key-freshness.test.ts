import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AccessDenied, type AccessRecord, createGate, createTokenVerifier } from 'countersign';
import { createTestClock, createTestIssuer, type TestIssuer } from 'countersign/testing';
import { captureLog } from '../support/capture-log.js';
import { fail, json, type KeyServer, startKeyServer, waitUntil } from '../support/key-server.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);

const audience = 'api://orders';
let clock: ReturnType<typeof createTestClock>;
let server: KeyServer;
let issuer: TestIssuer;
beforeEach(async () => {
  clock = createTestClock();
  server = await startKeyServer();
  issuer = await createTestIssuer({ audience, now: clock.now });
});

function createJudge(): (token?: string) => Promise<string> {
  const trust = [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}/jwks` } }];
  const verifier = createTokenVerifier({ audience, trust, now: clock.now });
  return async (token) =>
    verifier.verify(token ?? (await issuer.sign())).then(
      () => 'accepted',
      (error: AccessDenied) => error.reason,
    );
}

describe('how long keys are fresh', () => {
  it.each<[string, Record<string, string>, number]>([
    ['ten minutes, where nothing is said', {}, 600],
    ['as long as Cache-Control says', { 'cache-control': 'public, max-age=300' }, 300],
    ['in capitals and quotes too', { 'cache-control': 'PUBLIC,MAX-AGE="300"' }, 300],
    ['less the time that they lay in caches', { 'cache-control': 'max-age=900', age: '500' }, 400],
    ['a minute at least', { 'cache-control': 'max-age=1' }, 60],
    ['a minute, where they may not be stored', { 'cache-control': 'no-store, max-age=900' }, 60],
    ['a minute, where they must be asked for again', { 'cache-control': 'max-age=900, no-cache' }, 60],
    ['a minute, where caches kept them too long', { 'cache-control': 'max-age=300', age: '1000' }, 60],
    ['an hour at most', { 'cache-control': 'max-age=31536000' }, 3600],
    ['ten minutes, where it makes no sense', { 'cache-control': 'max-age=soon', age: 'old' }, 600],
    ['not by what is for shared caches', { 'cache-control': 's-maxage=60' }, 600],
    ['not by what only looks like it', { 'cache-control': 'max-age=300s, x-max-age=300' }, 600],
    ['not less by what only ends like an age', { 'cache-control': 'max-age=900', age: 'x500' }, 900],
    ['not less by what only begins like an age', { 'cache-control': 'max-age=900', age: '500x' }, 900],
  ])('is %s', async (_what, headers, seconds) => {
    server.answer = json(issuer.jwks, headers);
    const judge = createJudge();
    await judge();
    clock.advance(seconds * 0.8);
    expect(await judge()).toBe('accepted');
    expect(server.hits).toHaveLength(1);
    clock.advance(1); // from here on the next set is fetched ahead of need, and nobody waits for it
    expect(await judge()).toBe('accepted');
    await waitUntil(() => server.hits.length === 2);
    expect(server.hits).toHaveLength(2);
  });

  it('is known by those that are stale to nobody but us: past it the first caller waits for the next set', async () => {
    server.answer = json(issuer.jwks, { 'cache-control': 'max-age=120' });
    const judge = createJudge();
    expect(await judge()).toBe('accepted');
    server.answer = json({ keys: [] });
    clock.advance(120);
    expect(await judge()).toBe('accepted');
    await waitUntil(() => server.hits.length === 2);
    clock.advance(121);
    expect(await judge()).toBe('key_unknown');
  });
});

describe('a set with an ETag', () => {
  it('is asked for by it, and goes on where it has not changed', async () => {
    const asked: (string | undefined)[] = [];
    server.answer = (req, res) => {
      asked.push(req.headers['if-none-match']);
      if (req.headers['if-none-match'] === '"one"') return void res.writeHead(304).end();
      json(issuer.jwks, { etag: '"one"' })(req, res);
    };
    const judge = createJudge();
    for (const seconds of [0, 601, 601]) {
      clock.advance(seconds);
      expect(await judge()).toBe('accepted');
    }
    expect(asked).toEqual([undefined, '"one"', '"one"']);
  });

  it('is replaced where it has changed', async () => {
    server.answer = json(issuer.jwks, { etag: '"one"' });
    const judge = createJudge();
    expect(await judge()).toBe('accepted');
    server.answer = json({ keys: [] }, { etag: '"two"' });
    clock.advance(601);
    expect(await judge()).toBe('key_unknown');
  });

  it('of 256 characters is asked for by it', async () => {
    const etag = `"${'x'.repeat(254)}"`;
    server.answer = json(issuer.jwks, { etag });
    const judge = createJudge();
    expect(await judge()).toBe('accepted');
    server.answer = (req, res) => void res.writeHead(req.headers['if-none-match'] === etag ? 304 : 500).end();
    clock.advance(601);
    expect(await judge()).toBe('accepted');
    clock.advance(400); // asked for a moment ago: there is no need to ask again
    expect(await judge()).toBe('accepted');
    expect(server.hits).toHaveLength(2);
  });

  it.each([
    ['that was never given', undefined],
    ['longer than 256 characters', `"${'x'.repeat(256)}"`],
  ])('%s is not asked for: then “unchanged” is no answer', async (_what, etag) => {
    server.answer = json(issuer.jwks, etag === undefined ? {} : { etag });
    const judge = createJudge();
    expect(await judge()).toBe('accepted');
    const asked: (string | undefined)[] = [];
    server.answer = (req, res) => {
      asked.push(req.headers['if-none-match']);
      res.writeHead(304).end();
    };
    clock.advance(601);
    expect(await judge()).toBe('accepted'); // by the last good set, and another one is asked for soon
    clock.advance(2);
    expect(await judge()).toBe('accepted');
    await waitUntil(() => asked.length === 2);
    expect(asked).toEqual([undefined, undefined]);
  });
});

describe('stale keys', () => {
  it('are told in records, in metrics and by an event, for as long as they are', async () => {
    const log = captureLog();
    const gate = createGate({
      service: 'order-service',
      audience,
      trust: [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}/jwks` } }],
      accessLog: { destination: log.destination },
      now: clock.now,
    });
    const told: number[] = [];
    let fetched = 0;
    gate.on('keys_fetched', ({ error }) => void (error ?? fetched++));
    gate.on('keys_stale', ({ ageSeconds }) => told.push(ageSeconds));
    async function call(token?: string): Promise<AccessRecord> {
      const shown = token ?? (await issuer.sign());
      const header = (name: string) => (name === 'authorization' ? [`Bearer ${shown}`] : []);
      const attempt = await gate.enforce({ source: {}, method: 'GET', target: '/', header }, {});
      attempt.finish({ statusCode: 200 });
      return log.next();
    }
    const gauge = async () => /countersign_keys_stale\{[^}]*\} (\d)/.exec((await gate.documents.metrics()()).body)?.[1];

    server.answer = json(issuer.jwks);
    expect(await call()).not.toHaveProperty('keysStale');
    expect(await gauge()).toBe('0');
    server.answer = fail;
    await call(await issuer.forge('unknown-key')); // a fetch that fails while they are fresh makes none stale
    expect([await gauge(), told]).toEqual(['0', []]);
    clock.advance(700);
    expect(await call()).toMatchObject({ decision: 'permit', keysStale: true });
    expect([await gauge(), told]).toEqual(['1', [700]]);
    server.answer = json(issuer.jwks);
    clock.advance(30);
    await call();
    await waitUntil(() => fetched === 2);
    expect(await call()).not.toHaveProperty('keysStale');
    expect(await gauge()).toBe('0');
    server.answer = fail;
    clock.advance(86_401); // gone for good: what is not in use is not stale
    await call();
    expect(told).toEqual([700]);
  });

  it('that are gone are told with the time after which to try again', async () => {
    const gate = createGate({
      service: 'order-service',
      audience,
      trust: [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}/jwks` } }],
      accessLog: { destination: { write() {} } },
      now: clock.now,
    });
    const ask = async () => {
      const token = await issuer.sign();
      const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
      const { refusal } = await gate.enforce({ source: {}, method: 'GET', target: '/', header }, {});
      return [refusal?.status, refusal?.headers['retry-after']];
    };
    const waits: unknown[] = [];
    for (const seconds of [0, 2, 4, 8, 16, 30, 30]) {
      clock.advance(seconds);
      waits.push(await ask());
    }
    const pauses = waits.map((wait) => Number((wait as unknown[])[1]));
    expect(waits.every((wait) => (wait as unknown[])[0] === 503)).toBe(true);
    for (const [at, most] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      expect(pauses[at]).toBeLessThanOrEqual(most);
      expect(pauses[at]).toBeGreaterThanOrEqual(Math.max(1, most * 0.75));
    }
  });
});

describe('keys after a failure long ago', () => {
  it('are asked for first again, once nobody called for a while: one that was withdrawn is gone', async () => {
    server.answer = json(issuer.jwks);
    const judge = createJudge();
    expect(await judge()).toBe('accepted');
    server.answer = fail;
    clock.advance(31);
    expect(await judge(await issuer.forge('unknown-key'))).toBe('keys_unavailable');
    server.answer = json({ keys: [] });
    clock.advance(23 * 3600);
    expect(await judge()).toBe('key_unknown');
  });

  it('that are not usable at all, in a set that is not empty, are an error, and the last good set stays', async () => {
    server.answer = json(issuer.jwks);
    const judge = createJudge();
    expect(await judge()).toBe('accepted');
    server.answer = json({ keys: issuer.jwks.keys.map((key) => ({ ...key, use: 'enc' })) });
    clock.advance(601);
    expect(await judge()).toBe('accepted');
  });

  it('are not called stale while nobody asks, only where they can’t be had', async () => {
    server.answer = json(issuer.jwks);
    const trust = [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}/jwks?secret=canary` } }];
    const gate = createGate({
      service: 's',
      audience,
      trust,
      now: clock.now,
      accessLog: { destination: { write() {} } },
    });
    const errors: string[] = [];
    gate.on('keys_fetched', ({ error }) => void (error && errors.push(error.message)));
    const staleness = async () =>
      /countersign_keys_stale\{[^}]*\} (\d)/.exec((await gate.documents.metrics()()).body)?.[1];
    await gate.ready();
    clock.advance(700);
    expect(await staleness()).toBe('0');
    server.answer = fail;
    await gate.ready();
    expect(await staleness()).toBe('1');
    expect(errors).toEqual([`${server.base}/jwks answered 500`]); // a query may hold a secret
  });
});

describe('discovery', () => {
  const discovered = () => {
    const verifier = createTokenVerifier({ audience, trust: [{ issuer: server.base }], now: clock.now });
    return async (token?: string) =>
      verifier.verify(token ?? (await issuer.sign({ iss: server.base }))).then(
        () => 'accepted',
        (error: AccessDenied) => error.reason,
      );
  };
  const metadata = () => json({ issuer: server.base, jwks_uri: `${server.base}/keys` });

  it('goes on by the place that it knows, while the metadata can’t be had', async () => {
    server.answer = (req, res) => (req.url === '/keys' ? json(issuer.jwks) : metadata())(req, res);
    const judge = discovered();
    expect(await judge()).toBe('accepted');
    server.answer = (req, res) => (req.url === '/keys' ? json(issuer.jwks) : fail)(req, res);
    for (const seconds of [3601, 86_400, 86_400]) {
      clock.advance(seconds);
      expect(await judge()).toBe('accepted');
    }
  });

  it('finds new places after an hour and not before, though the old one still answers', async () => {
    server.answer = (req, res) => (req.url === '/keys' ? json(issuer.jwks) : metadata())(req, res);
    const judge = discovered();
    expect(await judge()).toBe('accepted');
    expect(await judge(await issuer.forge('unknown-key', { iss: server.base }))).toBe('key_unknown');
    for (const seconds of [1000, 1999]) {
      clock.advance(seconds);
      expect(await judge()).toBe('accepted');
    }
    expect(server.hits).toEqual(['/.well-known/oauth-authorization-server', ...Array(4).fill('/keys')]);
    server.answer = (req, res) =>
      (req.url === '/moved'
        ? json({ keys: [] })
        : req.url === '/keys'
          ? json(issuer.jwks)
          : json({ issuer: server.base, jwks_uri: `${server.base}/moved` }))(req, res);
    clock.advance(601);
    expect(await judge()).toBe('key_unknown');
  });

  it('finds new places at once, when the clock was set back', async () => {
    server.answer = (req, res) => (req.url === '/keys' ? json(issuer.jwks) : metadata())(req, res);
    const judge = discovered();
    expect(await judge()).toBe('accepted');
    clock.advance(-86_400);
    expect(await judge()).toBe('accepted');
    expect(server.hits.slice(2)).toEqual(server.hits.slice(0, 2));
  });

  it('asks the new place for all of its keys: an ETag of the old one says nothing there', async () => {
    const asked: (string | undefined)[] = [];
    let place = '/old';
    server.answer = (req, res) => {
      if (req.url !== place) return json({ issuer: server.base, jwks_uri: server.base + place })(req, res);
      asked.push(req.headers['if-none-match']);
      json(issuer.jwks, { etag: '"one"' })(req, res);
    };
    const judge = discovered();
    expect(await judge()).toBe('accepted');
    place = '/new';
    clock.advance(3600);
    expect(await judge()).toBe('accepted');
    expect(asked).toEqual([undefined, undefined]);
  });

  it('has time for the second place where the first one hangs', async () => {
    server.answer = (req, res) => {
      if (req.url === '/keys') return json(issuer.jwks)(req, res);
      if (req.url?.startsWith('/.well-known/openid-configuration')) metadata()(req, res);
    };
    expect(await discovered()()).toBe('accepted');
  });
});
