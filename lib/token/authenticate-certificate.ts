import type { X509Certificate } from 'node:crypto';
import type { PresentedCertificate } from '../binding/parse-forwarded-certificate.js';
import { AccessDenied, type ReasonCode } from '../errors.js';
import { freezeDeeply } from '../identity/freeze-deeply.js';
import type { Principal, Workload } from '../identity/principal.js';
import type { Clock } from '../options.js';
import type { Certifier } from '../trust/certifier.js';
import type { Authorities } from '../trust/import-authorities.js';
import { type CertificatePath, checkPath } from '../x509/check-path.js';
import { type CertificateFacts, readCertificate } from '../x509/read-certificate.js';

/** A caller that its certificate names. */
export interface AuthenticWorkload {
  readonly workload: Workload;
  /** Who calls, where no token says otherwise. */
  readonly principal: Principal;
  /** The authorities that vouch for it are past their time, because their source can't be reached. */
  readonly keysStale: boolean;
}

/** @throws {AccessDenied} */
export type AuthenticateCertificate = (presented: PresentedCertificate) => Promise<AuthenticWorkload>;

interface CertificateRules {
  readonly certifiers: ReadonlyMap<string, Certifier>;
  readonly clockToleranceSeconds: number;
  readonly now: Clock;
}

/** What was found out about a certificate; it holds as long as the authorities are the same. */
interface KnownCertificate {
  readonly certifier: Certifier;
  readonly authorities: Authorities;
  readonly path: CertificatePath;
  readonly workload: Workload;
  readonly principal: Principal;
}

const MAX_KNOWN = 1000;
const MAX_CHAIN = 5;
/** What our TLS server says of a certificate, in our words. */
const OBJECTIONS: Readonly<Record<string, ReasonCode>> = {
  CERT_REVOKED: 'token_revoked',
  CERT_HAS_EXPIRED: 'token_expired',
  CERT_NOT_YET_VALID: 'token_not_yet_valid',
};
/** What our TLS server may hold against a certificate that is judged here anyway, by the authorities that are trusted now. */
const JUDGED_HERE: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
]);

/**
 * Certificates as identity. A path to an authority that is trusted now is wanted of each; signatures are checked once for as
 * long as the authorities stay the same, dates on each request: sessions that TLS resumed are not verified again by TLS.
 */
export function createCertificateVerifier({
  certifiers,
  clockToleranceSeconds,
  now,
}: CertificateRules): AuthenticateCertificate {
  const known = new Map<string, KnownCertificate>();

  async function verify(presented: PresentedCertificate): Promise<KnownCertificate> {
    const certificate = checkObjection(presented);
    const earlier = known.get(presented.thumbprint);
    if (earlier && earlier.authorities === (await earlier.certifier.findAuthorities()) && holds(earlier.path)) {
      return earlier;
    }
    const facts = readOrRefuse(certificate);
    const chain = readChain(presented, earlier);
    const verified = await findCertifier(facts, chain);
    known.delete(presented.thumbprint);
    if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value as string);
    known.set(presented.thumbprint, { ...verified, ...describe(presented.thumbprint, facts, verified.certifier) });
    return known.get(presented.thumbprint) as KnownCertificate;
  }

  /** A path that doesn't may have one in its place by now. */
  const holds = ({ notBefore, notAfter }: CertificatePath) => notBefore <= now() && now() <= notAfter;

  /** An authority that was added since is asked for once. */
  async function findPath(
    certifier: Certifier,
    facts: CertificateFacts,
    chain: readonly CertificateFacts[],
  ): Promise<{ readonly authorities: Authorities; readonly path: CertificatePath }> {
    const authorities = await certifier.findAuthorities();
    try {
      return { authorities, path: checkPath(facts, chain, authorities, now()) };
    } catch (error) {
      const newer = await certifier.findAuthorities(authorities);
      if (newer === authorities) throw error;
      return { authorities: newer, path: checkPath(facts, chain, newer, now()) };
    }
  }

  /** Each certifier's authorities stand alone: who vouches for one domain says nothing of another (SPIFFE Federation 7.3). */
  async function findCertifier(
    facts: CertificateFacts,
    chain: readonly CertificateFacts[],
  ): Promise<Pick<KnownCertificate, 'certifier' | 'authorities' | 'path'>> {
    let refusal: unknown = new AccessDenied('issuer_untrusted', 'the certificate is of no trusted domain or authority');
    for (const certifier of certifiers.values()) {
      if (!certifier.isMeant(facts)) continue;
      try {
        return { certifier, ...(await findPath(certifier, facts, chain)) };
      } catch (error) {
        refusal = error;
      }
    }
    throw refusal;
  }

  return async function authenticateCertificate(presented) {
    const { path, workload, principal, certifier } = await verify(presented);
    const present = now();
    if (!(present - clockToleranceSeconds < path.notAfter)) {
      throw new AccessDenied('token_expired', 'the certificate, or one that vouches for it, has expired');
    }
    if (!(present + clockToleranceSeconds >= path.notBefore)) {
      throw new AccessDenied('token_not_yet_valid', 'the certificate, or one that vouches for it, is not valid yet');
    }
    // What it is granted may have changed since: some grants end.
    const permissions = certifier.grant(workload.subject);
    const current = permissions === principal.permissions ? principal : Object.freeze({ ...principal, permissions });
    return { workload, principal: current, keysStale: certifier.isStale() };
  };
}

function checkObjection({ certificate, objection, checksRevocation }: PresentedCertificate): X509Certificate {
  if (!certificate) throw new AccessDenied('claim_missing', 'the hop tells the hash of the certificate alone');
  // A revoked certificate without its chain, or with one that expired, is told to be that: where lists count, each objection does.
  if (objection !== undefined && (checksRevocation || !JUDGED_HERE.has(objection))) {
    throw new AccessDenied(OBJECTIONS[objection] ?? 'issuer_untrusted', 'our TLS server refused the certificate');
  }
  return certificate;
}

/** Resumed sessions bring no chain: then the one that led to an authority before is tried. */
function readChain({ unverifiedChain }: PresentedCertificate, earlier?: KnownCertificate): readonly CertificateFacts[] {
  const chain = unverifiedChain?.().slice(0, MAX_CHAIN) ?? [];
  return chain.length > 0 ? chain.map(readOrRefuse) : (earlier?.path.certificates.slice(1, -1) ?? []);
}

function readOrRefuse(certificate: X509Certificate): CertificateFacts {
  try {
    return readCertificate(certificate);
  } catch (cause) {
    throw new AccessDenied('claim_invalid', 'the certificate is malformed', { cause });
  }
}

function describe(
  thumbprint: string,
  facts: CertificateFacts,
  { issuer, maxLifetimeSeconds, ...certifier }: Certifier,
): Pick<KnownCertificate, 'workload' | 'principal'> {
  const { notBefore, notAfter } = facts;
  const subject = certifier.nameWorkload(facts);
  if (!(notAfter - notBefore <= maxLifetimeSeconds)) {
    throw new AccessDenied('token_lifetime_too_long', 'the certificate lives longer than those of its kind may');
  }
  const workload = Object.freeze<Workload>({ issuer, subject, thumbprint });
  const principal = freezeDeeply<Principal>({
    issuer,
    subject,
    kind: 'service',
    permissions: certifier.grant(subject),
    roles: [],
    authentication: {},
    workload,
    token: { expiresAt: notAfter, issuedAt: notBefore, keyId: thumbprint, algorithm: 'x509' },
    claims: {},
  });
  return { workload, principal };
}
