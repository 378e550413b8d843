import { AccessDenied } from '../errors.js';
import type { Events } from '../events/create-events.js';
import { findKey, isKeyFor } from '../jose/find-key.js';
import type { VerificationKey } from '../jose/import-public-key.js';
import type { JoseHeader } from '../jose/parse-compact-jws.js';
import type { Clock } from '../options.js';
import type { Authorities } from './import-authorities.js';
import { type ImportedKeySet, importKeySet, type KeyRules } from './import-key-set.js';
import type { FetchKeys, KeySource, KeyStatus } from './key-source.js';
import type { HeldKeys, KeyFile } from './open-key-file.js';

/** For so long keys are fresh where their source says nothing; what it says counts from a minute to an hour. */
const FRESH_SECONDS = { otherwise: 600, least: 60, most: 3600 };
/** Busy callers have the next set fetched before the last one is out of date. */
const REFRESH_AHEAD = 0.8;
/** An unknown `kid` may mean a new key, or nothing: it costs one fetch in this time. */
const UNKNOWN_KEY_COOLDOWN_SECONDS = 30;
const MAX_BACK_OFF_SECONDS = 30;
/** Callers whose keys may still serve wait no longer for the next set. */
const PATIENCE_MILLISECONDS = 1000;
/** For so long a failure says something about the present. */
const FAILURE_COUNTS_SECONDS = 2 * MAX_BACK_OFF_SECONDS;

interface RemoteKeys {
  readonly issuer: string;
  readonly rules: KeyRules;
  readonly maxStaleSeconds: number;
  readonly now: Clock;
  readonly events: Events;
  readonly fetchKeys: FetchKeys;
  /** Where the last good set outlives the process. */
  readonly file?: KeyFile | undefined;
}

/**
 * An issuer's keys from afar. One fetch at a time; fetched ahead of need; each answer replaces the set as a whole; the
 * last good set outlives an outage by `maxStaleSeconds`; failures back off from 1 to 30 seconds.
 */
