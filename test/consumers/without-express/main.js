import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createGate, createKeyRing, createTokenMinter, createTokenVerifier } from 'countersign';
import { createTestIssuer } from 'countersign/testing';

const { resolve } = createRequire(import.meta.url);
assert.throws(() => resolve('express'), { code: 'MODULE_NOT_FOUND' });

const audience = 'api://orders';
const keyRing = createKeyRing();
const trusted = { service: 'caller', issuer: 'https://caller.internal', grants: ['orders:read'] };
const verifier = createTokenVerifier({ audience, trust: [{ ...trusted, keys: { jwks: keyRing.jwks() } }] });
const minter = createTokenMinter({ issuer: trusted.issuer, subject: 'caller', keyRing });
const principal = await verifier.verify(await minter.mint({ audience }));
assert.deepEqual([...principal.permissions], ['orders:read']);

const testIssuer = await createTestIssuer({ audience });
const gate = createGate({
  service: 'order-service',
  audience,
  trust: testIssuer.trust,
  accessLog: { destination: { write() {} } },
});
const { authorization } = await testIssuer.headers();
const attempt = await gate.enforce(
  { source: {}, method: 'GET', target: '/', header: (name) => (name === 'authorization' ? [authorization] : []) },
  { kinds: ['service'] },
);
assert.equal(attempt.decision.effect, 'permit');
await gate.close();
