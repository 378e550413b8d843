import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createGate } from 'countersign';
// No door leads to these two: they are what the client does beside making a request of what it is given. The build leaves
// them here as the compiler wrote them, before it gathers the modules into the few files of the package.
import { attachBearer } from '../../.build/modules/outbound/attach-token.js';
import { reuseToken } from '../../.build/modules/outbound/reuse-token.js';
import { compare } from '../measure/compare.mjs';
import { AUDIENCE } from '../measure/open-issuer.mjs';

/** What a token costs that is reused, beside the same header written by hand: alone, around a fetch that sends nothing, and in all. */
export async function attach(settings) {
  const child = fork(new URL('answer-requests.mjs', import.meta.url));
  try {
    const [port] = await once(child, 'message');
    return await attachTo(`http://127.0.0.1:${port}/orders/42`, settings);
  } finally {
    child.disconnect();
  }
}

async function attachTo(url, { rounds, milliseconds }) {
  const gate = createGate({
    service: 'web-shop',
    audience: 'api://shop',
    trust: [{ service: 'orders', issuer: 'https://orders.internal', grants: [] }],
    signing: { issuer: 'https://shop.internal', dangerouslyEphemeralKey: true },
    accessLog: { destination: { write() {} } },
    metrics: false,
  });
  const options = { audience: AUDIENCE, origins: [new URL(url).origin] };
  const token = await gate.mint({ audience: AUDIENCE });
  const byHand = { headers: { authorization: `Bearer ${token}` } };

  const answer = new Response('{}');
  let shown;
  /** As `fetch` begins, and no further. */
  const sendNothing = async (input, init) => {
    shown = new Request(input, init).headers.get('authorization');
    return answer;
  };
  const clientOfNothing = gate.client({ ...options, fetch: sendNothing });
  await clientOfNothing(url);
  if (!/^Bearer \S+\.\S+\.\S+$/.test(shown)) throw new Error('the client attached no token');

  const client = gate.client(options);
  const read = async (response) => (await response).arrayBuffer();
  const times = { rounds, milliseconds };
  return {
    alone: await compare([assign(url, token), reuse(url, token)], times),
    around: await compare(
      [repeat('by hand', () => sendNothing(url, byHand)), repeat('by the client', () => clientOfNothing(url))],
      times,
    ),
    fetched: await compare(
      [repeat('by hand', () => read(fetch(url, byHand))), repeat('by the client', () => read(client(url)))],
      { rounds, milliseconds: milliseconds * 4 },
    ),
  };
}

/** The header of a reused token, written by hand. */
function assign(url, token) {
  const request = new Request(url);
  return {
    name: 'by hand',
    run(count) {
      for (let left = count; left > 0; left--) request.headers.set('authorization', `Bearer ${token}`);
    },
  };
}

function reuse(url, token) {
  const request = new Request(url);
  const attachment = attachBearer(
    reuseToken(
      async () => token,
      300,
      () => Date.now() / 1000,
    ),
  );
  return repeat('by the client', () => attachment.attach(request));
}

function repeat(name, call) {
  return {
    name,
    async run(count) {
      for (let left = count; left > 0; left--) await call();
    },
  };
}
