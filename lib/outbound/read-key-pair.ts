import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigurationError } from '../errors.js';
import type { Clock } from '../options.js';
import { checkLeaf } from '../trust/read-svid.js';
import { computeCertificateThumbprint } from '../x509/compute-certificate-thumbprint.js';
import { type CertificateFacts, readCertificate } from '../x509/read-certificate.js';

/** Where a key, its certificate, and the authorities that a callee's certificate needs are kept. */
export interface KeyPairFiles {
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly authoritiesFile: string;
}

/** A key and its certificate, ready for TLS. */
export interface KeyPair {
  /** What tokens name that are bound to the certificate (`x5t#S256`). */
  readonly thumbprint: string;
  /** Until when the certificate holds. Seconds since the epoch. */
  readonly notAfter: number;
  /** Trusts the authorities of the file, and no others. */
  readonly context: SecureContext;
  /** Tells whether the files say anything new. */
  readonly digest: string;
}

const OPTION = 'client.certificate';
const MAX_BYTES = 1024 * 1024;
const WRITABLE_BY_ALL = 0o002;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads the files, and judges whether they can be used together at present. No message holds a character of them.
 *
 * @throws {ConfigurationError} names the file's option
 */
export function readKeyPair(files: KeyPairFiles, now: Clock): KeyPair {
  const key = readFile('keyFile', files);
  const chain = readFile('certificateFile', files);
  const bundle = readFile('authoritiesFile', files);
  const [own, ...others] = readCertificates('certificateFile', chain);
  if (!own) refuse('certificateFile', 'holds no certificate in PEM (-----BEGIN CERTIFICATE-----)');
  checkOwn(own, now());
  if (!own.certificate.checkPrivateKey(readKey(key))) {
    refuse('keyFile', `is not of the key of the first certificate in ${OPTION}.certificateFile`);
  }
  const authorities = readCertificates('authoritiesFile', bundle).filter(({ isAuthority }) => isAuthority);
  if (authorities.length === 0) refuse('authoritiesFile', 'holds no certificate of an authority');
  return {
    thumbprint: computeCertificateThumbprint(own.certificate),
    notAfter: own.notAfter,
    context: openContext(key, [own, ...others], authorities),
    digest: createHash('sha256')
      .update(JSON.stringify([key, chain, bundle]))
      .digest('base64url'),
  };
}

function readFile(name: keyof KeyPairFiles, files: KeyPairFiles): string {
  try {
    const stats = statSync(files[name]);
    if (!stats.isFile()) refuse(name, 'is not a plain file'); // a pipe is read once, and may keep us waiting
    if (stats.size > MAX_BYTES) refuse(name, `is larger than ${MAX_BYTES} bytes`);
    // Windows has no modes of this kind; there the directory's own protection has to do.
    if (process.platform !== 'win32' && (stats.mode & WRITABLE_BY_ALL) !== 0) {
      refuse(name, 'can be written by everybody on this machine; take that right away (chmod o-w)');
    }
    return readFileSync(files[name], 'utf8');
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    return refuse(name, `can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function readKey(text: string): KeyObject {
  if (text.includes('ENCRYPTED')) refuse('keyFile', 'is an encrypted key; have it written decrypted');
  if (!text.includes('PRIVATE KEY-----')) {
    refuse('keyFile', 'is no private key in PEM; it must have a line -----BEGIN PRIVATE KEY-----');
  }
  try {
    return createPrivateKey(text);
  } catch {
    // The parser's error is not kept as a cause: what it quotes is the key.
    return refuse('keyFile', 'is no key that can be parsed; was it cut short?');
  }
}

/** All certificates of the file; one that was cut short is none to be left out in silence. */
function readCertificates(name: keyof KeyPairFiles, text: string): readonly CertificateFacts[] {
  const blocks = text.match(CERTIFICATE) ?? [];
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  try {
    if (begun !== blocks.length) throw new Error('one has no end');
    return blocks.map((block) => readCertificate(new X509Certificate(block)));
  } catch {
    return refuse(name, "holds a certificate that can't be parsed; was it cut short?");
  }
}

function checkOwn(own: CertificateFacts, present: number): void {
  if (present > own.notAfter) refuse('certificateFile', `expired at ${tellTime(own.notAfter)}`);
  if (present < own.notBefore) refuse('certificateFile', `is not valid before ${tellTime(own.notBefore)}`);
  try {
    checkLeaf(own, 'client');
  } catch (error) {
    refuse('certificateFile', `can't be shown by a client: ${(error as Error).message}`);
  }
}

function openContext(
  key: string,
  chain: readonly CertificateFacts[],
  authorities: readonly CertificateFacts[],
): SecureContext {
  const toPem = ({ certificate }: CertificateFacts) => certificate.toString();
  try {
    return createSecureContext({
      key,
      cert: chain.map(toPem).join(''),
      ca: authorities.map(toPem),
      allowPartialTrustChain: true, // an authority of the file is trusted itself, whoever signed it
      minVersion: 'TLSv1.2',
    });
  } catch (error) {
    return refuse('certificateFile', `can't be used in TLS (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Seconds since the epoch, for a message. */
export function tellTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function refuse(name: keyof KeyPairFiles, problem: string): never {
  throw new ConfigurationError(`${OPTION}.${name}`, problem);
}
