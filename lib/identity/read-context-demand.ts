import { ConfigurationError } from '../errors.js';
import { describeFound, isGiven, quoteText, readOptions } from '../options.js';
import { readStepUp, type StepUp, type StepUpOptions } from './read-step-up.js';
import type { RiskLevel } from './risk.js';

/** Under which circumstances callers may come in. */
export interface ContextOptions {
  /** The highest risk at which a request passes as it is: `low` below a score of 0.34, `medium` below 0.67. */
  readonly maxRisk: Exclude<RiskLevel, 'high'>;
  /**
   * What happens above that: `deny`, the default (403 `risk_too_high`), or a step-up: users who were authenticated so pass
   * however high the risk is, others are told so (401, RFC 9470). Give it `maxAgeSeconds`: otherwise a step-up from before the
   * risk rose counts too. Services can't step up, and are denied.
   */
  readonly above?: 'deny' | StepUpOptions;
}

/** What a route asks of the circumstances, checked. */
export interface ContextDemand {
  readonly maxRisk: RiskLevel;
  /** What lets users pass above that; undefined: nothing does. */
  readonly stepUp?: StepUp;
}

const EXAMPLE = "{ maxRisk: 'low' }";
const LIMITS: readonly unknown[] = ['low', 'medium'];

/**
 * @param always what the route asks of every user's authentication: a challenge tells it too, so that a caller who follows it
 *   doesn't come back with one half
 * @throws {ConfigurationError} for a demand without a limit, or with one that lets everybody pass
 */
export function readContextDemand(option: string, value: unknown, always?: StepUp): ContextDemand {
  const given = readOptions(option, value, ['maxRisk', 'above'], EXAMPLE);
  const { maxRisk } = given;
  if (!LIMITS.includes(maxRisk)) {
    const found = typeof maxRisk === 'string' ? quoteText(maxRisk) : describeFound(maxRisk);
    const hint = maxRisk === 'high' ? ', which everybody keeps to' : '';
    throw new ConfigurationError(`${option}.maxRisk`, `must be 'low' or 'medium', found ${found}${hint}`);
  }
  const demand = { maxRisk: maxRisk as RiskLevel };
  if (!isGiven(given, 'above') || given.above === 'deny') return Object.freeze(demand);
  return Object.freeze({ ...demand, stepUp: { ...always, ...readStepUp(`${option}.above`, given.above) } });
}
