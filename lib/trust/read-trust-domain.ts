import { ConfigurationError } from '../errors.js';
import { parseSpiffeId } from '../identity/parse-spiffe-id.js';
import { quoteText, readOptions, readText } from '../options.js';
import type { Certifier } from './certifier.js';
import { grantToWorkloads } from './grant-to-workloads.js';
import type { Issuer } from './issuer.js';
import { openBundle } from './open-bundle.js';
import { spiffe } from './profiles/spiffe.js';
import { readCertificateLifetime } from './read-certificate-authority.js';
import {
  composeKeyContext,
  normalizeTypes,
  readOwnAlgorithms,
  readOwnAudience,
  readOwnLifetimes,
  type Surroundings,
} from './read-entry-parts.js';
import { readWildcards } from './read-grants.js';
import { readSvid } from './read-svid.js';

/** A trust entry of a SPIFFE trust domain. */
export function readTrustDomain(
  option: string,
  entry: object,
  surroundings: Surroundings,
): { readonly issuer: Issuer; readonly certifier: Certifier } {
  const domain = readOptions(option, entry, [
    'trustDomain',
    'bundle',
    'grants',
    'algorithms',
    'audience',
    'maxStaleSeconds',
    'maxLifetimeSeconds',
    'maxCertificateLifetimeSeconds',
    'wildcardGrants',
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
  const keys = openBundle(`${option}.bundle`, domain.bundle, context);
  const grant = grantToWorkloads(`${option}.grants`, domain.grants, {
    trustDomain,
    now: surroundings.now,
    wildcards: readWildcards(option, domain),
  });
  const tokens: Issuer = {
    issuer,
    profile,
    types: normalizeTypes(profile),
    // JWT-SVID section 3 leaves iat out: without it nobody could tell how long an SVID lives, or revoke what came before.
    requiredClaims: new Set(['aud', 'exp', 'iat', ...profile.requiredClaims]),
    algorithms,
    audience,
    keys,
    grant: (_claims, { subject }) => grant(subject),
    isTrustDomain: true,
  };
  const certifier: Certifier = {
    issuer,
    maxLifetimeSeconds: readCertificateLifetime(option, domain),
    findAuthorities: keys.findAuthorities,
    isStale: () => keys.status().stale,
    isMeant: ({ uris }) => uris.some((uri) => `${uri}/`.startsWith(`${issuer}/`)),
    nameWorkload: (facts) => readSvid(facts).id,
    grant,
  };
  return { issuer: tokens, certifier };
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
