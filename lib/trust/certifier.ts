import type { CertificateFacts } from '../x509/read-certificate.js';
import type { Authorities } from './import-authorities.js';

/** Whoever vouches for workloads by certificates, settled at start: a trust domain, or an authority of one's own. */
export interface Certifier {
  /** As in `Principal.issuer`. */
  readonly issuer: string;
  /** Longest life of a certificate, in seconds. */
  readonly maxLifetimeSeconds: number;
  /** What vouches now. `tried` would not do: there may be newer ones. @throws {AccessDenied} `keys_unavailable` */
  findAuthorities(tried?: Authorities): Authorities | Promise<Authorities>;
  /** They are past their time, because their source can't be reached. */
  isStale(): boolean;
  /** Whether the certificate claims to be one of its own. */
  isMeant(facts: CertificateFacts): boolean;
  /** Who the certificate, once it is vouched for, is of. @throws {AccessDenied} `claim_invalid` */
  nameWorkload(facts: CertificateFacts): string;
  /** What that workload may do here. */
  grant(workload: string): ReadonlySet<string>;
}

/** Certificates of a mesh live for an hour or a day, and are renewed by machines. */
export const CERTIFICATE_LIFETIME = {
  otherwise: 90_000,
  bounds: { least: 60, most: 400 * 86_400, unit: 'seconds' },
} as const;
