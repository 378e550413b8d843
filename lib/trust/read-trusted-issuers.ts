import { ConfigurationError } from '../errors.js';
import { createEvents, type Events } from '../events/create-events.js';
import { ALGORITHM_NAMES, type AlgorithmName } from '../jose/algorithms.js';
import { readAlgorithms } from '../jose/read-algorithms.js';
import {
  type Clock,
  describeFound,
  isGiven,
  quoteText,
  readNumber,
  readOptions,
  readText,
  readTexts,
} from '../options.js';
import { type GrantPermissions, grantByRule, grantToService } from './grant-permissions.js';
import type { KeySource } from './key-source.js';
import { openKeySource } from './open-key-source.js';
import { normalizeType, readProfile, type TokenProfile } from './token-profile.js';

/** One trusted issuer, settled at start: all that verifying its tokens needs, and nothing of another's. */
export interface Issuer {
  readonly issuer: string;
  readonly profile: TokenProfile;
  /** The profile's types, normalized. */
  readonly types: ReadonlySet<string | null>;
  readonly algorithms: readonly AlgorithmName[];
  readonly audience: ReadonlySet<string>;
  readonly keys: KeySource;
  readonly grant: GrantPermissions;
  /** The only subject that a service which signs its own tokens may name. */
  readonly service?: string;
}

interface Surroundings {
  /** The gate's audience, for issuers that have none of their own. */
  readonly audience: ReadonlySet<string>;
  readonly now: Clock;
  readonly events?: Events;
}

const COMMON = ['issuer', 'algorithms', 'audience', 'keys', 'maxStaleSeconds'] as const;
const DAY_SECONDS = 86_400;

/** A service speaks for itself only: it can't say how a user was authenticated, nor act for somebody. */
const SERVICE_FORBIDDEN_CLAIMS = ['acr', 'amr', 'auth_time', 'act'];

/** The `trust` option as a table by issuer. An entry may be a list, as a test issuer gives. */
export function readTrustedIssuers(value: unknown, surroundings: Surroundings): ReadonlyMap<string, Issuer> {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(
      'trust',
      `must be a non-empty list of issuers, found ${describeFound(value)}; write for example [{ issuer: 'https://idp.example' }]`,
    );
  }
  const issuers = new Map<string, Issuer>();
  const entries = value.flatMap(labelEntries);
  if (entries.length === 0) throw new ConfigurationError('trust', 'trusts nobody: write at least one issuer');
  for (const { option, entry } of entries) {
    const issuer = readTrustedIssuer(option, entry, surroundings);
    if (issuers.has(issuer.issuer)) {
      throw new ConfigurationError(
        `${option}.issuer`,
        `appears twice: ${quoteText(issuer.issuer)}; write one entry for an issuer`,
      );
    }
    issuers.set(issuer.issuer, issuer);
  }
  return issuers;
}

/** Each entry with the place where it was written, an entry of a list within the list too. */
function labelEntries(entry: unknown, at: number): readonly { readonly option: string; readonly entry: unknown }[] {
  if (!Array.isArray(entry)) return [{ option: `trust[${at}]`, entry }];
  return entry.map((inner: unknown, within) => ({ option: `trust[${at}][${within}]`, entry: inner }));
}

function readTrustedIssuer(option: string, entry: unknown, surroundings: Surroundings): Issuer {
  if (typeof entry !== 'object' || entry === null) {
    throw new ConfigurationError(option, `must be an object, found ${describeFound(entry)}`);
  }
  if ('trustDomain' in entry) {
    throw new ConfigurationError(
      `${option}.trustDomain`,
      'is reserved: SPIFFE trust domains are not supported by this version',
    );
  }
  return 'service' in entry
    ? readService(option, entry, surroundings)
    : readAuthorizationServer(option, entry, surroundings);
}

function readAuthorizationServer(option: string, entry: object, surroundings: Surroundings): Issuer {
  const server = readOptions(option, entry, [...COMMON, 'profile', 'permissions']);
  const profile = readProfile(`${option}.profile`, isGiven(server, 'profile') ? server.profile : 'rfc9068');
  const permissions = isGiven(server, 'permissions') ? server.permissions : {};
  return {
    ...readCommon(option, server, profile, surroundings),
    grant: grantByRule(`${option}.permissions`, permissions, profile),
  };
}

function readService(option: string, entry: object, surroundings: Surroundings): Issuer {
  const server = readOptions(option, entry, [...COMMON, 'service', 'grants']);
  const profile = { ...readProfile(option, 'rfc9068'), name: 'service', forbiddenClaims: SERVICE_FORBIDDEN_CLAIMS };
  return {
    ...readCommon(option, server, profile, surroundings),
    service: readText(`${option}.service`, server.service, "'order-service'"),
    grant: grantToService(`${option}.grants`, server.grants),
  };
}

function readCommon(
  option: string,
  entry: Partial<Record<(typeof COMMON)[number], unknown>>,
  profile: TokenProfile,
  { audience, now, events = createEvents() }: Surroundings,
): Omit<Issuer, 'grant'> {
  const issuer = readText(`${option}.issuer`, entry.issuer, "'https://idp.example'");
  const algorithms = isGiven(entry, 'algorithms')
    ? readAlgorithms(`${option}.algorithms`, entry.algorithms)
    : ALGORITHM_NAMES;
  const maxStaleSeconds = isGiven(entry, 'maxStaleSeconds')
    ? readNumber(`${option}.maxStaleSeconds`, entry.maxStaleSeconds, {
        least: 0,
        most: 7 * DAY_SECONDS,
        unit: 'seconds',
      })
    : DAY_SECONDS;
  const keys = isGiven(entry, 'keys') ? entry.keys : { discovery: true };
  return {
    issuer,
    profile,
    types: new Set(profile.types.map((type) => (type === null ? null : normalizeType(type)))),
    algorithms,
    audience: isGiven(entry, 'audience') ? readAudience(`${option}.audience`, entry.audience) : audience,
    keys: openKeySource(`${option}.keys`, keys, { issuer, algorithms, maxStaleSeconds, now, events }),
  };
}

/** What tokens must be meant for: one name or several, any of which will do. */
export function readAudience(option: string, value: unknown): ReadonlySet<string> {
  return new Set(readTexts(option, value, "'api://orders'"));
}
