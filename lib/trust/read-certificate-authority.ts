import { AccessDenied, ConfigurationError } from '../errors.js';
import { NO_PERMISSIONS } from '../identity/seal-permissions.js';
import {
  type Clock,
  isGiven,
  quoteText,
  readEntries,
  readNumber,
  readOptions,
  readText,
  readTexts,
} from '../options.js';
import type { CertificateFacts } from '../x509/read-certificate.js';
import { CERTIFICATE_LIFETIME, type Certifier } from './certifier.js';
import { type Authorities, readAuthority } from './import-authorities.js';
import { type Granted, type GrantSettings, readGrants, readWildcards } from './read-grants.js';
import { checkLeaf, claimsSpiffeId } from './read-svid.js';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const PEM = "readFileSync('ca.pem', 'utf8')";
const DNS_NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
const URI = /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/;

/** A trust entry of a certificate authority of one's own, whose workloads are known by a DNS name or URI. */
export function readCertificateAuthority(option: string, entry: object, { now }: { readonly now: Clock }): Certifier {
  const given = readOptions(option, entry, [
    'certificateAuthority',
    'certificates',
    'grants',
    'maxCertificateLifetimeSeconds',
    'wildcardGrants',
  ]);
  const issuer = readText(`${option}.certificateAuthority`, given.certificateAuthority, "'shop-ca'");
  const authorities = readAuthorities(`${option}.certificates`, given.certificates);
  const grants = readNamedGrants(`${option}.grants`, given.grants, { now, wildcards: readWildcards(option, given) });
  return {
    issuer,
    maxLifetimeSeconds: readCertificateLifetime(option, given),
    findAuthorities: () => authorities,
    isStale: () => false,
    isMeant: (facts) => !claimsSpiffeId(facts),
    nameWorkload: (facts) => nameWorkload(facts, grants),
    grant: (workload) => grants.get(workload)?.() ?? NO_PERMISSIONS,
  };
}

/** The longest that the entry's certificates may live. */
export function readCertificateLifetime(
  option: string,
  entry: { readonly maxCertificateLifetimeSeconds?: unknown },
): number {
  const { otherwise, bounds } = CERTIFICATE_LIFETIME;
  if (!isGiven(entry, 'maxCertificateLifetimeSeconds')) return otherwise;
  return readNumber(`${option}.maxCertificateLifetimeSeconds`, entry.maxCertificateLifetimeSeconds, bounds);
}

/** Of several granted names, each reader could take another one. */
function nameWorkload(facts: CertificateFacts, grants: ReadonlyMap<string, unknown>): string {
  checkLeaf(facts, 'client');
  // An authority may look at one kind of names alone: a URI that reads like a DNS name is none, nor the other way round.
  const names = [...facts.uris.filter((uri) => URI.test(uri)), ...facts.dnsNames.filter((name) => DNS_NAME.test(name))];
  const [name, second] = new Set(names.filter((each) => grants.has(each)));
  if (name !== undefined && second === undefined) return name;
  throw new AccessDenied('claim_invalid', 'the certificate has not exactly one of the names that are granted anything');
}

function readAuthorities(option: string, value: unknown): Authorities {
  const blocks = readTexts(option, value, PEM).flatMap((text) => text.match(BLOCK) ?? []);
  if (blocks.length === 0) throw new ConfigurationError(option, `holds no certificate in PEM; write ${PEM}`);
  try {
    return Object.freeze(blocks.map(readAuthority));
  } catch (cause) {
    throw new ConfigurationError(option, `can't be used: ${(cause as Error).message}`, { cause });
  }
}

function readNamedGrants(option: string, value: unknown, settings: GrantSettings): ReadonlyMap<string, Granted> {
  const example = "{ 'orders.shop.internal': ['payments:read'] }";
  return new Map(
    readEntries(option, value, { what: 'an object of DNS names or URIs', example }).map(([name, permissions]) => {
      const at = `${option}[${quoteText(name)}]`;
      if (name.startsWith('spiffe:')) throw new ConfigurationError(at, 'is a SPIFFE ID; write a trust domain instead');
      if (!DNS_NAME.test(name) && !URI.test(name)) {
        throw new ConfigurationError(at, 'is neither a DNS name in lower case, without wildcard, nor a URI');
      }
      return [name, readGrants(at, permissions, settings)];
    }),
  );
}
