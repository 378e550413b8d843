import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
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
  readonly keyAlgorithm: KeyAlgorithm;
}

/** A key and how it signs. */
export type KeyAlgorithm =
  | (webcrypto.EcKeyGenParams & webcrypto.EcdsaParams)
  | (webcrypto.RsaHashedKeyGenParams & { readonly saltLength?: number })
  | { readonly name: 'Ed25519' };

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
  /** How many authorities may stand below it. */
  readonly pathLength?: number;
  /** What the key is for; it doesn't say by default. */
  readonly usages?: readonly (keyof typeof KeyUsageFlags)[];
  /** Object identifiers of extended key usages; it doesn't say by default. */
  readonly purposes?: readonly string[];
  /** More extensions, as they stand. */
  readonly extensions?: readonly Extension[];
  /** What its key is for, and how it is signed where it signs itself; ECDSA on P-256 by default. */
  readonly keyAlgorithm?: KeyAlgorithm;
  /** Whose key it has, as a renewed certificate may; a fresh one by default. */
  readonly keyOf?: TestCertificate;
  /** How its authority signs it, where it isn't as that authority's key says. */
  readonly signedBy?: KeyAlgorithm;
}

export { ExtendedKeyUsage, Extension };

const DAY = 86_400;
const ALGORITHM: KeyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
cryptoProvider.set(webcrypto as never);

/** A real certificate of a fresh key. */
export async function makeCertificate({
  name = 'test',
  names = [],
  notBefore = Date.now() / 1000 - DAY,
  notAfter = Date.now() / 1000 + DAY,
  authority,
  isAuthority = false,
  pathLength,
  usages,
  purposes,
  extensions: more = [],
  keyOf,
  keyAlgorithm = keyOf?.keyAlgorithm ?? ALGORITHM,
  signedBy = authority?.keyAlgorithm ?? keyAlgorithm,
}: CertificateFacts = {}): Promise<TestCertificate> {
  const { publicKey, privateKey } = keyOf ? await readKeys(keyOf) : await makeKeys(keyAlgorithm);
  const extensions: Extension[] = [new BasicConstraintsExtension(isAuthority, pathLength, true), ...more];
  if (usages)
    extensions.push(
      new KeyUsagesExtension(
        usages.reduce((bits, name) => bits | KeyUsageFlags[name], 0),
        true,
      ),
    );
  if (purposes) extensions.push(new ExtendedKeyUsageExtension([...purposes]));
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension([...names]));
  const made = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^./, '1'),
    subject: `CN=${name}`,
    issuer: authority ? authority.certificate.subject : `CN=${name}`,
    notBefore: new Date(notBefore * 1000),
    notAfter: new Date(notAfter * 1000),
    signingAlgorithm: signedBy,
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
    keyAlgorithm,
  };
}

async function makeKeys(algorithm: KeyAlgorithm): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

async function readKeys({ certificate, signingKey, keyAlgorithm }: TestCertificate): Promise<webcrypto.CryptoKeyPair> {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return {
    publicKey: await webcrypto.subtle.importKey('spki', spki, keyAlgorithm, true, ['verify']),
    privateKey: signingKey,
  };
}

/** A list of the certificates that an authority took back, in PEM. */
export async function makeRevocationList(
  { certificate, signingKey, keyAlgorithm }: TestCertificate,
  revoked: readonly TestCertificate[],
): Promise<string> {
  const list = await X509CrlGenerator.create({
    issuer: certificate.subject,
    thisUpdate: new Date(Date.now() - DAY * 1000),
    nextUpdate: new Date(Date.now() + DAY * 1000),
    entries: revoked.map(({ certificate: { serialNumber } }) => ({ serialNumber, revocationDate: new Date() })),
    signingAlgorithm: keyAlgorithm,
    signingKey,
  });
  return toPem('X509 CRL', Buffer.from(list.rawData));
}

/** DER in its text form, in lines of 64 as RFC 7468 has them. */
function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
