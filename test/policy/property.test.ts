import { describe, expect, it } from '@jest/globals';
import {
  type CallerKind,
  type CallerRequirement,
  createGate,
  definePolicy,
  type SettledRequirement,
} from 'countersign';
import { createTestIssuer } from 'countersign/testing';
import fc from 'fast-check';

const RUNS = 10_000;
const issuer = await createTestIssuer({ audience: 'a' });
const gate = createGate({
  service: 's',
  audience: 'a',
  trust: issuer.trust,
  accessLog: { destination: { write() {} } },
  metrics: false,
});

/** What a policy is made of: it answers `effect` where all of it fits, else the opposite. */
interface Rule {
  readonly effect: 'permit' | 'deny';
  readonly type: CallerKind | 'any';
  readonly holds: string;
  readonly limit: number;
}

interface Demand {
  readonly permissions: readonly string[];
  readonly anyOf: readonly string[];
  readonly kinds: readonly CallerKind[];
  readonly rules: readonly Rule[];
}

interface Caller {
  readonly kind: 'user' | 'service';
  readonly held: readonly string[];
}

const NAMES = ['a', 'b', 'c', 'd'];
const names = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 });
const rule = fc.record<Rule>({
  effect: fc.constantFrom('permit', 'deny'),
  type: fc.constantFrom('any', 'user', 'service'),
  holds: fc.constantFrom(...NAMES),
  limit: fc.integer({ min: 0, max: 9 }),
});
const demand = fc.record<Demand>({
  permissions: names,
  anyOf: names,
  kinds: fc.uniqueArray(fc.constantFrom<CallerKind>('user', 'service'), { maxLength: 2 }),
  rules: fc.array(rule, { maxLength: 3 }),
});
const caller = fc.record<Caller>({
  kind: fc.constantFrom('user', 'service'),
  held: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 4 }),
});
const amount = fc.integer({ min: 0, max: 9 });

/** The reference, independent of all that is tested: what the words say, and nothing else. */
function mayPass({ permissions, anyOf, kinds, rules }: Demand, { kind, held }: Caller, size: number): boolean {
  const fits = ({ type, holds, limit }: Rule) =>
    (type === 'any' || type === kind) && held.includes(holds) && size <= limit;
  const permits = (each: Rule) => (fits(each) ? each.effect === 'permit' : each.effect === 'deny');
  return (
    (kinds.length === 0 || kinds.includes(kind)) &&
    permissions.every((name) => held.includes(name)) &&
    (anyOf.length === 0 || anyOf.some((name) => held.includes(name))) &&
    rules.every(permits)
  );
}

const opposite = { permit: 'deny', deny: 'permit' } as const;
const policyOf = ({ effect, type, holds, limit }: Rule, at: number) =>
  definePolicy<{ size: number }>(`rule-${at}`, ({ subject, resource }) => {
    const isMeant = type === 'any' || subject.type === type;
    const fits = isMeant && subject.properties.permissions.has(holds) && resource.properties.size <= limit;
    return { effect: fits ? effect : opposite[effect] };
  });

function requirementOf({ permissions, anyOf, kinds, rules }: Demand): SettledRequirement {
  const requirement: CallerRequirement = {
    ...(permissions.length > 0 && { permissions }),
    ...(anyOf.length > 0 && { anyOf }),
    ...(kinds.length > 0 && { kinds }),
    ...(rules.length > 0 && { policy: rules.map(policyOf) }),
    resource: (req) => ({ type: 'thing', id: '1', properties: req }),
  };
  return gate.settle(requirement);
}

const tokens = new Map<string, Promise<string>>();

function tokenOf({ kind, held }: Caller): Promise<string> {
  const scope = [...held].sort().join(' ');
  const key = `${kind} ${scope}`;
  const known = tokens.get(key) ?? issuer.sign({ scope, sub: kind === 'user' ? 'alice' : 'shop', client_id: 'shop' });
  tokens.set(key, known);
  return known;
}

async function passes(wanted: Demand, who: Caller, size: number): Promise<boolean> {
  const token = await tokenOf(who);
  const header = (name: string) => (name === 'authorization' ? [`Bearer ${token}`] : []);
  const request = { source: {}, carrier: { size }, method: 'GET', target: '/', header };
  return (await gate.enforce(request, requirementOf(wanted))).decision.effect === 'permit';
}

describe('any demand, caller and resource', () => {
  it('are decided as the words say', async () => {
    const tally = { permit: 0, deny: 0 };
    const property = fc.asyncProperty(demand, caller, amount, async (wanted, who, size) => {
      const expected = mayPass(wanted, who, size);
      tally[expected ? 'permit' : 'deny']++;
      expect(await passes(wanted, who, size)).toBe(expected);
    });
    await fc.assert(property, { numRuns: RUNS });
    expect(Math.min(tally.permit, tally.deny)).toBeGreaterThan(RUNS / 50);
  }, 60_000);

  it('pass no more often with one more rule that denies', async () => {
    const property = fc.asyncProperty(demand, rule, caller, amount, async (wanted, more, who, size) => {
      const stricter = { ...wanted, rules: [...wanted.rules, { ...more, effect: 'deny' as const }] };
      if (await passes(stricter, who, size)) expect(await passes(wanted, who, size)).toBe(true);
    });
    await fc.assert(property, { numRuns: 1000 });
  }, 60_000);
});
