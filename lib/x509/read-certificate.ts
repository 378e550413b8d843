import type { X509Certificate } from 'node:crypto';
import { type DerElement, readElement, readElements, readOid, TAG } from './read-der.js';

/** What a certificate says that judging it needs. Nothing of it is verified yet. */
export interface CertificateFacts {
  readonly certificate: X509Certificate;
  /** Seconds since the epoch. */
  readonly notBefore: number;
  /** Seconds since the epoch. */
  readonly notAfter: number;
  /** How it was signed, by a hash of SHA-2 and a scheme that TLS 1.3 has (RFC 8446 section 4.2.3). */
  readonly isStronglySigned: boolean;
  /** It may sign others (`cA`, RFC 5280 section 4.2.1.9). */
  readonly isAuthority: boolean;
  /** How many authorities may stand below it, where it says so. */
  readonly maxPathLength?: number;
  /** RFC 5280 section 4.2.1.3; undefined: it doesn't say. */
  readonly keyUsage?: ReadonlySet<KeyUsage>;
  /** Object identifiers (RFC 5280 section 4.2.1.12); undefined: it doesn't say. */
  readonly extendedKeyUsage?: readonly string[];
  /** URIs among its subject alternative names, as they stand. */
  readonly uris: readonly string[];
  /** DNS names among its subject alternative names, in lower case. */
  readonly dnsNames: readonly string[];
  /**
   * Critical extensions that are not read here: who doesn't know them must refuse the certificate (section 4.2). Name
   * constraints are critical (section 4.2.1.10), whether they say so or not.
   */
  readonly unknownCritical: readonly string[];
}

/** Uses of a key that matter here. */
type KeyUsage = 'digitalSignature' | 'keyCertSign' | 'cRLSign';

/** Purposes of keys in TLS (RFC 5280 section 4.2.1.12). */
export const PURPOSE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** A side of TLS. */
export type Purpose = keyof typeof PURPOSE;

/** Bits of the key usage, counted from the left. */
const USAGE_BITS: Readonly<Record<number, KeyUsage>> = { 0: 'digitalSignature', 5: 'keyCertSign', 6: 'cRLSign' };
const EXTENSION = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
} as const;
const NAME_CONSTRAINTS = '2.5.29.30';
/** RSASSA-PKCS1-v1_5 and ECDSA with SHA-256, SHA-384, SHA-512; Ed25519. */
const STRONG: ReadonlySet<string> = new Set([
  ...[11, 12, 13].map((number) => `1.2.840.113549.1.1.${number}`),
  ...[2, 3, 4].map((number) => `1.2.840.10045.4.3.${number}`),
  '1.3.101.112',
]);
/** RSASSA-PSS names its hash in its parameters, SHA-1 where it names none (RFC 4055 section 3.1). */
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const SHA2: ReadonlySet<string> = new Set([1, 2, 3].map((number) => `2.16.840.1.101.3.4.2.${number}`));
const PSS_HASH = 0xa0;
const KNOWN: ReadonlySet<string> = new Set(Object.values(EXTENSION));
/** Tag of the list of extensions within a certificate. */
const EXTENSIONS = 0xa3;
const URI_NAME = 0x86;
const DNS_NAME = 0x82;
const MAX_NAMES = 100;

interface Extension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/**
 * Node tells a certificate's alternative names as text with commas, and its key usage not at all: here they are read from
 * the signed bytes.
 *
 * @throws {Error} for a certificate that is not in the form of RFC 5280
 */
export function readCertificate(certificate: X509Certificate): CertificateFacts {
  const extensions = readExtensions(certificate.raw);
  const usage = extensions.get(EXTENSION.keyUsage);
  const purposes = extensions.get(EXTENSION.extendedKeyUsage);
  return {
    certificate,
    notBefore: Date.parse(certificate.validFrom) / 1000,
    notAfter: Date.parse(certificate.validTo) / 1000,
    isStronglySigned: isStrong(certificate.raw),
    ...readBasicConstraints(extensions.get(EXTENSION.basicConstraints)),
    ...(usage && { keyUsage: readKeyUsage(usage.value) }),
    ...(purposes && { extendedKeyUsage: readElements(readElement(purposes.value, TAG.sequence)).map(readOid) }),
    ...readAltNames(extensions.get(EXTENSION.subjectAltName)),
    unknownCritical: [...extensions].flatMap(([name, { isCritical }]) =>
      (isCritical && !KNOWN.has(name)) || name === NAME_CONSTRAINTS ? [name] : [],
    ),
  };
}

