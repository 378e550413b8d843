import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AccessRequest, createGate, type GateOptions, REASON_CODES, type Requirement } from 'countersign';
import { createTestIssuer, FORGERY_KINDS, type ForgeryKind, type TestIssuer } from 'countersign/testing';
import { cutNetwork } from '../../lib/cli/cut-network.js';
import { type Replay, replayDecision } from '../../lib/cli/replay-decision.js';
import { STATIONS, stationOf } from '../../lib/cli/stations.js';
import { createEvents } from '../../lib/events/create-events.js';
import { readJudging } from '../../lib/gate/read-judging.js';
import { runCommand } from '../support/run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-explain-'));
const audience = 'api://orders';
const door = pathToFileURL(resolve('dist/index.js')).href;
const quiet = { accessLog: { destination: { write() {} } }, metrics: false } as const;
let issuer: TestIssuer;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Routes and policies as a user writes them; each test may have its own trust. */
function writeConfig(name: string, gate: object): string {
  return write(
    name,
    `import { definePolicy, opaDecisionPoint } from '${door}';
const small = ({ resource }) => ({ effect: resource.properties.amount < 10 ? 'permit' : 'deny', reason: 'too large' });
export default () => ({
  gate: {
    ...${JSON.stringify({ service: 'order-service', audience, ...gate })},
    accessLog: { destination: { write() { console.log('WRITTEN'); } } },
    revocation: { store: { revokedBefore() { console.log('ASKED'); } } },
  },
  routes: {
    'GET /orders/:id': { permissions: 'orders:read' },
    'GET /health': { public: 'liveness probe' },
    'GET /users': { kinds: ['user'] },
    'GET /opa': { policy: opaDecisionPoint({ url: 'http://127.0.0.1:18181/v1/data/x' }) },
    'GET /fetches': { resource: () => fetch('http://127.0.0.1:18181/') },
    'GET /shadow': { permissions: 'x', mode: { shadow: true, until: new Date(Date.now() + 86400000) } },
    'GET /throws': { policy: { name: 'broken', decide() { throw new Error('no such thing'); } } },
    'POST /payments/:id': {
      permissions: 'orders:read',
      resource: ({ params, headers }) => {
        if (!params) throw new Error('no params ' + headers.authorization);
        return params.id === '0' ? undefined : { type: 'payment', id: params.id, properties: { amount: Number(params.id) } };
      },
      policy: definePolicy('approve', small, { version: '3' }),
    },
  },
});
`,
  );
}

let config: string;

