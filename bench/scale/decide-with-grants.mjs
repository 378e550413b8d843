import { createGate } from 'countersign';
import { compare } from '../measure/compare.mjs';
import { AUDIENCE, openIssuer } from '../measure/open-issuer.mjs';

const PERMISSIONS = ['orders:read', 'orders:write'];

/** Decisions by gates that grant many services something, and the caller many permissions. */
export async function decideWithGrants(counts, settings) {
  const issuer = openIssuer('EdDSA');
  const authorization = [`Bearer ${issuer.signToken().toString('latin1')}`];
  const contestants = [];
  for (const count of counts) contestants.push(await openGate(count, issuer, authorization));
  return compare(contestants, settings);
}

async function openGate(count, { issuer, jwk }, authorization) {
  const things = Array.from({ length: count - PERMISSIONS.length }, (_, at) => `things:${at}`);
  const others = Object.fromEntries(Array.from({ length: count }, (_, at) => [`service-${at}`, ['orders:read']]));
  const grants = { ...others, 'web-shop': [...PERMISSIONS, ...things] };
  const gate = createGate({
    service: 'order-service',
    audience: AUDIENCE,
    trust: [{ issuer, keys: { jwks: { keys: [jwk] } }, permissions: { grants } }],
    accessLog: { destination: { write() {} } },
    metrics: false,
  });
  const requirement = gate.settle({ permissions: PERMISSIONS });
  const source = {}; // one for all calls: then its caller is verified once, and the rest is decisions
  const header = (name) => (name === 'authorization' ? authorization : []);
  const request = { source, method: 'GET', target: '/', header };

  const { decision } = await gate.enforce({ ...request, source: {} }, gate.settle({ permissions: ['orders:pay'] }));
  if (decision.reason !== 'permission_missing') throw new Error('what nobody granted is permitted');
  return {
    name: String(count),
    async run(times) {
      for (let left = times; left > 0; left--) {
        const attempt = await gate.enforce(request, requirement);
        if (attempt.decision.effect !== 'permit') throw new Error(`denied: ${attempt.decision.reason}`);
      }
    },
  };
}
