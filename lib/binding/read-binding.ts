import { ConfigurationError } from '../errors.js';
import type { AlgorithmName } from '../jose/algorithms.js';
import { readAlgorithms } from '../jose/read-algorithms.js';
import { type Clock, describeFound, isGiven, quoteText, readNumber, readOptions, readText } from '../options.js';
import type { ProofRules, ShownProof } from './check-proof.js';
import { issueNonces, type Nonces } from './issue-nonces.js';
import { normalizeUri, readTargetPath } from './normalize-uri.js';
import { type ReplayStore, rememberProofs } from './replay-store.js';

/** Options of DPoP (RFC 9449). */
export interface DpopOptions {
  /** Algorithms of proofs; the elliptic ones and RSASSA-PSS by default. */
  readonly algorithms?: readonly (AlgorithmName | 'Ed25519')[];
  /** How old a proof may be. Seconds; 60 by default, 300 at most. */
  readonly maxAgeSeconds?: number;
  /**
   * Whether proofs need a nonce of ours (RFC 9449 section 9); they don't by default. Replicas that answer the same callers
   * share a secret of 32 bytes or more.
   */
  readonly nonce?: boolean | { readonly secret: string | Uint8Array };
  /** Where used proofs are remembered; the memory of this process by default, which other replicas don't see. */
  readonly replayStore?: ReplayStore;
}

/** DPoP, settled. */
export interface DpopRules extends ProofRules {
  readonly replays: ReplayStore;
}

const OPTIONS = ['algorithms', 'maxAgeSeconds', 'nonce', 'replayStore'] as const;
/** RSASSA-PKCS1-v1_5 is left out, as in FAPI 2.0 section 5.4. */
const ALGORITHMS: readonly AlgorithmName[] = ['ES256', 'EdDSA', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];
const MIN_SECRET_BYTES = 32;

/** The `dpop` option, checked. */
export function readDpop(
  value: unknown,
  { now, clockToleranceSeconds }: { readonly now: Clock; readonly clockToleranceSeconds: number },
): DpopRules {
  const given = readOptions('dpop', value, OPTIONS);
  const nonces = isGiven(given, 'nonce') ? readNonce(given.nonce, now) : undefined;
  return {
    algorithms: isGiven(given, 'algorithms') ? readAlgorithms('dpop.algorithms', given.algorithms) : ALGORITHMS,
    maxAgeSeconds: isGiven(given, 'maxAgeSeconds')
      ? readNumber('dpop.maxAgeSeconds', given.maxAgeSeconds, { least: 1, most: 300, unit: 'seconds' })
      : 60,
    clockToleranceSeconds,
    ...(nonces && { nonces }),
    replays: isGiven(given, 'replayStore') ? readReplayStore(given.replayStore) : rememberProofs(now),
  };
}

function readNonce(value: unknown, now: Clock): Nonces | undefined {
  if (typeof value === 'boolean') return value ? issueNonces(now) : undefined;
  const { secret } = readOptions('dpop.nonce', value, ['secret'], 'true');
  const isSecret = typeof secret === 'string' || secret instanceof Uint8Array;
  if (!isSecret || Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new ConfigurationError('dpop.nonce.secret', `must be ${MIN_SECRET_BYTES} random bytes or more`);
  }
  return issueNonces(now, secret);
}

function readReplayStore(value: unknown): ReplayStore {
  if (typeof (value as ReplayStore | null | undefined)?.claim === 'function') return value as ReplayStore;
  throw new ConfigurationError(
    'dpop.replayStore',
    `must have a method claim(key, expiresAt), found ${describeFound(value)}`,
  );
}

/** Tells what a request asked for, as its sender named it. */
export type DescribeTarget = (request: {
  readonly method: string;
  readonly target: string;
}) => Omit<ShownProof, 'unverifiedProof'>;

/** Where this service is for its callers. */
export interface PublicPlace {
  /** The origin, with the path that a gateway takes off; without a slash at its end. */
  readonly uri: string;
  readonly describeTarget: DescribeTarget;
}

/**
 * The public place of this service. A proof names it; the request itself is never asked, since `Host` and forwarded headers
 * are the sender's to write.
 */
export function readPublicPlace(options: {
  readonly publicOrigin?: unknown;
  readonly publicPathPrefix?: unknown;
}): PublicPlace | undefined {
  if (!isGiven(options, 'publicOrigin')) {
    if (!isGiven(options, 'publicPathPrefix')) return undefined;
    throw new ConfigurationError('publicPathPrefix', 'has no meaning without publicOrigin');
  }
  const origin = readOrigin(options.publicOrigin);
  const prefix = isGiven(options, 'publicPathPrefix') ? readPrefix(options.publicPathPrefix) : '';
  const uri = `${origin}${prefix}`;
  return {
    uri,
    describeTarget({ method, target }) {
      const path = readTargetPath(target);
      return { method, uri: path === undefined ? undefined : normalizeUri(`${uri}${path}`) };
    },
  };
}

function readOrigin(value: unknown): string {
  const text = readText('publicOrigin', value, "'https://orders.example'");
  // Anything behind the authority would swallow the paths that are put behind it.
  if (/^https?:\/\/[^/?#]+$/i.test(text) && normalizeUri(text) !== undefined && URL.canParse(text)) return text;
  throw new ConfigurationError(
    'publicOrigin',
    `must be an origin without path, found ${quoteText(text)}; write for example 'https://orders.example'`,
  );
}

function readPrefix(value: unknown): string {
  const text = readText('publicPathPrefix', value, "'/orders'");
  const place = `https://orders.example${text}`;
  if (/^(?:\/[A-Za-z0-9._~-]+)+$/.test(text) && normalizeUri(place) === place) return text;
  throw new ConfigurationError(
    'publicPathPrefix',
    `must be a path without a slash at its end, found ${quoteText(text)}; write for example '/orders'`,
  );
}
