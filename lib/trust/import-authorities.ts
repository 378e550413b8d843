import { X509Certificate } from 'node:crypto';
import { maySign } from '../x509/check-path.js';
import { type CertificateFacts, readCertificate } from '../x509/read-certificate.js';

/** The certificates that vouch for others. The list is another one where it may have changed. */
export type Authorities = readonly CertificateFacts[];

const MAX_AUTHORITIES = 100;
const UNSOUND = 'the certificate is not of an authority that may sign others';

/**
 * The authorities of a SPIFFE bundle: its keys for X.509-SVIDs, each of which is one certificate (SPIFFE Trust Domain and
 * Bundle, section 4.2). Those that may not sign, by their key or by what they say, vouch for nobody: they are passed
 * over, so that one of them does not keep the others from being known.
 *
 * @throws {Error} for one that is no certificate, or more than one; with `refusesUnsound` for one that may not sign too
 */
export function importAuthorities(jwks: readonly unknown[], { refusesUnsound = false } = {}): Authorities {
  const own = jwks.flatMap((jwk) => ((jwk as { use?: unknown } | null)?.use === 'x509-svid' ? [jwk as JwkEntry] : []));
  if (own.length > MAX_AUTHORITIES) throw new Error(`the bundle has more than ${MAX_AUTHORITIES} authorities`);
  const read = own.map(({ x5c }) => readCertificate(new X509Certificate(readDer(x5c))));
  const sound = read.filter((facts) => maySign(facts));
  if (refusesUnsound && sound.length < read.length) throw new Error(UNSOUND);
  return Object.freeze(sound);
}

/** An authority, in DER or PEM. @throws {Error} for any other certificate */
export function readAuthority(bytes: Buffer | string): CertificateFacts {
  const facts = readCertificate(new X509Certificate(bytes));
  if (!maySign(facts)) throw new Error(UNSOUND);
  return facts;
}

interface JwkEntry {
  readonly x5c?: unknown;
}

function readDer(x5c: unknown): Buffer {
  const [only, second] = Array.isArray(x5c) ? (x5c as unknown[]) : [];
  if (typeof only !== 'string' || second !== undefined) throw new Error('an authority is not one certificate in x5c');
  return Buffer.from(only, 'base64');
}
