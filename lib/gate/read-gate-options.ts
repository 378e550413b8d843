import { readOptions } from '../options.js';

const OPTIONS = [
  'service',
  'audience',
  'trust',
  'signing',
  'accessLog',
  'metrics',
  'clockToleranceSeconds',
  'keyDirectory',
  'revocation',
  'tokenMemory',
  'refusalBudget',
  'proof',
  'publicOrigin',
  'publicPathPrefix',
  'dpop',
  'certificates',
  'decisionPoint',
  'signals',
  'obligations',
  'mode',
  'dangerouslyAllowUnauthenticated',
  'challenge',
  'now',
] as const;

/** The options of a gate by their names, their values as they are. @throws {ConfigurationError} for one that is unknown */
export function readGateOptions(options: unknown): Partial<Record<(typeof OPTIONS)[number], unknown>> {
  return readOptions('options', options, OPTIONS);
}