beforeAll(async () => {
  issuer = await createTestIssuer({ audience });
  config = writeConfig('config.mjs', { trust: issuer.trust });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function explain(route: string, token: string, ...args: string[]) {
  return runCommand(['explain', '--config', config, '--route', route, ...args], token);
}

describe('countersign explain', () => {
  it('permits what the service would, station by station', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    const { code, stdout, stderr } = await explain('get  /orders/:id', `Bearer ${token}\n`);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^GET \/orders\/:id at \S+Z, offline\n/);
    expect([...stdout.matchAll(/^ {2}(ok|skip) +(\w+)/gm)].map(([, , station]) => station)).toEqual([...STATIONS]);
    expect(stdout).toMatch(/^ {2}ok +issuer +https:\/\/issuer\.test is trust\[0\]$/m);
    expect(stdout).toMatch(/\ncaller: test-service@https:\/\/issuer\.test, service\n\npermitted\n$/);
    for (const part of token.split('.')) expect(stdout).not.toContain(part);
  });

  it('says which station denied, by which rule, and what to do', async () => {
    const { code, stdout } = await explain('GET /orders/:id', await issuer.sign({ scope: 'orders:list' }));
    expect(code).toBe(1);
    const rule = 'demands orders:read; holds orders:list; lacks orders:read';
    expect(stdout).toContain(`  DENY  permissions  ${rule}\n  -     resource\n  -     policy\n`);
    expect(stdout).toMatch(/^denied: permission_missing, told as 403 insufficient_scope\n {2}because .+\n {2}rule /m);
    expect(stdout).toContain(`  rule     ${rule}\n  cure     Grant it`);
  });

  it('replays at another time', async () => {
    const { stdout } = await explain('GET /orders/:id', await issuer.forge('expired', { scope: 'orders:read' }));
    expect(stdout).toMatch(/DENY {2}times .+ ago\), .+; clockToleranceSeconds 5\n/);
    const at = new Date(Date.now() - 400_000).toISOString();
    for (const time of [at, String(Date.parse(at) / 1000)]) {
      const token = await issuer.forge('expired', { scope: 'orders:read' });
      const then = await explain('GET /orders/:id', token, '--at', time);
      expect([time, then.code]).toEqual([time, 0]);
    }
  });

  it('asks loaders and policies, with the request that is given', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    const route = 'POST /payments/:id';
    const without = await explain(route, token);
    expect([without.code, without.stdout]).toEqual([2, expect.stringMatching(/\n {2}\? +resource .+\n.*policy\n/)]);
    expect(without.stdout).toContain('give it as --request <file.json>');
    const outcomes = [
      ['5', 0, /ok +policy +approve \(3\) says permit: too large\n/],
      ['42', 1, /DENY +policy +approve \(3\) says deny: too large\n[\s\S]*denied: policy_denied, told as 403\n/],
      ['0', 1, /DENY +resource .+\n[\s\S]*denied: resource_missing, told as 404\n/],
    ] as const;
    for (const [id, code, printed] of outcomes) {
      const request = write('request.json', JSON.stringify({ url: `/payments/${id}`, params: { id } }));
      const ended = await explain(route, token, '--request', request);
      expect([id, ended.code, ended.stdout]).toEqual([id, code, expect.stringMatching(printed)]);
    }
  });

  it('tells of what threw, but nothing of the token that it quotes', async () => {
    const token = await issuer.sign({ scope: 'orders:read' });
    const request = write('quoting.json', JSON.stringify({ headers: { authorization: `Bearer ${token}` } }));
    const { code, stdout } = await explain('POST /payments/:id', token, '--request', request);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/DENY +resource [\s\S]*because {2}no params Bearer …\.…\.…\n/),
    ]);
    const thrown = await explain('GET /throws', token);
    expect(thrown.stdout).toMatch(
      /DENY +policy +asks broken\n[\s\S]*denied: internal_error,.+\n {2}because {2}no such thing\n/,
    );
  });

  it.each(['GET /opa', 'GET /fetches'])('opens no connection, and says so where one is wanted: %s', async (route) => {
    const request = write('empty.json', '{}');
    const { code, stdout, stderr } = await explain(route, await issuer.sign(), '--request', request);
    expect([code, stdout]).toEqual([2, expect.stringMatching(/\n {2}\? +(policy|resource) [\s\S]*wants the network/)]);
    expect(stderr).not.toContain('    at ');
  });

  it('says so where a denial is recorded alone', async () => {
    const { code, stdout } = await explain('GET /shadow', await issuer.sign());
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/ {2}but {6}it passes until \S+Z, .+ wouldDeny: mode\n$/),
    ]);
    const expired = await explain('GET /shadow', await issuer.forge('expired'));
    expect(expired.stdout).not.toContain('it passes');
  });

  it('takes the risk of a request for low enough, and says so', async () => {
    const risky = write(
      'risky.mjs',
      `export default {
  gate: {
    service: 's', audience: '${audience}', trust: ${JSON.stringify(issuer.trust)},
    signals: [{ name: 'worst', assess: () => ({ score: 1, reason: 'always' }) }],
  },
  routes: { 'GET /': { context: { maxRisk: 'low' } } },
};`,
    );
    const { code, stdout } = await runCommand(['explain', '--config', risky, '--route', 'GET /'], await issuer.sign());
    expect([code, stdout]).toEqual([0, expect.stringContaining('permitted, if the risk of the request is low enough')]);
    expect(stdout).toMatch(/^ {2}skip {2}context +context .+: signals are not replayed$/m);
  });

  it('reads no token on a public route', async () => {
    const { code, stdout } = await explain('GET /health', 'whatever');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\npermitted\n {2}rule {2}public: liveness probe; /)]);
  });

  it('says what to give where keys would come over the network, and takes them from a file', async () => {
    const trust = [{ issuer: 'https://elsewhere.example' }, { issuer: issuer.issuer }];
    const remote = writeConfig('remote.mjs', { trust });
    const args = ['explain', '--config', remote, '--route', 'GET /orders/:id'];
    const token = await issuer.sign({ scope: 'orders:read' });
    const without = await runCommand(args, token);
    expect([without.code, without.stdout]).toEqual([2, expect.stringMatching(/\n {2}\? +key .+over the network\n/)]);
    expect(without.stdout).toMatch(
      /can't be told: the keys of https:\/\/issuer\.test come over .+ give --jwks <file>\n$/,
    );
    const jwks = write('jwks.json', JSON.stringify(issuer.jwks));
    const given = await runCommand([...args, '--jwks', jwks], token);
    expect([given.code, given.stdout]).toEqual([0, expect.stringMatching(/ok +key +kid \S+; keys of --jwks\n/)]);
    const denied = await runCommand(args, await issuer.forge('none'));
    expect([denied.code, denied.stdout]).toEqual([1, expect.stringContaining('denied: algorithm_refused')]);
  });

  it.each<[string, object, string, number]>([
    ['the gate understands proofs', { publicOrigin: 'https://orders.example' }, 'if the proof of its binding holds', 0],
    ['the gate understands none', {}, 'rule     bound (cnf: jkt); publicOrigin is not given', 1],
  ])('says of a bound token that its proof is not replayed: %s', async (_what, gate, printed, code) => {
    const bound = writeConfig('bound.mjs', { trust: issuer.trust, ...gate });
    const token = await issuer.sign({ scope: 'orders:read', cnf: { jkt: 'bmV2ZXI' } });
    const ended = await runCommand(['explain', '--config', bound, '--route', 'GET /orders/:id'], token);
    expect([ended.code, ended.stdout]).toEqual([code, expect.stringContaining(printed)]);
  });

  it('prints nothing that a terminal would obey', async () => {
    const claims = { scope: 'orders:\u001b[2J', aud: 'a\u202e\u009b', sub: 's\u0007', client_id: 's\u0007' };
    const { stdout } = await explain('GET /orders/:id', await issuer.sign(claims));
    expect(stdout).not.toMatch(/[^\P{C}\n]/u);
    expect(stdout).toContain('aud a\\u202e\\u009b; audience api://orders');
  });

  it.each<[string, (token: string) => readonly string[], RegExp]>([
    ['no configuration', () => ['--route', 'GET /x'], /needs --config/],
    ['no route', () => ['--config', config], /needs --route/],
    [
      'a file that is not there',
      () => ['--config', 'nowhere.mjs', '--route', 'GET /x'],
      /can't find the file of --config/,
    ],
    [
      'a file that does not load',
      () => ['--config', write('bad.mjs', 'export default {'), '--route', 'GET /x'],
      /not load/,
    ],
    ['no default export', () => ['--config', write('none.mjs', ''), '--route', 'GET /x'], /no default export/],
    [
      'no gate',
      () => ['--config', write('half.mjs', 'export default { routes: {} }'), '--route', 'GET /x'],
      /options must be an object/,
    ],
    [
      'an unknown route',
      () => ['--config', config, '--route', 'GET /nowhere'],
      /it has GET \/orders\/:id, GET \/health, /,
    ],
    [
      'a time without zone',
      () => ['--config', config, '--route', 'GET /health', '--at', '2026-11-22T03:10'],
      /--at must be/,
    ],
    [
      'no JSON',
      () => ['--config', config, '--route', 'GET /health', '--jwks', write('no.json', 'x')],
      /the file of --jwks: SyntaxError/,
    ],
    [
      'a list',
      () => ['--config', config, '--route', 'GET /health', '--request', write('list.json', '[]')],
      /must hold a JSON object/,
    ],
    [
      'a misspelt option of the gate',
      () => ['--config', writeConfig('odd.mjs', { adience: 'x' }), '--route', 'GET /health'],
      /options\.adience is not an option/,
    ],
    ['an option without its value', () => ['--config'], /--config is not written/],
  ])('ends with 2 for %s', async (_what, args, message) => {
    const { code, stdout, stderr } = await runCommand(['explain', ...args('')], 'token');
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
    expect(stderr).toMatch(/^countersign: .+\nusage: .+\n$/);
  });
});

