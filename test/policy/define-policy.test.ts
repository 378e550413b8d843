import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, type DecisionRequest, definePolicy } from 'countersign';

const request = { subject: { id: 'alice' }, resource: { properties: { amount: 5 } } } as unknown as DecisionRequest;

describe('a policy', () => {
  it('says yes or no, by its name and version', async () => {
    const policy = definePolicy<{ amount: number }>('small', ({ resource }) => resource.properties.amount < 10, {
      version: '7',
    });
    expect(policy.name).toBe('small');
    expect(await policy.decide(request)).toEqual({ effect: 'permit', policyId: 'small', policyVersion: '7' });
    expect(await definePolicy('never', () => false).decide(request)).toEqual({ effect: 'deny', policyId: 'never' });
  });

  it('may say why, to what it obliges, and later', async () => {
    const decision = { effect: 'deny', reason: 'too much', obligations: [{ type: 'tell' }] } as const;
    const policy = definePolicy('later', async () => decision);
    expect(await policy.decide(request)).toEqual({ policyId: 'later', ...decision });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['the text true', 'true'],
    ['a number', 1],
    ['an object without effect', {}],
    ['an effect of its own', { effect: 'allow' }],
    ['an effect in a list', { effect: ['permit'] }],
  ])('may not say %s', async (_what, verdict) => {
    await expect(definePolicy('odd', () => verdict as never).decide(request)).rejects.toThrow(
      'the policy odd must return true, false or { effect }',
    );
  });

  it.each<[string, readonly unknown[], string]>([
    ['no name', ['', () => true], 'policy.name'],
    ['an unset name', [undefined, () => true], 'policy.name'],
    ['no function', ['a', true], 'policy.decide'],
    ['a misspelt option', ['a', () => true, { versoin: '1' }], 'policy.options.versoin'],
    ['an unset version', ['a', () => true, { version: undefined }], 'policy.options.version'],
  ])('is refused with %s', (_what, options, option) => {
    const define = definePolicy as (...options: readonly unknown[]) => unknown;
    expect(() => define(...options)).toThrow(expect.objectContaining({ option }) as unknown as Error);
    expect(() => define(...options)).toThrow(ConfigurationError);
  });
});
