import type { KeyObject, X509Certificate } from 'node:crypto';
import { AccessDenied } from '../errors.js';
import { type CertificateFacts, PURPOSE } from './read-certificate.js';

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
const ANY_PURPOSE = '2.5.29.37.0';
const MIN_RSA_BITS = 2048;
/** A longer key, or a longer exponent, only buys its owner our processor's time. */
const MAX_RSA_BITS = 8192;
const MAX_RSA_EXPONENT = 1n << 64n;
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * A path from the certificate to one of the anchors (RFC 5280 section 6), by signatures, names, basic constraints, key
 * usage and path lengths. Its dates are told, to be looked at each time that the path is used: one that doesn't hold at
 * `present` (seconds since the epoch) is only taken where no other one is there, as beside an authority that was renewed.
 *
 * Certificates with critical extensions beyond these are refused, and with name constraints, critical or not.
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
      isWanted(parent) &&
      !path.includes(parent) &&
      maySign(parent, path.length - 1) &&
      isForClients(parent) &&
      isSignedBy(child, parent);
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

/** Authorities that are for mail or code alone name no callers, as OpenSSL has it too (RFC 5280 section 4.2.1.12). */
function isForClients({ extendedKeyUsage }: CertificateFacts): boolean {
  return extendedKeyUsage?.some((purpose) => purpose === PURPOSE.client || purpose === ANY_PURPOSE) ?? true;
}

/** What every certificate of a path needs, whoever signed it. */
function isSound({ certificate, isStronglySigned, unknownCritical }: CertificateFacts): boolean {
  return isStronglySigned && unknownCritical.length === 0 && isStrongKey(readKey(certificate));
}

/** Whoever calls chooses the certificates: a key that OpenSSL can't read is one that nobody has. */
function readKey(certificate: X509Certificate): Partial<KeyObject> {
  try {
    return certificate.publicKey;
  } catch {
    return {};
  }
}

function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails = {} }: Partial<KeyObject>): boolean {
  if (asymmetricKeyType === 'ed25519') return true;
  if (asymmetricKeyType === 'ec') return CURVES.includes(asymmetricKeyDetails.namedCurve);
  if (asymmetricKeyType !== 'rsa' && asymmetricKeyType !== 'rsa-pss') return false;
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails;
  const isHonest = publicExponent >= 3n && publicExponent % 2n === 1n && publicExponent < MAX_RSA_EXPONENT;
  return modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS && isHonest;
}
