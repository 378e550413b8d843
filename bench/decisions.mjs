// What a decision costs with few grants and with many: `npm run build && node bench/decisions.mjs`. Only the ratio counts.
import { createGate } from '../dist/index.js';
import { createTestIssuer } from '../dist/testing/index.js';

const ROUNDS = 15;
const CALLS = 400;
const LEAST = 10;
const MOST = 100_000;
const MOST_RATIO = 1.2;

const issuer = await createTestIssuer({ audience: 'api://orders' });
const token = await issuer.sign({ scope: 'orders:read orders:write' });

/** A gate that grants its caller this many permissions, those of the token among them. */
function openGate(count) {
  const grants = ['orders:read', 'orders:write', ...Array.from({ length: count - 2 }, (_, at) => `things:${at}`)];
  const others = Object.fromEntries(Array.from({ length: count }, (_, at) => [`service-${at}`, ['orders:read']]));
  const permissions = { grants: { ...others, 'test-service': grants } };
  return createGate({
    service: 'order-service',
    audience: 'api://orders',
    trust: [{ issuer: issuer.issuer, keys: { jwks: issuer.jwks }, permissions }],
    accessLog: { destination: { write() {} } },
    metrics: false,
  });
}

/** Microseconds for each call. With one source for all of them the caller is verified once, and the rest is decisions. */
async function time(gate, requirement, makeSource) {
  const header = (name) => (name === 'authorization' ? [`Bearer ${token}`] : []);
  await gate.enforce({ source: makeSource(), method: 'GET', target: '/', header }, requirement);
  const started = process.hrtime.bigint();
  for (let call = 0; call < CALLS; call++) {
    const attempt = await gate.enforce({ source: makeSource(), method: 'GET', target: '/', header }, requirement);
    if (attempt.decision.effect !== 'permit') throw new Error(`denied: ${attempt.decision.reason}`);
  }
  return Number(process.hrtime.bigint() - started) / CALLS / 1000;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const one = {};
const ways = { 'verify and decide': () => ({}), 'decide alone': () => one };
const gates = [LEAST, MOST].map(openGate);
for (const [what, makeSource] of Object.entries(ways)) {
  const times = [[], []];
  const requirement = gates[0].settle({ permissions: ['orders:read', 'orders:write'] });
  for (let round = 0; round < ROUNDS; round++) {
    for (const at of round % 2 ? [0, 1] : [1, 0]) times[at].push(await time(gates[at], requirement, makeSource));
  }
  const [few, many] = times.map(median);
  const ratio = many / few;
  console.log(
    `${what}: ${LEAST} grants ${few.toFixed(1)} µs, ${MOST} grants ${many.toFixed(1)} µs, ratio ${ratio.toFixed(2)}`,
  );
  if (ratio > MOST_RATIO) process.exitCode = 1;
}
console.log(`each ratio should be at most ${MOST_RATIO}`);
