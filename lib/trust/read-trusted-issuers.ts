import { ConfigurationError } from '../errors.js';
import { describeFound, quoteText } from '../options.js';
import type { Issuer } from './issuer.js';
import type { Surroundings } from './read-entry-parts.js';
import { readAuthorizationServer, readService } from './read-issuer.js';
import { readTrustDomain } from './read-trust-domain.js';

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
