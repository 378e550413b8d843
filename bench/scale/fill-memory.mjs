// Verifies so many distinct tokens, and tells the heap before and at each tenth: `node --expose-gc fill-memory.mjs <tokens> <most remembered>`.
import { createTokenVerifier } from 'countersign';
import { findMemoryOption } from '../measure/find-memory-option.mjs';
import { AUDIENCE, openIssuer } from '../measure/open-issuer.mjs';

const BATCH = 500;
const [tokens, maxTokens] = process.argv.slice(2).map(Number);
const memory = findMemoryOption({ maxTokens });
const issuer = openIssuer('ES256');
const options = { audience: AUDIENCE, trust: [{ issuer: issuer.issuer, keys: { jwks: { keys: [issuer.jwk] } } }] };

async function verify(verifier, count) {
  for (let left = count; left > 0; left -= BATCH) {
    const batch = Array.from({ length: Math.min(left, BATCH) }, () => issuer.signToken());
    for (const token of batch) await verifier.verify(token.toString('latin1'));
  }
}

/** What is left when garbage is collected, buffers included. */
async function readHeap() {
  for (let pass = 0; pass < 3; pass++) {
    await new Promise(setImmediate);
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

await verify(createTokenVerifier({ ...options, ...findMemoryOption(false) }), 2 * BATCH);
const empty = await readHeap();
const verifier = createTokenVerifier({ ...options, ...memory });
const heaps = [];
for (let tenth = 1; tenth <= 10; tenth++) {
  await verify(verifier, tokens / 10);
  heaps.push(await readHeap());
}
await verifier.verify(issuer.signToken().toString('latin1')); // it must still be there, with all that it remembers
process.stdout.write(JSON.stringify({ empty, heaps, remembers: 'tokenMemory' in memory }));
