import { expect, it } from '@jest/globals';
import { runNode } from '../support/run-node.js';

/** What a gate decides where the application has another `Promise`, which async functions don't return. */
const SCRIPT = `
  import { createGate } from 'countersign';
  import { createTestIssuer } from 'countersign/testing';
  const options = { audience: 'api://orders' };
  const [idp, other] = [await createTestIssuer(options), await createTestIssuer(options)];
  const accessLog = { destination: { write() {} } };
  const store = { revokedBefore: async (names) => names.map((name) => (name.includes('"revoked"') ? 9e9 : undefined)) };
  const gate = createGate({ service: 's', ...options, trust: idp.trust, accessLog, revocation: { store } });
  const tokens = {
    honest: await idp.sign(),
    forged: await other.sign(),
    revoked: await idp.sign({ jti: 'revoked' }),
    bound: await idp.sign({ cnf: { jkt: 'a'.repeat(43) } }),
    none: undefined,
  };
  globalThis.Promise = class Another extends Promise {};
  for (const [name, token] of Object.entries(tokens)) {
    for (const again of [1, 2]) {
      const header = (field) => (field === 'authorization' && token ? ['Bearer ' + token] : []);
      const { decision, principal } = await gate.enforce({ source: {}, method: 'GET', target: '/', header }, {});
      console.log(name, decision.reason ?? decision.effect, principal?.subject);
    }
  }`;

it('an application that replaces the global Promise lets nobody in by it', async () => {
  const { stdout, stderr } = await runNode(SCRIPT);
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual(
    [
      'honest permit test-service',
      'forged key_unknown undefined',
      'revoked token_revoked undefined',
      'bound binding_missing undefined',
      'none token_missing undefined',
    ].flatMap((line) => [line, line]),
  );
});
