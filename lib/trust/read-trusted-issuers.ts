import { ConfigurationError } from '../errors.js';
import { describeFound, quoteText } from '../options.js';
import type { Certifier } from './certifier.js';
import type { Issuer } from './issuer.js';
import { readCertificateAuthority } from './read-certificate-authority.js';
import type { Surroundings } from './read-entry-parts.js';
import { readAuthorizationServer, readService } from './read-issuer.js';
import { readTrustDomain } from './read-trust-domain.js';

/** Whom a gate believes, each under its name. */
export interface Trust {
  /** By tokens. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  /** By certificates. */
  readonly certifiers: ReadonlyMap<string, Certifier>;
}

/** What one entry is: a trust domain vouches both ways. */
interface TrustedParty {
  readonly issuer?: Issuer;
  readonly certifier?: Certifier;
}

/** The `trust` option as tables by name. An entry may be a list, as a test issuer gives. */
export function readTrustedIssuers(value: unknown, surroundings: Surroundings): Trust {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(
      'trust',
      `must be a non-empty list of issuers, found ${describeFound(value)}; write for example [{ issuer: 'https://idp.example' }]`,
    );
  }
  const parties = new Map<string, TrustedParty>();
  const entries = value.flatMap(labelEntries);
  if (entries.length === 0) throw new ConfigurationError('trust', 'trusts nobody: write at least one issuer');
  for (const { option, entry } of entries) {
    const kind = readKind(option, entry);
    const party: TrustedParty = readers[kind](option, entry as object, surroundings);
    const { issuer: name } = (party.issuer ?? party.certifier) as { readonly issuer: string };
    if (parties.has(name)) {
      const member = kind === 'service' ? 'issuer' : kind;
      throw new ConfigurationError(
        `${option}.${member}`,
        `appears twice: ${quoteText(name)}; write one entry for an issuer`,
      );
    }
    parties.set(name, party);
  }
  return { issuers: pick(parties, 'issuer'), certifiers: pick(parties, 'certifier') };
}

function pick<Member extends keyof TrustedParty>(
  parties: ReadonlyMap<string, TrustedParty>,
  member: Member,
): ReadonlyMap<string, NonNullable<TrustedParty[Member]>> {
  return new Map([...parties].flatMap(([name, { [member]: found }]) => (found ? [[name, found]] : [])));
}

/** Each entry with the place where it was written, an entry of a list within the list too. */
function labelEntries(entry: unknown, at: number): readonly { readonly option: string; readonly entry: unknown }[] {
  if (!Array.isArray(entry)) return [{ option: `trust[${at}]`, entry }];
  return entry.map((inner: unknown, within) => ({ option: `trust[${at}][${within}]`, entry: inner }));
}

/** How an entry of each kind is read; the member that tells the kind, the first one that is there. */
const readers = {
  trustDomain: readTrustDomain,
  certificateAuthority: (option, entry, surroundings) => {
    if (surroundings.certificatesName) return { certifier: readCertificateAuthority(option, entry, surroundings) };
    throw new ConfigurationError(
      `${option}.certificateAuthority`,
      "vouches for callers by their certificates, which are not asked here; write certificates: { from: 'connection', use: 'identity' }",
    );
  },
  service: (option, entry, surroundings) => ({ issuer: readService(option, entry, surroundings) }),
  issuer: (option, entry, surroundings) => ({ issuer: readAuthorizationServer(option, entry, surroundings) }),
} as const satisfies Readonly<
  Record<string, (option: string, entry: object, surroundings: Surroundings) => TrustedParty>
>;

function readKind(option: string, entry: unknown): keyof typeof readers {
  if (typeof entry !== 'object' || entry === null) {
    throw new ConfigurationError(option, `must be an object, found ${describeFound(entry)}`);
  }
  return (['trustDomain', 'certificateAuthority', 'service'] as const).find((member) => member in entry) ?? 'issuer';
}
