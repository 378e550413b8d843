import { afterAll, describe, expect, it } from '@jest/globals';
import { createTestIssuer } from 'countersign/testing';
import { drip, flood, json, startKeyServer } from '../support/key-server.js';
import { runNode } from '../support/run-node.js';
import { stopServers } from '../support/start-server.js';

afterAll(stopServers);

/** A service that meets every kind of trouble in turn; it prints by how many megabytes its greatest memory grew. */
const script = `
  import { createTokenVerifier } from 'countersign';
  const { base, issuer, token, forged } = JSON.parse(process.env.TROUBLE);
  let time = Date.now() / 1000;
  const trust = [{ issuer, keys: { jwksUri: base + '/jwks' } }];
  const verifier = createTokenVerifier({ audience: 'api://orders', trust, now: () => time });
  const judge = (shown) => verifier.verify(shown).then(() => 'accepted', ({ reason }) => reason);
  const [, payload, signature] = forged.split('.');
  const unknown = (kid) => {
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid })).toString('base64url');
    return [header, payload, signature].join('.');
  };
  const verdicts = new Set();
  async function meet(trouble, kids) {
    await fetch(base + '/answer-with-' + trouble);
    for (let at = 0; at < kids; at++) await judge(unknown('unknown-' + at));
    time += 31;
    verdicts.add(await judge(token));
  }
  await meet('keys', 2000); // what the engine needs for the work itself
  const before = process.resourceUsage().maxRSS;
  for (const trouble of ['flood', 'drip', 'flood', 'keys', 'flood']) await meet(trouble, 2000);
  console.log(JSON.stringify({ grown: (process.resourceUsage().maxRSS - before) / 1024, verdicts: [...verdicts] }));
`;

describe('memory', () => {
  it('grows by less than 20 MB, whatever key servers and callers send', async () => {
    const issuer = await createTestIssuer({ audience: 'api://orders' });
    const server = await startKeyServer();
    const answers = { keys: json(issuer.jwks), flood: flood(120), drip: drip(500) };
    let current: keyof typeof answers = 'keys';
    server.answer = (req, res) => {
      const [, wish] = /^\/answer-with-(\w+)$/.exec(req.url ?? '') ?? [];
      if (wish === undefined) return answers[current](req, res);
      current = wish as keyof typeof answers;
      res.end();
    };
    const { stdout, stderr } = await runNode(script, {
      env: {
        TROUBLE: JSON.stringify({
          base: server.base,
          issuer: issuer.issuer,
          token: await issuer.sign(),
          forged: await issuer.forge('unknown-key'),
        }),
      },
    });
    expect(stderr).toBe('');
    const { grown, verdicts } = JSON.parse(stdout);
    expect(verdicts).toEqual(['accepted']);
    expect(grown).toBeLessThan(20);
  }, 60_000);
});
