import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { runNode } from './support/run-node.js';

const folders = readdirSync('examples').filter((name) => existsSync(`examples/${name}/main.ts`));

/** What an example must print. One that isn't told of here must end well all the same. */
const printed: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  shop: [
    /^ {2}order-service +Nest +http:/m,
    /^ {2}payment-service +Express +http:/m,
    /403 {2}403 {2}route_undeclared$/m,
    /POST order-service\/orders\/42\/payment(?:.*\n){1,3} .* 201 {2}201 {2}-$/m,
    /^([3-9]\d|\d{3}) calls, \1 as expected$/m,
  ],
  'bound-tokens': [
    /a thief, with what it overheard: nobody can tell +200 {2}200 {2}-$/m,
    /the thief, with token and proof as overheard +401 {2}401 {2}token_replayed$/m,
    /the thief, over TLS with a certificate of its own +401 {2}401 {2}binding_mismatch$/m,
    /is told: acr_values="urn:example:passkey", max_age="300"\n.* signed in anew .* 201 {2}201 {2}-$/m,
    /^(1[5-9]) calls, \1 as expected$/m,
  ],
  approvals: [
    /carol, cfo: 50,000 EUR +201 {2}201 {2}-$/m,
    /authentication_too_weak\n +is told: sign in anew, max_age="300"\n.* with a second factor +201 {2}201 {2}-$/m,
    /^ +\d+ {2}mary +404 {2}404 {2}resource_missing$/m,
    /ivan +200 {2}200 {2}would deny: permission_missing\n.* 31 days later +403 {2}403 {2}permission_missing$/m,
    /^(1[0-9]) calls, \1 as expected$/m,
  ],
  'axios-client': [
    'axios with the gate\'s fetch: 200 {"id":"42","soldTo":"shop"}',
    'axios without it: 401 Bearer',
    /^another origin: (?!NOT REFUSED)/m,
  ],
  'express-service': ['order-service on Express: http://127.0.0.1:', ...linesOfService()],
  'passport-service': [
    /^\/me 401 Bearer realm="order-service"$/m,
    '/orders/7 403 Bearer error="insufficient_scope"',
    '/orders/7 200 {',
  ],
  'migrate-from-passport-jwt': [
    /^an honest token +200 +200$/m,
    /^another permission +403 +403$/m,
    /^expired +401 +401$/m,
  ],
  'nest-service': ['order-service on Nest with Express: http://127.0.0.1:', ...linesOfService()],
  'nest-fastify-service': ['order-service on Nest with Fastify: http://127.0.0.1:', ...linesOfService()],
};

const COMPILE_MILLISECONDS = 120_000;
const RUN_MILLISECONDS = 60_000;

describe('the examples', () => {
  beforeAll(() => {
    // The main job does the same: what is not up to date is built.
    execFileSync(process.execPath, ['.ci/prepare.mjs', '--examples'], { stdio: 'pipe' });
  }, COMPILE_MILLISECONDS);

  it('that are told of here are all there', () => {
    expect(folders).toEqual(expect.arrayContaining(Object.keys(printed)));
  });

  it.each(folders)(
    '%s runs, and does what it says',
    async (name) => {
      const ended = await runNode(`await import('./.build/examples/${name}/main.js')`);
      expect(ended.code === 0 ? '' : ended.stderr).toBe('');
      expect(ended).toMatchObject({ code: 0, signal: null });
      for (const line of printed[name] ?? []) expect(ended.stdout).toMatch(line);
      expect(ended.stdout).not.toContain('WARN');
    },
    RUN_MILLISECONDS,
  );

  it.each(folders)('%s has a README', (name) => {
    expect(readFileSync(`examples/${name}/README.md`, 'utf8')).toMatch(/^# \S/);
  });

  it.each(folders.filter((name) => name !== 'shop'))('%s can be read at one sitting', (name) => {
    const lines = readFileSync(`examples/${name}/main.ts`, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThan(60);
  });
});

/** A service does the same on every framework. */
function linesOfService(): readonly (string | RegExp)[] {
  return [
    /^no token: 401 \{"type":"about:blank","title":"Unauthorized"/m,
    'a token for orders:read: 200 {"id":"42","item":"sentry box"}',
    /^the same, to pay: 403 \{"type":"about:blank","title":"Forbidden"/m,
    'a token for orders:pay: 201 {"id":"42","paidBy":"web-shop"}',
    /^public keys: 200 \{"keys":\[\{"kty":"EC"/m,
    'metrics: 200 # HELP countersign_',
    /"method":"POST","route":"\/api\/orders\/:id\/payment",.*"statusCode":403,.*"reason":"permission_missing"/,
    /"route":"\/metrics","path":"\/metrics",.*"decision":"permit","required":\["metrics:read"\]/,
  ];
}
