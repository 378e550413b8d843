import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../options.js';

/** Whether the certificate holds now. Of a hash alone, which tells no dates, the hop looked at them. */
export function isInDate(certificate: X509Certificate | undefined, now: Clock): boolean {
  if (!certificate) return true;
  const present = now() * 1000;
  return Date.parse(certificate.validFrom) <= present && present <= Date.parse(certificate.validTo);
}
