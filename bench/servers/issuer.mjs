// The issuer: serves its public keys, and signs as many tokens as it is asked for into a file, one a line.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { openIssuer } from '../measure/open-issuer.mjs';

const CALLERS = 50;

const keyId = randomUUID();
const issuer = openIssuer('ES256', { keyId });
const forger = openIssuer('ES256', { keyId });

process.on('message', ({ file, count, scope, isForged }) => {
  const { signToken } = isForged ? forger : issuer;
  const tokens = Array.from({ length: count }, (_, at) => {
    const caller = `caller-${at % CALLERS}`;
    return signToken({ sub: caller, client_id: caller, scope });
  });
  writeFileSync(file, tokens.join('\n'));
  process.send({ file });
});
process.on('disconnect', () => process.exit());

const server = createServer((_req, res) => {
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify({ keys: [issuer.jwk] }));
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, issuer: issuer.issuer }));
