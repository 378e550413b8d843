import { AccessDenied, ConfigurationError } from '../errors.js';
import { askInTime, askStore, type StoreContext } from '../events/ask-store.js';
import type { Events } from '../events/create-events.js';
import type { Principal } from '../identity/principal.js';
import { type Clock, describeFound, isGiven, readOptionalSwitch, readOptions } from '../options.js';
import type { Issuer } from '../trust/issuer.js';
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
  /** @throws {AccessDenied} `token_revoked`, `store_unavailable` */
  check(principal: Principal): Promise<void>;
}

interface RevocationContext {
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly clockToleranceSeconds: number;
  readonly now: Clock;
  readonly events: Events;
}

/** Revocation by the options of a gate. */
export function createRevocations(value: unknown, context: RevocationContext): Revocations {
  const { issuers, clockToleranceSeconds, now, events } = context;
  const given = readOptions('revocation', value, ['store', 'dangerouslyFailOpen']);
  const store = isGiven(given, 'store') ? readStore(given.store) : keepRevocations(now);
  const asking: StoreContext = { store: 'revocation', events, effect: readFailOpen(given) ? 'permit' : 'deny' };

  /** The longest that any token of the issuer could still be shown, once it was issued. */
  function longestLife({ profile }: Issuer): number {
    return Math.max(...Object.values(profile.maxLifetimeSeconds)) + 2 * clockToleranceSeconds;
  }

  function endOf({ by, before }: ReadRevocation, issuer: Issuer): number | undefined {
    if (by === 'keyId') return undefined; // who has the key goes on signing
    return Math.ceil((before === WHENEVER ? now() : before) + longestLife(issuer));
  }

  async function revoke(revocation: Revocation): Promise<void> {
    const read = readRevocation(revocation, issuers, now());
    const meant = [...issuers].filter(([name]) => read.issuer === undefined || read.issuer === name);
    const kept = await Promise.allSettled(meant.map(([name, issuer]) => keep(read, name, issuer)));
    const failures = kept.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `${failures[0]?.message} (and for other issuers)`);
    events.emit('tokens_revoked', { by: read.by, ...(read.issuer !== undefined && { issuer: read.issuer }) });
  }

  async function keep(read: ReadRevocation, name: string, issuer: Issuer): Promise<void> {
    const endsAt = endOf(read, issuer);
    const entry = { before: read.before, ...(endsAt !== undefined && { endsAt }) };
    const names = [nameOf(read.by, name, read.value)];
    await askInTime(() => store.revokedBefore(names, entry), isAnswerTo(names));
  }

  async function check({ issuer, subject, token }: Principal): Promise<void> {
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

  return { revoke, check };
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
