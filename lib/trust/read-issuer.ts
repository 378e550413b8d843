import type { Claims } from '../identity/read-claim.js';
import { isGiven, readOptions, readText, readTexts } from '../options.js';
import { grantByRule, grantToService } from './grant-permissions.js';
import type { Issuer } from './issuer.js';
import { openKeySource } from './open-key-source.js';
import { demand } from './profiles/preset.js';
import { rfc9068 } from './profiles/rfc9068.js';
import {
  composeKeyContext,
  type Entry,
  normalizeTypes,
  readOwnAlgorithms,
  readOwnAudience,
  readOwnLifetimes,
  type Surroundings,
} from './read-entry-parts.js';
import { readWildcards } from './read-grants.js';
import { readProfile } from './read-profile.js';
import type { TokenProfile } from './token-profile.js';

const COMMON = ['issuer', 'algorithms', 'audience', 'keys', 'maxStaleSeconds'] as const;
/** RFC 7519 calls them optional. A token that doesn't say whose it is, for whom, and since and until when is refused. */
const ALWAYS_REQUIRED = ['iss', 'aud', 'exp', 'iat'];
/** A service speaks for itself only: it can't say how a user was authenticated, nor act for somebody. */
const SERVICE_FORBIDDEN_CLAIMS = ['acr', 'amr', 'auth_time', 'act', 'sub_id'];

/** A trust entry of an authorization server. */
export function readAuthorizationServer(option: string, entry: object, surroundings: Surroundings): Issuer {
  const server = readOptions(option, entry, [
    ...COMMON,
    'profile',
    'permissions',
    'roles',
    'maxLifetimeSeconds',
    'wildcardGrants',
  ]);
  const issuer = readText(`${option}.issuer`, server.issuer, "'https://idp.example'");
  const audience = readOwnAudience(option, server, surroundings);
  const name = isGiven(server, 'profile') ? server.profile : 'rfc9068';
  const preset = readProfile(`${option}.profile`, name, { option, issuer, audience });
  const profile = readOwnLifetimes(option, server, preset);
  return {
    ...settle(option, server, { issuer, audience, profile }, surroundings),
    ...grantByRule(option, server, { profile, now: surroundings.now, wildcards: readWildcards(option, server) }),
  };
}

/** A trust entry of a service that signs its own tokens. */
export function readService(option: string, entry: object, surroundings: Surroundings): Issuer {
  const server = readOptions(option, entry, [...COMMON, 'service', 'grants', 'mayActFor', 'wildcardGrants']);
  const issuer = readText(`${option}.issuer`, server.issuer, "'https://orders.internal'");
  const audience = readOwnAudience(option, server, surroundings);
  const mayActFor = isGiven(server, 'mayActFor')
    ? new Set(readTexts(`${option}.mayActFor`, server.mayActFor, "['https://idp.example']"))
    : undefined;
  const profile: TokenProfile = {
    ...rfc9068({ option, issuer, audience }),
    name: 'service',
    ...(mayActFor ? { checkClaims: forbidUnlessDelegated } : { forbiddenClaims: SERVICE_FORBIDDEN_CLAIMS }),
  };
  return {
    ...settle(option, server, { issuer, audience, profile }, surroundings),
    service: readText(`${option}.service`, server.service, "'order-service'"),
    ...(mayActFor && { mayActFor }),
    ...grantToService(`${option}.grants`, server.grants, {
      now: surroundings.now,
      wildcards: readWildcards(option, server),
    }),
  };
}

/** On behalf of a user it may say how they were authenticated; of itself it may not. */
function forbidUnlessDelegated(claims: Claims): void {
  if (Object.hasOwn(claims, 'act')) return;
  for (const name of SERVICE_FORBIDDEN_CLAIMS) {
    demand(
      !Object.hasOwn(claims, name),
      `the claim ${name} may not be in a token in which a service speaks for itself`,
    );
  }
}

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
