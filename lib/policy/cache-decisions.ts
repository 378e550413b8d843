import { type Clock, isGiven, readNumber, readOptions } from '../options.js';
import type { Decision, DecisionRequest } from './decision.js';
import { hashRequest } from './hash-request.js';

/** For how long, and how many, decisions are kept. */
export interface DecisionCacheOptions {
  /** For so many seconds a decision holds, from 0.1 to 3600: for so long a change of policy may go unnoticed. */
  readonly maxAgeSeconds: number;
  /** So many decisions are kept at most, 10,000 by default; the oldest one makes room. */
  readonly maxEntries?: number;
}

/** The decision that was made on such a request a while ago, where it is kept, else the one that `decide` makes. */
export type RecallDecision = (request: DecisionRequest, decide: () => Promise<Decision>) => Promise<Decision>;

const EXAMPLE = '{ maxAgeSeconds: 5 }';
const MAX_ENTRIES = 10_000;

/**
 * Keeps permits and denials, and never a failure. The key is the SHA-256 of the whole request, less exactly two members
 * of its context that differ each time: `time` and `requestId`. An answer that names another version of the policy empties it.
 *
 * @throws {ConfigurationError} names the option
 */
export function cacheDecisions(option: string, value: unknown, now: Clock): RecallDecision {
  const given = readOptions(option, value, ['maxAgeSeconds', 'maxEntries'], EXAMPLE);
  const maxAgeSeconds = readNumber(`${option}.maxAgeSeconds`, given.maxAgeSeconds, {
    least: 0.1,
    most: 3600,
    unit: 'seconds',
  });
  const maxEntries = isGiven(given, 'maxEntries')
    ? readNumber(`${option}.maxEntries`, given.maxEntries, { least: 1, most: 1_000_000, unit: 'decisions' })
    : MAX_ENTRIES;
  const kept = new Map<string, { readonly decision: Decision; readonly keptAt: number }>();
  let version: string | undefined;

  function keep(key: string, decision: Decision): void {
    const { policyVersion } = decision;
    if (policyVersion !== undefined && policyVersion !== version) {
      version = policyVersion;
      kept.clear();
    }
    kept.delete(key);
    for (const oldest of kept.keys()) {
      if (kept.size < maxEntries) break;
      kept.delete(oldest);
    }
    kept.set(key, { decision, keptAt: now() });
  }

  return async function recallDecision(request, decide) {
    const key = hashRequest(request);
    const found = kept.get(key);
    // A clock that was set back makes decisions old, not young.
    if (found && Math.abs(now() - found.keptAt) < maxAgeSeconds) return found.decision;
    const decision = await decide();
    keep(key, decision);
    return decision;
  };
}
