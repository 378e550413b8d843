// The load generator: a process of its own, which does what its parent tells it, one thing at a time.
import { readFileSync } from 'node:fs';
import { floodServer } from './flood-server.mjs';
import { runAutocannon } from './run-autocannon.mjs';
import { sendBackToBack } from './send-back-to-back.mjs';

const pools = new Map();

function readPool(file) {
  if (!pools.has(file)) pools.set(file, readFileSync(file, 'latin1').split('\n'));
  return pools.get(file);
}

/** Callers that come back: every connection shows the same token again and again. */
function returnCallers({ file, ...load }) {
  const tokens = readPool(file);
  return sendBackToBack({ ...load, connections: tokens.length, nextToken: (at) => tokens[at] });
}

/** Tokens `from` to `to` of the pool, each of them once. */
function spendTokens({ file, from, to, ...load }) {
  const tokens = readPool(file);
  let next = from;
  return sendBackToBack({ ...load, nextToken: () => (next < to ? tokens[next++] : undefined) });
}

const works = {
  returnCallers,
  spendTokens,
  flood: ({ callers, forgeries, ...load }) =>
    floodServer({ ...load, callers: readPool(callers), forgeries: forgeries && readPool(forgeries) }),
  autocannon: ({ file, ...load }) => runAutocannon({ ...load, tokens: readPool(file) }),
};

process.on('message', async ({ work, ...options }) => process.send(await works[work](options)));
process.on('disconnect', () => process.exit());
process.send({ isReady: true });
