import { createHash, type X509Certificate } from 'node:crypto';

/** SHA-256 of the DER form, base64url without padding: what `x5t#S256` names (RFC 8705 section 3.1). */
export function computeCertificateThumbprint({ raw }: Pick<X509Certificate, 'raw'>): string {
  return createHash('sha256').update(raw).digest('base64url');
}
