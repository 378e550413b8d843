import { ConfigurationError } from '../errors.js';
import { createEvents, type Events } from '../events/create-events.js';
import { parseSpiffeId } from '../identity/parse-spiffe-id.js';
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
import { grantToWorkloads } from './grant-to-workloads.js';
import type { KeyRules } from './import-key-set.js';
import type { KeySource } from './key-source.js';
import { openBundle } from './open-bundle.js';
import { type KeySourceContext, openKeySource } from './open-key-source.js';
import { rfc9068 } from './profiles/rfc9068.js';
import { spiffe } from './profiles/spiffe.js';
import { readProfile, withLifetimes } from './read-profile.js';
import { normalizeType, type TokenProfile } from './token-profile.js';

/** One trusted issuer, settled at start: all that verifying its tokens needs, and nothing of another's. */
export interface Issuer {
  /** As in `iss`; of a trust domain, its SPIFFE ID. */
  readonly issuer: string;
  readonly profile: TokenProfile;
  /** The profile's types, normalized. */
  readonly types: ReadonlySet<string | null>;
  /** Every claim that must be there. */
  readonly requiredClaims: ReadonlySet<string>;
  readonly algorithms: readonly AlgorithmName[];
  readonly audience: ReadonlySet<string>;
  readonly keys: KeySource;
  readonly grant: GrantPermissions;
  /** The only subject that a service which signs its own tokens may name. */
  readonly service?: string;
  /** It is a SPIFFE trust domain: its tokens are known by their subject. */
  readonly isTrustDomain?: true;
}

interface Surroundings {
  /** The gate's audience, for issuers that have none of their own. */
  readonly audience: ReadonlySet<string>;
  readonly now: Clock;
  readonly events?: Events;
  /** Where last good key sets are kept on disk, if anywhere. */
  readonly keyDirectory?: string | undefined;
}

const COMMON = ['issuer', 'algorithms', 'audience', 'keys', 'maxStaleSeconds'] as const;
/** RFC 7519 calls them optional. A token that doesn't say whose it is, for whom, and since and until when is refused. */
const ALWAYS_REQUIRED = ['iss', 'aud', 'exp', 'iat'];
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
        `${option}.${issuer.isTrustDomain ? 'trustDomain' : 'issuer'}`,
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
  if ('trustDomain' in entry) return readTrustDomain(option, entry, surroundings);
  return 'service' in entry
    ? readService(option, entry, surroundings)
    : readAuthorizationServer(option, entry, surroundings);
}

function readAuthorizationServer(option: string, entry: object, surroundings: Surroundings): Issuer {
  const server = readOptions(option, entry, [...COMMON, 'profile', 'permissions', 'roles', 'maxLifetimeSeconds']);
  const issuer = readText(`${option}.issuer`, server.issuer, "'https://idp.example'");
  const audience = readOwnAudience(option, server, surroundings);
  const name = isGiven(server, 'profile') ? server.profile : 'rfc9068';
  const preset = readProfile(`${option}.profile`, name, { option, issuer, audience });
  const profile = readOwnLifetimes(option, server, preset);
  return {
    ...settle(option, server, { issuer, audience, profile }, surroundings),
    grant: grantByRule(option, server, profile),
  };
}

function readService(option: string, entry: object, surroundings: Surroundings): Issuer {
  const server = readOptions(option, entry, [...COMMON, 'service', 'grants']);
  const issuer = readText(`${option}.issuer`, server.issuer, "'https://orders.internal'");
  const audience = readOwnAudience(option, server, surroundings);
  const profile = {
    ...rfc9068({ option, issuer, audience }),
    name: 'service',
    forbiddenClaims: SERVICE_FORBIDDEN_CLAIMS,
  };
  return {
    ...settle(option, server, { issuer, audience, profile }, surroundings),
    service: readText(`${option}.service`, server.service, "'order-service'"),
    grant: grantToService(`${option}.grants`, server.grants),
  };
}

