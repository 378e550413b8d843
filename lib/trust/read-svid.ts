import { AccessDenied } from '../errors.js';
import { parseSpiffeId, type SpiffeId } from '../identity/parse-spiffe-id.js';
import { type CertificateFacts, PURPOSE, type Purpose } from '../x509/read-certificate.js';

/** Whether the certificate claims to be an X.509-SVID: then it is one, or nobody's. */
export function claimsSpiffeId({ uris }: CertificateFacts): boolean {
  return uris.some((uri) => /^spiffe:/i.test(uri));
}

/**
 * The SPIFFE ID of a workload's certificate, by the rules of X509-SVID sections 2 to 5. Who vouches for it is not settled
 * here.
 *
 * @throws {AccessDenied} `claim_invalid`
 */
export function readSvid(facts: CertificateFacts, purpose: Purpose = 'client'): SpiffeId & { readonly id: string } {
  const [id, second] = facts.uris;
  // Section 2: of several, each reader could take another one.
  if (id === undefined || second !== undefined) refuse('has not exactly one URI');
  checkLeaf(facts, purpose);
  const spiffeId = readId(id);
  // SPIFFE-ID section 2.2: without a path it is the trust domain's own name, which no workload bears.
  if (spiffeId.path === '') refuse('is of the trust domain, and of no workload');
  return { ...spiffeId, id };
}

/**
 * X509-SVID section 4, and RFC 5280 section 4.2.1.3 for everybody: a certificate that shows who somebody is signs no others.
 *
 * @throws {AccessDenied} `claim_invalid`
 */
export function checkLeaf({ isAuthority, keyUsage, extendedKeyUsage }: CertificateFacts, purpose: Purpose): void {
  if (isAuthority || keyUsage?.has('keyCertSign') || keyUsage?.has('cRLSign')) refuse('is of an authority');
  if (keyUsage && !keyUsage.has('digitalSignature')) refuse('is of a key that is not for signatures');
  if (extendedKeyUsage && !extendedKeyUsage.includes(PURPOSE[purpose])) refuse(`is not for the ${purpose}s of TLS`);
}

function refuse(why: string): never {
  throw new AccessDenied('claim_invalid', `the certificate ${why}`);
}

function readId(uri: string): SpiffeId {
  try {
    return parseSpiffeId(uri);
  } catch (cause) {
    throw new AccessDenied('claim_invalid', 'the URI of the certificate is no SPIFFE ID', { cause });
  }
}
