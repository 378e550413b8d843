import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type AccessDenied, type ConfigurationError, createGate, createTokenVerifier } from 'countersign';
import { createTestClock, createTestIssuer, type TestIssuer } from 'countersign/testing';
import { fail, json, type KeyServer, startKeyServer, waitUntil } from '../support/key-server.js';
import { stopServers } from '../support/start-server.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
afterAll(async () => {
  await stopServers();
  rmSync(folder, { recursive: true });
});

const audience = 'api://orders';
let clock: ReturnType<typeof createTestClock>;
let server: KeyServer;
let issuer: TestIssuer;
let directory: string;
let count = 0;
beforeEach(async () => {
  clock = createTestClock();
  server = await startKeyServer();
  issuer = await createTestIssuer({ audience, now: clock.now });
  directory = join(folder, `keys-${count++}`);
});

/** A process that has just started: a verifier with nothing in its memory. */
function start({ path = '/jwks', ...more }: { path?: string; maxStaleSeconds?: number; algorithms?: ['RS256'] } = {}) {
  const trust = [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}${path}` }, ...more }];
  const verifier = createTokenVerifier({ audience, trust, keyDirectory: directory, now: clock.now });
  return async (token?: string) =>
    verifier.verify(token ?? (await issuer.sign())).then(
      () => 'accepted',
      (error: AccessDenied) => error.reason,
    );
}

const files = () => readdirSync(directory);
const onlyFile = () => join(directory, files()[0] as string);

/** One process ran, and what it knew is on disk; then its key server fails. */
async function runOnce(): Promise<void> {
  server.answer = json(issuer.jwks);
  expect(await start()()).toBe('accepted');
  await waitUntil(() => files().some((name) => name.endsWith('.json')));
  server.answer = fail;
}

async function warningsOf(run: () => unknown): Promise<string[]> {
  const warnings: string[] = [];
  const keep = (warning: unknown, options: unknown) =>
    void warnings.push(`${(options as { code: string }).code} ${warning}`);
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(keep);
  await run();
  emit.mockRestore();
  return warnings;
}

describe('the last good keys on disk', () => {
  it('let a restart during an outage serve', async () => {
    await runOnce();
    expect(await start()()).toBe('accepted');
    clock.advance(3600);
    const judge = start();
    expect(await judge()).toBe('accepted');
    expect(await judge(await issuer.forge('unknown-key'))).toBe('keys_unavailable');
  });

  it('are missed by nobody at the first start of all', async () => {
    expect(await warningsOf(start)).toEqual([]);
  });

  it('are ours alone to read and write, named by nothing that an issuer chooses, and complete at every moment', async () => {
    await runOnce();
    expect(files()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
    expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const stored = JSON.parse(readFileSync(onlyFile(), 'utf8'));
    expect(stored).toMatchObject({ issuer: issuer.issuer, source: `${server.base}/jwks`, fetchedAt: clock.now() });
    expect(stored.keys).toEqual(issuer.jwks.keys);
  });

  it('are replaced by each good set, and by no bad one', async () => {
    server.answer = json(issuer.jwks);
    const judge = start();
    await judge();
    const first = clock.now();
    const fetchedAt = () => JSON.parse(readFileSync(onlyFile(), 'utf8')).fetchedAt;
    await waitUntil(() => files().length === 1 && files()[0]?.endsWith('.json') === true);
    clock.advance(601);
    await judge();
    await waitUntil(() => fetchedAt() > first);
    expect(fetchedAt()).toBe(first + 601);
    server.answer = json({ keys: 'none' });
    clock.advance(601);
    expect(await judge()).toBe('accepted');
    expect(fetchedAt()).toBe(first + 601);
    expect(files()).toHaveLength(1);
  });

  it('serve until maxStaleSeconds after they were fetched, restarts or not', async () => {
    await runOnce();
    clock.advance(86_400);
    expect(await start()()).toBe('accepted');
    clock.advance(1);
    expect(await start()()).toBe('keys_unavailable');
  });

  it('don’t serve where nothing stale may', async () => {
    await runOnce();
    clock.advance(1);
    expect(await start({ maxStaleSeconds: 0 })()).toBe('keys_unavailable');
  });

  it('that come from the future are as old as they are ahead', async () => {
    await runOnce();
    clock.advance(-86_401);
    const token = await issuer.sign();
    expect(await start()(token)).toBe('keys_unavailable');
  });

  it('are asked for again within maxStaleSeconds, however long they call themselves fresh', async () => {
    await runOnce();
    change({ freshSeconds: 1e9 });
    const judge = start({ maxStaleSeconds: 3600 });
    const hits = server.hits.length;
    expect(await judge()).toBe('accepted');
    expect(server.hits).toHaveLength(hits);
    clock.advance(3600);
    expect(await judge()).toBe('accepted');
    await waitUntil(() => server.hits.length > hits);
    expect(server.hits).toHaveLength(hits + 1);
  });

  it('may be half a mebibyte', async () => {
    await runOnce();
    writeFileSync(onlyFile(), readFileSync(onlyFile(), 'utf8').padEnd(512 * 1024));
    expect(await warningsOf(async () => expect(await start()()).toBe('accepted'))).toEqual([]);
  });

  it('are withdrawn with the key: one refresh, and a restart doesn’t bring it back', async () => {
    await runOnce();
    server.answer = json({ keys: [] });
    clock.advance(601);
    expect(await start()()).toBe('key_unknown');
    await waitUntil(() => readFileSync(onlyFile(), 'utf8').includes('"keys":[]'));
    server.answer = fail;
    expect(await start()()).not.toBe('accepted');
  });

  it('are of one source: another URL starts with none, and has its own', async () => {
    await runOnce();
    expect(await start({ path: '/other' })()).toBe('keys_unavailable');
    expect(await start()()).toBe('accepted');
    server.answer = json(issuer.jwks);
    expect(await start({ path: '/other' })()).toBe('accepted');
    await waitUntil(() => files().filter((name) => name.endsWith('.json')).length === 2);
    server.answer = fail;
    expect([await start({ path: '/other' })(), await start()()]).toEqual(['accepted', 'accepted']);
  });

  it('are of one set of rules: a gate with others starts with none, and takes nothing from this one', async () => {
    await runOnce();
    expect(await start({ algorithms: ['RS256'] })()).toBe('algorithm_refused');
    expect(await start()()).toBe('accepted');
  });

  it.each<[string, () => void, RegExp]>([
    ['the group could write', () => chmodSync(onlyFile(), 0o620), /not a file of ours/],
    ['anybody could write', () => chmodSync(onlyFile(), 0o602), /not a file of ours/],
    [
      'is a link to somewhere',
      () => {
        const path = onlyFile();
        writeFileSync(join(folder, 'elsewhere.json'), readFileSync(path));
        rmSync(path);
        symlinkSync(join(folder, 'elsewhere.json'), path);
      },
      /ELOOP/,
    ],
    [
      'is a folder',
      () => {
        const path = onlyFile();
        rmSync(path);
        mkdirSync(path);
      },
      /not a file of ours/,
    ],
    [
      'is a pipe, for which one would wait',
      () => {
        const path = onlyFile();
        rmSync(path);
        execFileSync('mkfifo', [path]);
      },
      /not a file of ours/,
    ],
    [
      'is cut short',
      () => writeFileSync(onlyFile(), readFileSync(onlyFile()).subarray(0, 100)),
      /key file is not JSON/,
    ],
    [
      'is larger than half a mebibyte',
      () => writeFileSync(onlyFile(), readFileSync(onlyFile(), 'utf8').padEnd(512 * 1024 + 1)),
      /larger than 524288 bytes/,
    ],
    ['holds no time', () => change({ fetchedAt: 'now' }), /no number/],
    ['holds a time without end', () => writeFileSync(onlyFile(), spellTime('1e400')), /no number/],
    ['holds no freshness', () => change({ freshSeconds: null }), /no number/],
    ['holds a time before all times', () => change({ fetchedAt: -1 }), /no number/],
    ['holds no list', () => change({ keys: {} }), /not a list/],
    ['is of another issuer', () => change({ issuer: 'https://other.test' }), /of another source/],
    ['is from elsewhere', () => change({ source: 'https://other.test/jwks' }), /of another source/],
  ])('are not taken from what %s, and that is told', async (_what, spoil, message) => {
    await runOnce();
    spoil();
    const warnings = await warningsOf(async () => expect(await start()()).toBe('keys_unavailable'));
    expect(warnings).toEqual([expect.stringMatching(/^COUNTERSIGN_KEY_FILE_REFUSED keyDirectory: the keys of https:/)]);
    expect(warnings.join()).toMatch(message);
    server.answer = json(issuer.jwks);
    expect(await start()()).toBe('accepted');
  });

  function change(members: object): void {
    writeFileSync(onlyFile(), JSON.stringify({ ...JSON.parse(readFileSync(onlyFile(), 'utf8')), ...members }));
  }

  /** The file with a time that `JSON.stringify` would not write. */
  function spellTime(time: string): string {
    return readFileSync(onlyFile(), 'utf8').replace(/(?<="fetchedAt":)\d+/, time);
  }

  const asRoot = process.getuid?.() === 0 ? it : it.skip; // nobody else can give a file away
  asRoot('of another user are not taken, nor is their directory', async () => {
    await runOnce();
    chownSync(onlyFile(), 65_534, 65_534);
    expect((await warningsOf(start)).join()).toContain('not a file of ours');
    chownSync(directory, 65_534, 65_534);
    expect(start).toThrow('belong to the user of this process');
  });

  it('past maxStaleSeconds are not called stale after a restart: there are none', async () => {
    await runOnce();
    const readiness = async () => (await openGate().ready()).issuers;
    clock.advance(86_400);
    expect(await readiness()).toMatchObject([{ usable: true, stale: true, ageSeconds: 86_400 }]);
    clock.advance(1);
    expect(await readiness()).toEqual([{ issuer: issuer.issuer, usable: false, stale: false }]);
  });

  function openGate() {
    const trust = [{ issuer: issuer.issuer, keys: { jwksUri: `${server.base}/jwks` } }];
    const accessLog = { destination: { write() {} } };
    return createGate({ service: 's', audience, trust, keyDirectory: directory, now: clock.now, accessLog });
  }

  /** What a gate tells of keys that it can't write, once somebody was there to spoil its directory. */
  async function problemsAfter(spoil: () => void): Promise<string[]> {
    server.answer = json(issuer.jwks);
    const gate = openGate();
    const told: string[] = [];
    gate.on('keys_not_stored', ({ issuer: name, error }) => {
      const { code, syscall } = error as NodeJS.ErrnoException;
      told.push(`${name} ${code} ${syscall}`);
    });
    spoil();
    expect((await gate.ready()).ready).toBe(true);
    await waitUntil(() => told.length > 0);
    return told;
  }

  it('that can’t be written are told, and no reason to deny', async () => {
    const told = await problemsAfter(() => rmSync(directory, { recursive: true }));
    expect(told).toEqual([`${issuer.issuer} ENOENT open`]);
  });

  it('that can’t be put in place leave no draft behind', async () => {
    await runOnce();
    const [name] = files();
    clock.advance(601);
    const told = await problemsAfter(() => {
      rmSync(onlyFile());
      mkdirSync(join(directory, name as string));
    });
    expect(told).toEqual([`${issuer.issuer} EISDIR rename`]);
    expect(files()).toEqual([name]);
  });
});

describe('the directory of keys', () => {
  const problemWith = (keyDirectory: unknown) => {
    const gate = {
      service: 's',
      audience,
      trust: issuer.trust,
      keyDirectory,
      accessLog: { destination: { write() {} } },
    };
    try {
      createGate(gate as never);
    } catch (error) {
      return `${(error as ConfigurationError).option}: ${(error as Error).message}`;
    }
    return 'none';
  };

  it('is made where there is none', () => {
    expect(problemWith(join(directory, 'a', 'b'))).toBe('none');
    expect(statSync(join(directory, 'a', 'b')).isDirectory()).toBe(true);
  });

  it('must be named', () => {
    expect(problemWith(undefined)).toMatch(/^keyDirectory: .*found undefined/);
    expect(problemWith('')).toMatch(/^keyDirectory: .*empty string/);
  });

  it('must not be a file', () => {
    writeFileSync(directory, '');
    expect(problemWith(directory)).toMatch(/^keyDirectory: .*can't be made or read \(EEXIST\)/);
    expect(start).toThrow(expect.objectContaining({ cause: expect.objectContaining({ code: 'EEXIST' }) }));
  });

  it('must not be a link, which others may move', () => {
    mkdirSync(`${directory}-real`, { mode: 0o700 });
    symlinkSync(`${directory}-real`, directory);
    expect(problemWith(directory)).toMatch(/^keyDirectory: .*no link/);
  });

  it.each([0o770, 0o707, 0o777])('must be writable by nobody else (mode %o)', (mode) => {
    mkdirSync(directory);
    chmodSync(directory, mode);
    expect(problemWith(directory)).toMatch(/^keyDirectory: .*writable by nobody else/);
  });
});
