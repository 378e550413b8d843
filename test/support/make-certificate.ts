import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  type Extension,
  type JsonGeneralName,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate with its key, as TLS takes them, and as tokens and hops tell of it. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  readonly certificate: X509Certificate;
  /** What `x5t#S256` must be. */
  readonly thumbprint: string;
  /** Signs others. */
  readonly signingKey: webcrypto.CryptoKey;
}

/** What a certificate says. */
export interface CertificateFacts {
  readonly name?: string;
  readonly names?: readonly JsonGeneralName[];
  /** Seconds since the epoch; yesterday by default. */
  readonly notBefore?: number;
  /** Seconds since the epoch; in a day by default. */
  readonly notAfter?: number;
  /** Who signs it; itself by default. */
  readonly authority?: TestCertificate;
  readonly isAuthority?: boolean;
}

const DAY = 86_400;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
cryptoProvider.set(webcrypto as never);

/** A real certificate of a fresh key. */
export async function makeCertificate({
  name = 'test',
  names = [],
  notBefore = Date.now() / 1000 - DAY,
  notAfter = Date.now() / 1000 + DAY,
  authority,
  isAuthority = false,
}: CertificateFacts = {}): Promise<TestCertificate> {
  const { publicKey, privateKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const extensions: Extension[] = [new BasicConstraintsExtension(isAuthority, undefined, true)];
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension([...names]));
  const made = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^./, '1'),
    subject: `CN=${name}`,
    issuer: authority ? authority.certificate.subject : `CN=${name}`,
    notBefore: new Date(notBefore * 1000),
    notAfter: new Date(notAfter * 1000),
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey: authority?.signingKey ?? privateKey,
    extensions,
  });
  const certificate = new X509Certificate(Buffer.from(made.rawData));
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  return {
    key: toPem('PRIVATE KEY', pkcs8),
    cert: toPem('CERTIFICATE', certificate.raw),
    certificate,
    thumbprint: createHash('sha256').update(certificate.raw).digest('base64url'),
    signingKey: privateKey,
  };
}

/** DER in its text form, in lines of 64 as RFC 7468 has them. */
function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