export function cacheRemoteKeys({
  issuer,
  rules,
  maxStaleSeconds,
  now,
  events,
  fetchKeys,
  file,
}: RemoteKeys): KeySource {
  let held: HeldKeys | undefined = file?.load();
  let inFlight: Promise<void> | undefined;
  let failures = 0;
  let failedAt = Number.NEGATIVE_INFINITY;
  let retryAt = 0;
  let unknownKeyFetchAt = Number.NEGATIVE_INFINITY;

  /** It doesn't throw: afterwards `held` tells what there is. */
  function refresh(): Promise<void> {
    inFlight ??= fetchOnce().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  }

  async function fetchOnce(): Promise<void> {
    try {
      const fetched = await fetchKeys();
      const { keys, authorities } = importUsable(fetched.keys);
      held = { keys, authorities, fetchedAt: now(), freshSeconds: boundFreshness(fetched.maxAgeSeconds) };
      failures = 0;
      retryAt = 0;
      events.emit('keys_fetched', { issuer });
      file?.save(held);
    } catch (cause) {
      failedAt = now();
      retryAt = failedAt + backOff(failures++);
      events.emit('keys_fetched', { issuer, error: cause as Error });
      const { usable, stale, ageSeconds } = status();
      if (usable && stale) events.emit('keys_stale', { issuer, ageSeconds: ageSeconds ?? 0 });
    }
  }

  /** An empty set is an answer: every key was withdrawn. One in which nothing can be used is a mistake of somebody's. */
  function importUsable(jwks: unknown): ImportedKeySet {
    const imported = importKeySet(jwks, rules);
    const [first] = imported.unusable;
    if (imported.keys.length > 0 || !first || rules.purpose === 'jwt-svid') return imported;
    throw new Error(`none of the keys of ${issuer} can be used: the first one ${first.message}`);
  }

  function status(): KeyStatus {
    if (!held) return { usable: false, stale: false };
    const ageSeconds = ageOf(held.fetchedAt);
    const holdsAny = held.keys.length > 0 || held.authorities.length > 0;
    return { usable: isInBounds() && holdsAny, stale: isPastTime() && failures > 0, ageSeconds };
  }

  function isPastTime(): boolean {
    return held !== undefined && ageOf(held.fetchedAt) > held.freshSeconds;
  }

  function isInBounds(): boolean {
    return held !== undefined && ageOf(held.fetchedAt) <= Math.max(held.freshSeconds, maxStaleSeconds);
  }

  /** A clock that was set back makes keys old, not young: they are asked for anew. */
  function ageOf(time: number): number {
    return Math.abs(now() - time);
  }

  function isYoung(): boolean {
    return held !== undefined && ageOf(held.fetchedAt) <= held.freshSeconds * REFRESH_AHEAD;
  }

  function isWaiting(): boolean {
    return retryAt > now() && retryAt - now() <= MAX_BACK_OFF_SECONDS;
  }

  /** Asks for keys where it is time to; waits for the answer, and says so, only where the keys in hand would not do. */
  async function keepFresh(): Promise<boolean> {
    if (isYoung() || (!inFlight && isWaiting())) return false;
    // Out of date and nothing known to be wrong now: nobody called for a while. A key may have been withdrawn meanwhile.
    const mayServe = isInBounds();
    const mustWait = !mayServe || (isPastTime() && ageOf(failedAt) > FAILURE_COUNTS_SECONDS);
    const refreshed = refresh();
    if (!mustWait) return false;
    await (mayServe ? Promise.race([refreshed, patience()]) : refreshed);
    return !inFlight;
  }

  async function fetchForUnknownKey(): Promise<void> {
    if (!inFlight && (isWaiting() || ageOf(unknownKeyFetchAt) < UNKNOWN_KEY_COOLDOWN_SECONDS)) return;
    unknownKeyFetchAt = now();
    await refresh();
  }

  function refuseForNow(message: string): never {
    throw new AccessDenied('keys_unavailable', message, { retryAfterSeconds: Math.max(1, Math.ceil(retryAt - now())) });
  }

  function usable(): HeldKeys {
    return held && isInBounds() ? held : refuseForNow(`the keys of ${issuer} can't be obtained`);
  }

  async function findKeyAfterRefresh(header: JoseHeader): Promise<VerificationKey> {
    const isJustFetched = await keepFresh();
    if (mayBeNew(usable().keys, header)) {
      if (!isJustFetched) await fetchForUnknownKey();
      // Nobody can tell a made-up name from a key that was added during the outage.
      if (failures > 0) refuseForNow(`${issuer} can't be asked for a key that is not known yet`);
    }
    return findKey(usable().keys, header);
  }

  async function findAuthoritiesAfterRefresh(tried?: Authorities): Promise<Authorities> {
    const isJustFetched = await keepFresh();
    if (!isJustFetched && usable().authorities === tried) await fetchForUnknownKey();
    const { authorities } = usable();
    if (failures > 0 && authorities === tried) refuseForNow(`${issuer} can't be asked for authorities that are newer`);
    return authorities;
  }

  return {
    findAuthorities(tried) {
      return held && isYoung() && tried === undefined ? held.authorities : findAuthoritiesAfterRefresh(tried);
    },
    findKey(header) {
      return held && isYoung() && !mayBeNew(held.keys, header)
        ? findKey(held.keys, header)
        : findKeyAfterRefresh(header);
    },
    holds: (key) => held !== undefined && isYoung() && held.keys.includes(key),
    status,
    warm: async () => void (await keepFresh()),
  };
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MILLISECONDS).unref());
}

function boundFreshness(seconds: number = FRESH_SECONDS.otherwise): number {
  return Math.min(FRESH_SECONDS.most, Math.max(FRESH_SECONDS.least, seconds));
}

/** Whether the issuer could have added the key since the set was fetched. */
function mayBeNew(keys: readonly VerificationKey[], { alg, kid }: JoseHeader): boolean {
  return kid === undefined ? !keys.some((key) => isKeyFor(key, alg)) : !keys.some((key) => key.keyId === kid);
}

/** 1, 2, 4 … 30 seconds, each shortened by up to a quarter so that many services don't come back at once. */
function backOff(failures: number): number {
  return Math.min(MAX_BACK_OFF_SECONDS, 2 ** failures) * (1 - Math.random() / 4);
}