function readTrustDomain(option: string, entry: object, surroundings: Surroundings): Issuer {
  const domain = readOptions(option, entry, [
    'trustDomain',
    'bundle',
    'grants',
    'algorithms',
    'audience',
    'maxStaleSeconds',
    'maxLifetimeSeconds',
  ]);
  const trustDomain = readDomainName(`${option}.trustDomain`, domain.trustDomain);
  const issuer = `spiffe://${trustDomain}`;
  const audience = readOwnAudience(option, domain, surroundings);
  const profile = readOwnLifetimes(option, domain, spiffe(trustDomain));
  const algorithms = readOwnAlgorithms(option, domain, profile);
  if (algorithms.includes('EdDSA')) {
    throw new ConfigurationError(`${option}.algorithms`, 'may not hold EdDSA, which JWT-SVIDs exclude (section 2.1)');
  }
  const context = composeKeyContext(option, domain, { issuer, algorithms, purpose: 'jwt-svid' }, surroundings);
  return {
    issuer,
    profile,
    types: normalizeTypes(profile),
    requiredClaims: new Set(['aud', 'exp', ...profile.requiredClaims]), // JWT-SVID section 3
    algorithms,
    audience,
    keys: openBundle(`${option}.bundle`, domain.bundle, context),
    grant: grantToWorkloads(`${option}.grants`, domain.grants, trustDomain),
    isTrustDomain: true,
  };
}

/** What a trust entry of any kind may hold. */
type Entry = Partial<
  Record<'algorithms' | 'audience' | 'keys' | 'maxStaleSeconds' | 'maxLifetimeSeconds' | 'issuer', unknown>
>;

function settle(
  option: string,
  entry: Entry,
  { issuer, audience, profile }: Pick<Issuer, 'issuer' | 'audience' | 'profile'>,
  surroundings: Surroundings,
): Omit<Issuer, 'grant'> {
  const algorithms = readOwnAlgorithms(option, entry, profile);
  const context = composeKeyContext(option, entry, { issuer, algorithms, purpose: 'sig' }, surroundings);
  const required = new Set([...ALWAYS_REQUIRED, ...profile.requiredClaims]);
  if (profile.claims.audience !== undefined) required.delete('aud');
  return {
    issuer,
    profile,
    types: normalizeTypes(profile),
    requiredClaims: required,
    algorithms,
    audience,
    keys: openKeySource(`${option}.keys`, isGiven(entry, 'keys') ? entry.keys : { discovery: true }, context),
  };
}

function composeKeyContext(
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

function readOwnAudience(option: string, entry: Entry, { audience }: Surroundings): ReadonlySet<string> {
  return isGiven(entry, 'audience') ? readAudience(`${option}.audience`, entry.audience) : audience;
}

function readOwnAlgorithms(option: string, entry: Entry, { algorithms }: TokenProfile): readonly AlgorithmName[] {
  if (isGiven(entry, 'algorithms')) return readAlgorithms(`${option}.algorithms`, entry.algorithms);
  return algorithms ? readAlgorithms(`${option}.profile.algorithms`, algorithms) : ALGORITHM_NAMES;
}

function readOwnLifetimes(option: string, entry: Entry, profile: TokenProfile): TokenProfile {
  if (!isGiven(entry, 'maxLifetimeSeconds')) return profile;
  return withLifetimes(`${option}.maxLifetimeSeconds`, entry.maxLifetimeSeconds, profile);
}

function readDomainName(option: string, value: unknown): string {
  const name = readText(option, value, "'example.org'");
  try {
    return parseSpiffeId(`spiffe://${name}`).path === '' ? name : refuseDomain(option, name);
  } catch {
    return refuseDomain(option, name);
  }
}

function refuseDomain(option: string, name: string): never {
  throw new ConfigurationError(
    option,
    `must be the name of a trust domain, found ${quoteText(name)}; write for example 'example.org', without spiffe:// and path`,
  );
}

function normalizeTypes({ types }: TokenProfile): ReadonlySet<string | null> {
  return new Set(types.map((type) => (type === null ? null : normalizeType(type))));
}

/** What tokens must be meant for: one name or several, any of which will do. */
export function readAudience(option: string, value: unknown): ReadonlySet<string> {
  return new Set(readTexts(option, value, "'api://orders'"));
}
