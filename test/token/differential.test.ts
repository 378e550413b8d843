import { describe, expect, it } from '@jest/globals';
import { rules } from '../support/differential/rules.js';
import { openTally, runCases } from '../support/differential/run-cases.js';

const CASES = 2000;
const SEED = 20_270_115; // the same cases each time: `npm run fuzz` looks for new ones

describe('beside jose, whatever is done to tokens, headers, claims and keys', () => {
  const tally = openTally();

  it('what jose refuses is refused here; what only jose accepts falls under a rule of the table', async () => {
    await runCases(CASES, SEED, tally);
    expect(tally.cases).toBe(CASES);
  }, 60_000);

  it('the cases are neither all honest nor all hopeless', () => {
    expect(tally.acceptedByBoth / CASES).toBeGreaterThan(0.2);
    expect(tally.acceptedByJoseAlone / CASES).toBeGreaterThan(0.2);
    expect(tally.refusedByBoth / CASES).toBeGreaterThan(0.2);
  });

  it.each(Object.keys(rules))('some case is refused by the rule that %s', (rule) => {
    expect(tally.byRule.get(rule)).toBeGreaterThan(0);
  });

  it('tokens are refused for every reason that verifying has', () => {
    expect([...tally.byReason.keys()].sort()).toEqual([
      'algorithm_refused',
      'audience_mismatch',
      'binding_missing',
      'claim_invalid',
      'claim_missing',
      'issuer_untrusted',
      'key_unknown',
      'keys_unavailable',
      'signature_invalid',
      'token_expired',
      'token_extension_refused',
      'token_lifetime_too_long',
      'token_malformed',
      'token_not_yet_valid',
      'token_too_large',
      'token_type_refused',
    ]);
  });
});
