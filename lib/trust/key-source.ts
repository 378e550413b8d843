import type { VerificationKey } from '../jose/import-public-key.js';
import type { JoseHeader } from '../jose/parse-compact-jws.js';
import type { Authorities } from './import-authorities.js';

/** How an issuer's keys stand. */
export interface KeyStatus {
  /** There are keys to verify with. */
  readonly usable: boolean;
  /** They are past their time, because their source can't be reached. */
  readonly stale: boolean;
  /** Seconds since they were fetched; 0 for keys from the configuration, undefined where none were got yet. */
  readonly ageSeconds?: number;
}

/** The keys of one issuer, and of no other. */
export interface KeySource {
  /**
   * The key that the header names.
   *
   * @throws {AccessDenied} `key_unknown`, `algorithm_refused`, or `keys_unavailable` where nobody can tell
   */
  findKey(header: JoseHeader): VerificationKey | Promise<VerificationKey>;
  /** Whether the key is one of those that are fresh, so that nobody has to be asked about it. */
  holds(key: VerificationKey): boolean;
  /**
   * The certificates that vouch for those of workloads, where the source has any. `tried` are those that would not do: there
   * may be newer ones.
   *
   * @throws {AccessDenied} `keys_unavailable`
   */
  findAuthorities(tried?: Authorities): Authorities | Promise<Authorities>;
  status(): KeyStatus;
  /** Fetches keys where there are none that are fresh; it doesn't throw. */
  warm(): Promise<void>;
}

/** A set of JWKs as its source gave it. */
export interface FetchedKeys {
  readonly keys: unknown;
  /** For how long its source calls it fresh, where it does. */
  readonly maxAgeSeconds?: number | undefined;
}

/** Gets an issuer's JWKs, within a bounded time. */
export type FetchKeys = () => Promise<FetchedKeys>;