describe('a replay', () => {
  const requirement: Requirement = { permissions: 'orders:read' };

  function composeRequest(token: string): AccessRequest {
    const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
    return { source: {}, method: 'GET', target: '/orders/1', header };
  }

  async function replay(token: string, options: GateOptions): Promise<Replay> {
    const cut = cutNetwork({ ...options }, { now: Date.now() / 1000, jwks: undefined, unverifiedIssuers: [] });
    const judging = readJudging(cut.options, createEvents());
    const input = { judging, places: cut.places, hasRequest: false };
    return replayDecision({ ...input, request: composeRequest(token), requirement: judging.settle(requirement) });
  }

  it('decides as the gate does, for every hostile kind of token, and stops where it should', async () => {
    const options: GateOptions = { service: 'order-service', audience, trust: issuer.trust, ...quiet };
    const gate = createGate(options);
    const stops: Partial<Record<ForgeryKind, string>> = {};
    for (const kind of FORGERY_KINDS) {
      const token = await issuer.forge(kind, { scope: 'orders:read' });
      const { decision } = await gate.enforce(composeRequest(token), requirement);
      const { ending } = await replay(token, options);
      if (ending.outcome !== 'deny') throw new Error(`${kind}: ${ending.outcome}`);
      expect([kind, ending.reason]).toEqual([kind, decision.reason]);
      stops[kind] = ending.station;
    }
    expect(stops).toMatchObject({
      garbage: 'form',
      'issuer-list': 'issuer', // claim_invalid, before anything is known of it
      'no-subject': 'claims',
      'wrong-key': 'signature',
      'unknown-key': 'key',
      'over-long': 'lifetime',
      'wrong-audience': 'audience',
    });
  });

  it('calls no station passed that was not: reasons that come from several', async () => {
    const options: GateOptions = { service: 'order-service', audience, trust: issuer.trust, ...quiet };
    const stationsOf = async (token: string, more: Partial<GateOptions> = {}) => {
      const { ending } = await replay(token, { ...options, ...more });
      return ending.outcome === 'deny' ? [ending.reason, ending.station] : [ending.outcome];
    };
    expect(await stationsOf(await issuer.sign({ iss: undefined }))).toEqual(['claim_missing', 'issuer']);
    const bearer = await issuer.sign({ scope: 'orders:read' });
    const proof = { proof: 'required', publicOrigin: 'https://orders.example' } as const;
    expect(await stationsOf(bearer, proof)).toEqual(['binding_missing', 'proof']);
    expect(await stationsOf(`${bearer}!`)).toEqual(['credential_malformed', 'credential']);
    expect(await stationsOf(await issuer.sign({ cnf: { other: 1 } }), proof)).toEqual(['binding_missing', 'binding']);
  });

  it('knows a station for each reason', () => {
    expect(Object.keys(stationOf).sort()).toEqual([...REASON_CODES].sort());
  });
});