/** RFC 5280 section 4.2: no extension stands there twice. */
function readExtensions(raw: Uint8Array): ReadonlyMap<string, Extension> {
  const [signed] = readElements(readElement(raw, TAG.sequence));
  if (signed?.tag !== TAG.sequence) throw new Error('the certificate holds nothing that is signed');
  const extensions = new Map<string, Extension>();
  const list = readElements(signed.content).find(({ tag }) => tag === EXTENSIONS);
  for (const { content } of list ? readElements(readElement(list.content, TAG.sequence)) : []) {
    const [name, ...rest] = readElements(content);
    const [first, second] = rest;
    const value = first?.tag === TAG.boolean ? second : first;
    if (!name || value?.tag !== TAG.bytes) throw new Error('an extension of the certificate is malformed');
    const oid = readOid(name);
    if (extensions.has(oid)) throw new Error('the certificate has an extension twice');
    extensions.set(oid, { isCritical: value === second && isTrue(first), value: value.content });
  }
  return extensions;
}

function isStrong(raw: Uint8Array): boolean {
  const [, algorithm] = readElements(readElement(raw, TAG.sequence));
  const [name, parameters] = algorithm ? readElements(algorithm.content) : [];
  if (!name) return false;
  const oid = readOid(name);
  if (oid !== RSASSA_PSS) return STRONG.has(oid);
  const hash = readElements(parameters?.content ?? new Uint8Array()).find(({ tag }) => tag === PSS_HASH);
  const [hashName] = hash ? readElements(readElement(hash.content, TAG.sequence)) : [];
  return hashName !== undefined && SHA2.has(readOid(hashName));
}

function readBasicConstraints(extension?: Extension): Pick<CertificateFacts, 'isAuthority' | 'maxPathLength'> {
  if (!extension) return { isAuthority: false };
  const [flag, length] = readElements(readElement(extension.value, TAG.sequence));
  const isAuthority = flag?.tag === TAG.boolean && isTrue(flag);
  if (length?.tag !== TAG.integer) return { isAuthority };
  const [pathLength, more] = length.content;
  // Of two bytes it is absurd, from 0x80 on negative.
  return { isAuthority, maxPathLength: more === undefined && (pathLength ?? 0xff) < 0x80 ? (pathLength as number) : 0 };
}

/** X.690 section 11.1: one byte, all ones or all zeroes; others would take any other byte for yes, too. */
function isTrue(element: DerElement | undefined): boolean {
  const [value, more] = element?.content ?? [];
  if (more === undefined && (value === 0xff || value === 0x00)) return value === 0xff;
  throw new Error('a yes or no of the certificate is neither');
}

/** A string of bits: first how many of the last byte don't count, then the bits, the first one leftmost. */
function readKeyUsage(value: Uint8Array): ReadonlySet<KeyUsage> {
  const bits = readElement(value, TAG.bits);
  const isSet = (bit: number) => (((bits[1 + (bit >> 3)] ?? 0) << (bit & 7)) & 0x80) !== 0;
  return new Set(Object.entries(USAGE_BITS).flatMap(([bit, usage]) => (isSet(Number(bit)) ? [usage] : [])));
}

function readAltNames(extension?: Extension): Pick<CertificateFacts, 'uris' | 'dnsNames'> {
  const names = extension ? readElements(readElement(extension.value, TAG.sequence)) : [];
  if (names.length > MAX_NAMES) throw new Error(`the certificate has more than ${MAX_NAMES} names`);
  const namesOf = (wanted: number) => names.flatMap(({ tag, content }) => (tag === wanted ? [readText(content)] : []));
  return { uris: namesOf(URI_NAME), dnsNames: namesOf(DNS_NAME).map((name) => name.toLowerCase()) };
}

/** Both kinds of names are visible ASCII (IA5String); a name with a zero byte in it ends early for some readers. */
function readText(content: Uint8Array): string {
  const text = Buffer.from(content).toString('latin1');
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new Error('a name of the certificate is not visible ASCII');
}
