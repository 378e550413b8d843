import type { KeyObject } from 'node:crypto';
import { AccessDenied } from '../errors.js';
import type { CertificateFacts } from './read-certificate.js';

/** The certificates from a caller's own to one that is trusted. */
export interface CertificatePath {
  readonly certificates: readonly CertificateFacts[];
  /** From when on all of them hold. Seconds since the epoch. */
  readonly notBefore: number;
  /** Until when all of them hold. Seconds since the epoch. */
  readonly notAfter: number;
}

/** Authorities between a caller's certificate and a trusted one. */
const MAX_INTERMEDIATES = 5;
/** Signatures cost time, and whoever calls chooses how many certificates look as if they had signed one another. */
const MAX_SIGNATURES = 20;
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * A path from the certificate to one of the anchors (RFC 5280 section 6), by signatures, names, basic constraints, key
 * usage and path lengths. Its dates are told, to be looked at each time that the path is used: one that doesn't hold at
 * `present` (seconds since the epoch) is only taken where no other one is there, as beside an authority that was renewed.
 *
 * Certificates with critical extensions beyond these are refused, name constraints among them.
 *
 * @throws {AccessDenied} `issuer_untrusted`: there is no such path
 */
export function checkPath(
  leaf: CertificateFacts,
  intermediates: readonly CertificateFacts[],
  anchors: readonly CertificateFacts[],
  present: number,
): CertificatePath {
  const between = intermediates.slice(0, MAX_INTERMEDIATES);
  let signatures = 0;

  function isSignedBy(child: CertificateFacts, parent: CertificateFacts): boolean {
    if (!child.certificate.checkIssued(parent.certificate)) return false;
    if (++signatures > MAX_SIGNATURES) return false;
    return child.certificate.verify(parent.certificate.publicKey);
  }

  type IsWanted = (parent: CertificateFacts) => boolean;

  function extend(path: readonly CertificateFacts[], isWanted: IsWanted): readonly CertificateFacts[] | undefined {
    const child = path.at(-1) as CertificateFacts;
    const mayFollow: IsWanted = (parent) =>
      isWanted(parent) && !path.includes(parent) && maySign(parent, path.length - 1) && isSignedBy(child, parent);
    const anchor = anchors.find(mayFollow);
    if (anchor) return [...path, anchor];
    for (const parent of between.filter(mayFollow)) {
      const longer = extend([...path, parent], isWanted);
      if (longer) return longer;
    }
    return undefined;
  }

  const holds: IsWanted = ({ notBefore, notAfter }) => notBefore <= present && present <= notAfter;
  const certificates = isSound(leaf) ? (extend([leaf], holds) ?? extend([leaf], () => true)) : undefined;
  if (!certificates) throw new AccessDenied('issuer_untrusted', 'no trusted authority vouches for the certificate');
  return {
    certificates,
    notBefore: Math.max(...certificates.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...certificates.map(({ notAfter }) => notAfter)),
  };
}

/** RFC 5280 section 6.1.4: an authority, for signing, with no more authorities below it than it allows. */
export function maySign(authority: CertificateFacts, authoritiesBelow = 0): boolean {
  const { isAuthority, keyUsage, maxPathLength = Number.POSITIVE_INFINITY } = authority;
  return (
    isSound(authority) && isAuthority && (keyUsage?.has('keyCertSign') ?? true) && authoritiesBelow <= maxPathLength
  );
}

/** What every certificate of a path needs, whoever signed it. */
function isSound({ certificate, isStronglySigned, unknownCritical }: CertificateFacts): boolean {
  return isStronglySigned && unknownCritical.length === 0 && isStrongKey(certificate.publicKey);
}

function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'ed25519') return true;
  if (asymmetricKeyType === 'ec') return CURVES.includes(asymmetricKeyDetails?.namedCurve);
  const isRsa = asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss';
  return isRsa && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}
