// The issuer: serves its public keys, and signs as many tokens as it is asked for into a file, one a line.
import { createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { AUDIENCE, ISSUER } from './issuer-name.mjs';

const LIFETIME_SECONDS = 900; // the most that a service's token may live by default
const CALLERS = 50;

const KEY_ID = randomUUID();
const createKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const honestKey = createKey();
const forgersKey = createKey();
const jwk = { ...createPublicKey(honestKey).export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' };
const keySet = JSON.stringify({ keys: [jwk] });

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: KEY_ID });

function signToken(at, { scope, key }) {
  const iat = Math.floor(Date.now() / 1000);
  const caller = `caller-${at % CALLERS}`;
  const times = { iat, exp: iat + LIFETIME_SECONDS };
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: caller, client_id: caller, ...times, jti: randomUUID(), scope };
  const signed = `${header}.${encode(claims)}`;
  return `${signed}.${sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

process.on('message', ({ file, count, scope, isForged }) => {
  const key = isForged ? forgersKey : honestKey;
  writeFileSync(file, Array.from({ length: count }, (_, at) => signToken(at, { scope, key })).join('\n'));
  process.send({ file });
});
process.on('disconnect', () => process.exit());

const server = createServer((_req, res) => res.setHeader('content-type', 'application/json').end(keySet));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
