import { AccessDenied, type ReasonCode } from '../errors.js';
import { namePeer } from '../http/name-peer.js';
import { refusals } from '../http/refusals.js';
import { type Clock, readNumber, readOptions } from '../options.js';

/** Options of the budget: so many refused credentials from one peer within so much time. */
export interface RefusalBudgetOptions {
  /** How many refused credentials of one peer (its address; of IPv6 its network) are judged and recorded one by one. Expired ones don't count. */
  readonly refusals: number;
  /** The time within which they count. Seconds, 3600 at most. */
  readonly seconds: number;
}

/** How many credentials of a peer may be refused before it is heard no more for a while. */
export interface RefusalBudget {
  /** @throws {AccessDenied} `rate_limited`, until the peer's time is over */
  check(address: string | undefined): void;
  /** A credential of the peer was refused, for this reason. */
  spend(address: string | undefined, reason: ReasonCode): void;
}

interface Account {
  readonly until: number;
  spent: number;
}

/** Peers that are kept account of; beyond that the one whose time began first is forgotten. */
const MOST_PEERS = 10_000;

/** The budget by the options of a gate. @throws {ConfigurationError} */
export function readRefusalBudget(value: unknown, now: Clock): RefusalBudget {
  const given = readOptions('refusalBudget', value, ['refusals', 'seconds'], '{ refusals: 100, seconds: 10 }');
  const limits = { least: 1, unit: 'refusals' };
  return budgetRefusals(now, {
    refusals: Math.floor(readNumber('refusalBudget.refusals', given.refusals, { ...limits, most: 1_000_000 })),
    seconds: readNumber('refusalBudget.seconds', given.seconds, { least: 1, most: 3600, unit: 'seconds' }),
  });
}

function budgetRefusals(now: Clock, { refusals: budget, seconds }: RefusalBudgetOptions): RefusalBudget {
  const accounts = new Map<string, Account>();

  function accountOf(peer: string | undefined): Account | undefined {
    const account = peer === undefined ? undefined : accounts.get(peer);
    const left = account ? account.until - now() : 0;
    return left > 0 && left <= seconds ? account : undefined; // or a clock was set back
  }

  function openAccount(peer: string): Account {
    accounts.delete(peer);
    const [oldest] = accounts.keys();
    if (accounts.size >= MOST_PEERS && oldest !== undefined) accounts.delete(oldest);
    const account = { until: now() + seconds, spent: 0 };
    accounts.set(peer, account);
    return account;
  }

  return {
    check(address) {
      const account = accountOf(namePeer(address));
      if (!account || account.spent < budget) return;
      const retryAfterSeconds = Math.max(1, Math.ceil(account.until - now()));
      throw new AccessDenied('rate_limited', 'too many credentials of this peer were refused', { retryAfterSeconds });
    },
    spend(address, reason) {
      const peer = namePeer(address);
      if (peer === undefined || !isSuspect(reason)) return;
      const account = accountOf(peer) ?? openAccount(peer);
      account.spent++;
    },
  };
}

/** A credential that is refused as such. One that has expired is not: honest callers show those every day. */
function isSuspect(reason: ReasonCode): boolean {
  const { status, error, severity } = refusals[reason];
  return status === 401 && error !== undefined && severity === 'warning';
}
