import { createEvents, type Events } from '../events/create-events.js';
import { ALGORITHM_NAMES, type AlgorithmName } from '../jose/algorithms.js';
import { readAlgorithms } from '../jose/read-algorithms.js';
import { type Clock, isGiven, readNumber, readTexts } from '../options.js';
import type { KeyRules } from './import-key-set.js';
import type { KeySourceContext } from './open-key-source.js';
import { withLifetimes } from './read-profile.js';
import { normalizeType, type TokenProfile } from './token-profile.js';

/** What surrounds the trust entries of one gate. */
export interface Surroundings {
  /** The gate's audience, for issuers that have none of their own. */
  readonly audience: ReadonlySet<string>;
  readonly now: Clock;
  readonly events?: Events;
  /** Where last good key sets are kept on disk, if anywhere. */
  readonly keyDirectory?: string | undefined;
  /** Certificates name callers here, so that authorities mean something. */
  readonly certificatesName?: boolean;
}

/** What a trust entry of any kind may hold. */
export type Entry = Partial<
  Record<'algorithms' | 'audience' | 'keys' | 'maxStaleSeconds' | 'maxLifetimeSeconds', unknown>
>;

const DAY_SECONDS = 86_400;

/** What the source of an entry's keys needs. */
export function composeKeyContext(
  option: string,
  entry: Entry,
  { issuer, ...rules }: { readonly issuer: string } & KeyRules,
  { now, events = createEvents(), keyDirectory }: Surroundings,
): KeySourceContext {
  const maxStaleSeconds = isGiven(entry, 'maxStaleSeconds')
    ? readNumber(`${option}.maxStaleSeconds`, entry.maxStaleSeconds, {
        least: 0,
        most: 7 * DAY_SECONDS,
        unit: 'seconds',
      })
    : DAY_SECONDS;
  return { issuer, rules, maxStaleSeconds, now, events, directory: keyDirectory };
}

/** The entry's audience, the gate's where it has none. */
export function readOwnAudience(option: string, entry: Entry, { audience }: Surroundings): ReadonlySet<string> {
  return isGiven(entry, 'audience') ? readAudience(`${option}.audience`, entry.audience) : audience;
}

/** The entry's algorithms, the profile's where it names none, else all. */
export function readOwnAlgorithms(
  option: string,
  entry: Entry,
  { algorithms }: TokenProfile,
): readonly AlgorithmName[] {
  if (isGiven(entry, 'algorithms')) return readAlgorithms(`${option}.algorithms`, entry.algorithms);
  return algorithms ? readAlgorithms(`${option}.profile.algorithms`, algorithms) : ALGORITHM_NAMES;
}

/** The profile with the entry's lifetimes. */
export function readOwnLifetimes(option: string, entry: Entry, profile: TokenProfile): TokenProfile {
  if (!isGiven(entry, 'maxLifetimeSeconds')) return profile;
  return withLifetimes(`${option}.maxLifetimeSeconds`, entry.maxLifetimeSeconds, profile);
}

/** The types of a profile, to compare with. */
export function normalizeTypes({ types }: TokenProfile): ReadonlySet<string | null> {
  return new Set(types.map((type) => (type === null ? null : normalizeType(type))));
}

/** What tokens must be meant for: one name or several, any of which will do. */
export function readAudience(option: string, value: unknown): ReadonlySet<string> {
  return new Set(readTexts(option, value, "'api://orders'"));
}
