import { ConfigurationError } from '../errors.js';
import { describeFound, isGiven, readFunction, readOptions, readText } from '../options.js';
import type { Decision, DecisionPoint, DecisionRequest } from './decision.js';

/** What a policy says: yes or no, or a decision with its reason and obligations. */
export type Verdict = boolean | Decision;

/**
 * A policy in this process.
 *
 * @param name what records call it
 * @param decide must return `true`, `false` or a decision; what it throws, or anything else that it returns, is a denial
 * @param options `version`, which stands in records beside the name
 * @throws {ConfigurationError} without a name or a function
 * @example
 * const approvePayment = definePolicy<Payment>('approve-payment', ({ subject, resource }) =>
 *   subject.properties.roles.includes('cfo') || resource.properties.amount <= 10_000);
 */
export function definePolicy<Properties extends object = Readonly<Record<string, unknown>>>(
  name: string,
  decide: (request: ConcreteRequest<Properties>) => Verdict | Promise<Verdict>,
  options: { readonly version?: string } = {},
): DecisionPoint {
  const policyId = readText('policy.name', name, "'approve-payment'");
  const judge = readFunction<typeof decide>('policy.decide', decide);
  const given = readOptions('policy.options', options, ['version']);
  const policyVersion = isGiven(given, 'version')
    ? readText('policy.options.version', given.version, "'2026-11-22'")
    : undefined;
  const named = { policyId, ...(policyVersion !== undefined && { policyVersion }) };
  return Object.freeze<DecisionPoint>({
    name: policyId,
    async decide(request) {
      const verdict: unknown = await judge(request as ConcreteRequest<Properties>);
      if (typeof verdict === 'boolean') return { ...named, effect: verdict ? 'permit' : 'deny' };
      const { effect } = (verdict ?? {}) as { effect?: unknown };
      if (effect === 'permit' || effect === 'deny') return { ...named, ...(verdict as Decision) };
      throw new TypeError(
        `countersign: the policy ${policyId} must return true, false or { effect }, returned ${describeFound(verdict)}`,
      );
    },
  });
}

/** What a loader gave has its properties; without a loader there are none. */
export type ConcreteRequest<Properties extends object> = DecisionRequest<Properties> & {
  readonly resource: { readonly properties: Properties };
};

/** Whoever decides, one or several, out of options. */
export function readDecisionPoints(option: string, value: unknown): readonly DecisionPoint[] {
  if (!Array.isArray(value)) return Object.freeze([readDecisionPoint(value, option)]);
  if (value.length === 0)
    throw new ConfigurationError(option, 'is an empty list; write definePolicy(…), or leave it out');
  return Object.freeze(value.map((point, at) => readDecisionPoint(point, `${option}[${at}]`)));
}

/** Whoever decides, out of options. */
export function readDecisionPoint(value: unknown, option = 'decisionPoint'): DecisionPoint {
  const { name, decide } = (value ?? {}) as Partial<DecisionPoint>;
  if (typeof decide === 'function' && typeof name === 'string' && name !== '') return value as DecisionPoint;
  throw new ConfigurationError(
    option,
    `must be a policy or decision point, found ${describeFound(value)}; write definePolicy('approve-payment', (request) => …)`,
  );
}
