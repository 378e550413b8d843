import { ConfigurationError } from '../errors.js';
import { findUncovered } from './find-uncovered.js';
import type { LedgerEntry } from './ledger-entry.js';

/**
 * Returns when nothing can be reached unjudged.
 *
 * @throws {ConfigurationError} names everything that can
 */
export function assertCovered(entries: readonly LedgerEntry[]): void {
  const uncovered = findUncovered(entries);
  if (uncovered.length === 0) return;
  throw new ConfigurationError(
    'routes',
    `are not all covered:\n${uncovered.map((sentence) => `  - ${sentence}`).join('\n')}`,
  );
}
