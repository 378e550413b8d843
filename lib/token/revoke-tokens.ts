import { AccessDenied, ConfigurationError } from '../errors.js';
import { askInTime, askStore, type StoreContext } from '../events/ask-store.js';
import type { Events } from '../events/create-events.js';
import type { Principal } from '../identity/principal.js';
import { type Clock, describeFound, isGiven, readOptionalSwitch, readOptions } from '../options.js';
import type { Trust } from '../trust/read-trusted-issuers.js';
import { type ReadRevocation, type Revocation, readRevocation, WHENEVER } from './read-revocation.js';
import { keepRevocations, type RevocationStore } from './revocation-store.js';

/** Options of revocation. */
export interface RevocationOptions {
  /** Where revocations are kept; the memory of this process by default, which other replicas don't see. */
  readonly store?: RevocationStore;
  /** Lets tokens pass unchecked while the store can't be reached. Left out: they are refused (503 `store_unavailable`). */
  readonly dangerouslyFailOpen?: boolean;
}

/** Tokens that are revoked before their time. */
export interface Revocations {
  /** @throws {ConfigurationError} for a revocation that is none; an Error where the store didn't take it */
  revoke(revocation: Revocation): Promise<void>;
  /** Undefined where nobody has to be asked. @throws {AccessDenied} `token_revoked`, `store_unavailable` */
  check(shown: Shown): Promise<void> | undefined;
}

/** What somebody shows: a token, or a certificate as far as it is like one. */
interface Shown extends Pick<Principal, 'issuer' | 'subject'> {
  readonly token: Pick<Principal['token'], 'id' | 'keyId' | 'issuedAt'>;
}

interface RevocationContext {
  /** Who issues what is shown, and for how many seconds it lives at most. */
  readonly lives: ReadonlyMap<string, number>;
  readonly clockToleranceSeconds: number;
  readonly now: Clock;
  readonly events: Events;
}

/** The longest that anything of each issuer lives, tokens and certificates alike. */
export function listLives({ issuers, certifiers }: Trust): ReadonlyMap<string, number> {
  const names = new Set([...issuers.keys(), ...certifiers.keys()]);
  const longest = (name: string) =>
    Math.max(
      ...Object.values(issuers.get(name)?.profile.maxLifetimeSeconds ?? {}),
      certifiers.get(name)?.maxLifetimeSeconds ?? 0,
    );
  return new Map([...names].map((name) => [name, longest(name)]));
}

/** Revocation by the options of a gate. */
export function createRevocations(value: unknown, context: RevocationContext): Revocations {
  const { lives, clockToleranceSeconds, now, events } = context;
  const given = readOptions('revocation', value, ['store', 'dangerouslyFailOpen']);
  const own = isGiven(given, 'store') ? undefined : keepRevocations(now);
  const store = own ?? readStore(given.store);
  const asking: StoreContext = { store: 'revocation', events, effect: readFailOpen(given) ? 'permit' : 'deny' };

  function endOf({ by, before }: ReadRevocation, lifeSeconds: number): number | undefined {
    if (by === 'keyId') return undefined; // who has the key goes on signing
    return Math.ceil((before === WHENEVER ? now() : before) + lifeSeconds + 2 * clockToleranceSeconds);
  }

  async function revoke(revocation: Revocation): Promise<void> {
    const read = readRevocation(revocation, lives, now());
    const meant = [...lives].filter(([name]) => read.issuer === undefined || read.issuer === name);
    const kept = await Promise.allSettled(meant.map(([name, lifeSeconds]) => keep(read, name, lifeSeconds)));
    const failures = kept.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures[0]?.message} (and for other issuers)`);
    events.emit('tokens_revoked', { by: read.by, ...(read.issuer !== undefined && { issuer: read.issuer }) });
  }

  async function keep(read: ReadRevocation, name: string, lifeSeconds: number): Promise<void> {
    const endsAt = endOf(read, lifeSeconds);
    const entry = { before: read.before, ...(endsAt !== undefined && { endsAt }) };
    const names = [nameOf(read.by, name, read.value)];
    await askInTime(() => store.revokedBefore(names, entry), isAnswerTo(names));
  }

  async function askAbout({ issuer, subject, token }: Shown): Promise<void> {
    const names = [nameOf('issuer', issuer, ''), nameOf('subject', issuer, subject)];
    if (token.id !== undefined) names.push(nameOf('tokenId', issuer, token.id));
    if (token.keyId !== undefined) names.push(nameOf('keyId', issuer, token.keyId));
    for (const before of (await askStore(asking, () => store.revokedBefore(names), isAnswerTo(names))) ?? []) {
      if (before != null && token.issuedAt < before) throw new AccessDenied('token_revoked', 'the token was revoked');
    }
  }

  const isAnswerTo = (names: readonly string[]) => (answer: readonly unknown[]) =>
    Array.isArray(answer) &&
    answer.length === names.length &&
    answer.every((before) => before == null || Number.isFinite(before));

  return { revoke, check: (shown) => (own?.isEmpty() ? undefined : askAbout(shown)) };
}

/** One text for a name, whatever its parts hold. */
function nameOf(by: ReadRevocation['by'], issuer: string, value: string): string {
  return JSON.stringify([by, issuer, value]);
}

function readStore(value: unknown): RevocationStore {
  if (typeof (value as RevocationStore | null | undefined)?.revokedBefore === 'function')
    return value as RevocationStore;
  throw new ConfigurationError(
    'revocation.store',
    `must have a method revokedBefore(names, entry?), found ${describeFound(value)}`,
  );
}

function readFailOpen(options: { readonly dangerouslyFailOpen?: unknown }): boolean {
  const failsOpen = readOptionalSwitch('revocation.dangerouslyFailOpen', options, 'dangerouslyFailOpen');
  if (failsOpen) {
    process.emitWarning('revocation.dangerouslyFailOpen: revoked tokens pass while the store can not be reached', {
      code: 'COUNTERSIGN_DANGEROUSLY_FAIL_OPEN',
    });
  }
  return failsOpen;
}
