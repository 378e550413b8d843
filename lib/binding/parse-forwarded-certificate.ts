import { X509Certificate } from 'node:crypto';
import { AccessDenied } from '../errors.js';
import { computeCertificateThumbprint } from '../x509/compute-certificate-thumbprint.js';

/** A certificate that came along. */
export interface PresentedCertificate {
  /** SHA-256 of its DER form, base64url. */
  readonly thumbprint: string;
  /** The certificate itself; undefined where a hop tells its hash alone. */
  readonly certificate?: X509Certificate;
  /** What came along to lead to a trusted authority; nobody vouched for it yet. */
  readonly unverifiedChain?: () => readonly X509Certificate[];
  /** What our own TLS server holds against the certificate, as OpenSSL names it. */
  readonly objection?: string;
  /** Our own TLS server looks for it in lists of revoked certificates. */
  readonly checksRevocation?: boolean;
  /** Our own TLS server verified it, by the authorities that it was given. */
  readonly isVerified?: boolean;
}

const MAX_LENGTH = 16 * 1024;
const MAX_CHAIN = 5;

/** How hops hand on the certificate of their own peer. */
export const parsers = {
  /** `Client-Cert: :base64(DER):` (RFC 9440 section 2.2). */
  'client-cert': parseClientCert,
  /** `X-Forwarded-Client-Cert` as Envoy writes it; the last element is the nearest hop's. */
  xfcc: parseXfcc,
  /** A PEM certificate in percent-encoding: nginx' `$ssl_client_escaped_cert`. */
  nginx: (text) => parseEscapedPem(text),
  /** AWS ALB: PEM in percent-encoding that leaves `+`, `=` and `/` as they are; the leaf comes first, its chain follows. */
  alb: (text) => parseEscapedPem(text, PEM_CHAIN),
} as const satisfies Readonly<Record<string, Parser>>;

/** The name of a format. */
export type CertificateFormat = keyof typeof parsers;

type Parser = (text: string, settings: ParserSettings) => PresentedCertificate | undefined;

/** What only one format needs. */
export interface ParserSettings {
  /** Our own identity, as the hop knows it: what `By` must be (XFCC). */
  readonly by?: string | undefined;
}

/** @returns undefined for anything but what the format says, to the letter */
export function parseForwardedCertificate(
  format: CertificateFormat,
  text: string,
  settings: ParserSettings,
): PresentedCertificate | undefined {
  return text.length > MAX_LENGTH ? undefined : readOrNothing(() => parsers[format](text, settings));
}

/** DER has one form of everything: what was sent is the certificate, with nothing around it and nothing behind it. */
function describeCertificate(base64: string): PresentedCertificate | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  const certificate = new X509Certificate(bytes);
  return certificate.raw.equals(bytes)
    ? { thumbprint: computeCertificateThumbprint(certificate), certificate }
    : undefined;
}

/**
 * `Client-Cert-Chain: :base64(DER):, :base64(DER):` (RFC 9440 section 2.3), however many lines it is on.
 *
 * @throws {AccessDenied} `claim_invalid`
 */
export function parseCertificateChain(lines: readonly string[]): readonly X509Certificate[] {
  const text = lines.join(',');
  const members = text === '' ? [] : text.split(',', MAX_CHAIN + 1);
  const chain =
    text.length > MAX_LENGTH ? [undefined] : members.map((member) => readOrNothing(() => parseClientCert(member)));
  return chain.map((read) => read?.certificate ?? refuseChain());
}

function refuseChain(): never {
  throw new AccessDenied('claim_invalid', 'the chain of the certificate is malformed');
}

function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // neither a certificate nor an encoding of one
  }
}

/** RFC 8941 section 3.3.5: a byte sequence between colons, base64 with its padding. */
function parseClientCert(text: string): PresentedCertificate | undefined {
  const [, base64] = /^ *:([A-Za-z0-9+/]+={0,2}): *$/.exec(text) ?? [];
  return base64 === undefined ? undefined : describeCertificate(base64);
}

const BLOCK = '-----BEGIN CERTIFICATE-----\\s([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----\\s*';
const BLOCKS = new RegExp(BLOCK, 'g');
const PEM = new RegExp(`^\\s*${BLOCK}$`);
const PEM_CHAIN = new RegExp(`^\\s*(?:${BLOCK})+$`);

function parseEscapedPem(text: string, form = PEM): PresentedCertificate | undefined {
  const pem = decodeURIComponent(text);
  const [leaf, ...rest] = form.test(pem) ? Array.from(pem.matchAll(BLOCKS), readBlock) : [];
  const presented = leaf === undefined ? undefined : describeCertificate(leaf);
  if (!presented || rest.length === 0) return presented;
  return { ...presented, unverifiedChain: () => rest.slice(0, MAX_CHAIN).map(readCertificate) };
}

function readBlock([, base64 = '']: RegExpMatchArray): string {
  return base64.replace(/\s/g, '');
}

function readCertificate(base64: string): X509Certificate {
  return readOrNothing(() => describeCertificate(base64))?.certificate ?? refuseChain();
}

/**
 * Envoy's grammar: elements by commas, pairs by semicolons, values in quotes where they hold either. All of it must be
 * well-formed: an odd quote in an earlier element, which others wrote, would turn the last one inside out.
 */
function parseXfcc(text: string, { by }: ParserSettings): PresentedCertificate | undefined {
  const elements = splitOutsideQuotes(text, ',').map((element) => splitOutsideQuotes(element, ';').map(readPair));
  if (elements.flat().includes(undefined)) return undefined;
  const valuesOf = (key: string) => (elements.at(-1) ?? []).flatMap((pair) => (pair?.key === key ? [pair.value] : []));
  if (by !== undefined && !isOnly(valuesOf('by'), by)) return undefined;
  const [hash, secondHash] = valuesOf('hash');
  const [pem, secondPem] = valuesOf('cert');
  if (secondHash !== undefined || secondPem !== undefined) return undefined;
  const told = hash === undefined ? undefined : readHash(hash);
  if (pem === undefined) return told;
  const read = parseEscapedPem(pem);
  if (!read || (hash !== undefined && read.thumbprint !== told?.thumbprint)) return undefined;
  const [chain, secondChain] = valuesOf('chain');
  if (chain === undefined || secondChain !== undefined) return read;
  return { ...read, unverifiedChain: () => readChain(chain) };
}

/** Envoy's chain begins with the certificate itself. */
function readChain(pem: string): readonly X509Certificate[] {
  return readOrNothing(() => parseEscapedPem(pem, PEM_CHAIN))?.unverifiedChain?.() ?? [];
}

function isOnly(values: readonly string[], value: string): boolean {
  return values.length > 0 && values.every((other) => other === value);
}

function readHash(hex: string): PresentedCertificate | undefined {
  if (!/^[0-9a-f]{64}$/i.test(hex)) return undefined;
  return { thumbprint: Buffer.from(hex, 'hex').toString('base64url') };
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts = [''];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (isQuoted && character === '\\') {
      parts[parts.length - 1] += character + (text[++at] ?? '');
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    if (character === separator && !isQuoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  if (isQuoted) throw new Error('a quote is not closed');
  return parts;
}

function readPair(text: string): { readonly key: string; readonly value: string } | undefined {
  const [, key = '', quoted, plain = ''] =
    /^([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*={0,2}))$/.exec(text.trim()) ?? [];
  return key === '' ? undefined : { key: key.toLowerCase(), value: quoted?.replace(/\\(.)/g, '$1') ?? plain };
}
