import { isGiven, readNumber, readOptions } from '../options.js';
import type { AuthenticToken } from './authenticate-token.js';

/** Options of the memory of verified tokens. */
export interface TokenMemoryOptions {
  /** How many tokens are remembered at most, those that were shown last; 10,000 by default. Of usual size one takes about 1.5 KB. */
  readonly maxTokens?: number;
  /** For how long the signature of a token is taken as verified. Seconds; 60 by default, 300 at most. */
  readonly maxAgeSeconds?: number;
}

/**
 * Signatures that held, and what their tokens say. Neither the time nor the sender, the permissions or a revocation is
 * remembered: those are judged anew on each request.
 */
export interface TokenMemory {
  /** What this very token says, if it was verified a short while ago, with a key that its issuer still has. */
  recall(token: string, now: number): AuthenticToken | undefined;
  /** Keeps what an accepted token says. */
  keep(token: string, authentic: AuthenticToken, now: number): void;
  forgetAll(): void;
}

interface Remembered {
  readonly token: string;
  readonly authentic: AuthenticToken;
  readonly from: number;
  readonly until: number;
}

/**
 * The last letters of a signature tell tokens apart as well as all of them do, and are found in a third of the time. What
 * is found counts only where the whole token is the same.
 */
const TAIL_LETTERS = 22;

/** A memory by the options of a gate or verifier; undefined where there is to be none. @throws {ConfigurationError} */
export function readTokenMemory(options: { readonly tokenMemory?: unknown }): TokenMemory | undefined {
  if (options.tokenMemory === false) return undefined;
  const value = isGiven(options, 'tokenMemory') ? options.tokenMemory : {};
  const given = readOptions('tokenMemory', value, ['maxTokens', 'maxAgeSeconds']);
  return rememberTokens({
    maxTokens: isGiven(given, 'maxTokens')
      ? readNumber('tokenMemory.maxTokens', given.maxTokens, { least: 2, most: 1_000_000, unit: 'tokens' })
      : 10_000,
    maxAgeSeconds: isGiven(given, 'maxAgeSeconds')
      ? readNumber('tokenMemory.maxAgeSeconds', given.maxAgeSeconds, { least: 1, most: 300, unit: 'seconds' })
      : 60,
  });
}

/**
 * Two generations: tokens that are shown move to the younger one. When it is full, it becomes the older one, and what
 * nobody showed meanwhile is forgotten. Each token is moved once a generation, where a list of the last ones shown would
 * be rewritten by each request.
 */
function rememberTokens({ maxTokens, maxAgeSeconds }: Required<TokenMemoryOptions>): TokenMemory {
  const half = Math.floor(maxTokens / 2);
  let young = new Map<string, Remembered>();
  let old = new Map<string, Remembered>();

  function hold(name: string, remembered: Remembered): void {
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(name, remembered);
  }

  function find(token: string): Remembered | undefined {
    if (typeof token !== 'string') return undefined; // it comes from outside
    const name = nameOf(token);
    const fresh = young.get(name);
    const found = fresh ?? old.get(name);
    if (found?.token !== token) return undefined;
    if (!fresh) hold(nameOf(found.token), found); // by its own text: the one that was shown now is not kept
    return found;
  }

  return {
    recall(token, now) {
      const found = find(token);
      if (!found || !isInDate(found, now)) return undefined;
      const { issuer, key } = found.authentic;
      return issuer.keys.holds(key) ? grantAnew(found.authentic) : undefined;
    },
    keep(token, authentic, now) {
      const until = Math.min(authentic.claims.exp, now + maxAgeSeconds);
      hold(nameOf(token), { token, authentic, from: now, until });
    },
    forgetAll() {
      young = new Map();
      old = new Map();
    },
  };
}

/** A clock that was set back makes a memory older, not younger. */
function isInDate({ from, until }: Remembered, now: number): boolean {
  return from <= now && now < until;
}

function nameOf(token: string): string {
  return token.slice(-TAIL_LETTERS);
}

/** What a caller is granted may have changed since: some grants end. */
function grantAnew(authentic: AuthenticToken): AuthenticToken {
  const { principal, claims, issuer } = authentic;
  const permissions = issuer.grant(claims, principal);
  return permissions === principal.permissions
    ? authentic
    : { ...authentic, principal: Object.freeze({ ...principal, permissions }) };
}
