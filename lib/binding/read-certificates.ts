import type { X509Certificate } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '../errors.js';
import type { AccessRequest, Connection } from '../http/from-node-request.js';
import type { TakenFields } from '../http/take-fields.js';
import {
  type Clock,
  describeFound,
  isGiven,
  quoteText,
  readOneOf,
  readOptions,
  readText,
  readTexts,
} from '../options.js';
import { computeCertificateThumbprint } from '../x509/compute-certificate-thumbprint.js';
import {
  type CertificateFormat,
  type ParserSettings,
  type PresentedCertificate,
  parseForwardedCertificate,
  parsers,
} from './parse-forwarded-certificate.js';

/** How the hop before us is known to be itself. */
export type HopOption =
  /** It is connected by a Unix socket. */
  | { readonly unixSocket: true }
  /** It is on this machine. */
  | { readonly loopback: true }
  /** Its own certificate, which our TLS server verified, has this URI or DNS name (subject alternative name). */
  | { readonly subjectAltName: string }
  /** It has one of these addresses: the weak way, since whoever gets an address of theirs can be anyone. */
  | { readonly dangerouslyTrustAddresses: readonly string[] };

/** Where the certificates of callers come from. Every header that could carry one is taken away, trusted hop or not. */
export type CertificateOptions =
  /** Our own TLS server: `requestCert: true`; `rejectUnauthorized: false` where callers sign their certificates themselves. */
  | { readonly from: 'connection' }
  /** A hop that ends TLS before us, and hands the certificate on in a header. */
  | {
      readonly from: 'hop';
      readonly hop: HopOption;
      readonly format: CertificateFormat;
      /** The header; that of the format by default. For `nginx` it is the one that `proxy_set_header` names. */
      readonly field?: string;
      /** For `nginx`: the header with `$ssl_client_verify`, which must be `SUCCESS`. */
      readonly verifyField?: string;
      /** For `xfcc`: our own identity, which `By` must be. */
      readonly by?: string;
    };

/** Reads a request's certificate: at first sight, before the application can see what came in headers. */
export type ReadCertificate = (request: AccessRequest) => () => PresentedCertificate | undefined;

const FIELDS: Readonly<Record<CertificateFormat, string | undefined>> = {
  xfcc: 'x-forwarded-client-cert',
  'client-cert': 'client-cert',
  nginx: undefined,
  alb: 'x-amzn-mtls-clientcert',
};
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/;
const EXAMPLE = "{ from: 'connection' }";

/** The `certificates` option, checked. */
export function readCertificates(value: unknown, now: Clock): ReadCertificate {
  const given = readOptions('certificates', value, ['from', 'hop', 'format', 'field', 'verifyField', 'by'], EXAMPLE);
  if (given.from === 'connection') {
    for (const name of Object.keys(given)) {
      if (name !== 'from')
        throw new ConfigurationError(`certificates.${name}`, "has no meaning beside from: 'connection'");
    }
    return takeAll(new Set(), ({ connection }) => readConnection(connection, now));
  }
  if (given.from !== 'hop') {
    throw new ConfigurationError(
      'certificates.from',
      `must be 'connection' or 'hop', found ${describeFound(given.from)}`,
    );
  }
  return readFromHop(given, now);
}

type HopGiven = Partial<Record<'hop' | 'format' | 'field' | 'verifyField' | 'by', unknown>>;

function readFromHop(given: HopGiven, now: Clock): ReadCertificate {
  const format = readFormat(given.format);
  const isHop = readHop(given.hop, now);
  const field = readField('certificates.field', isGiven(given, 'field') ? given.field : FIELDS[format]);
  const verifyField = format === 'nginx' ? readField('certificates.verifyField', given.verifyField) : undefined;
  if (format !== 'nginx' && isGiven(given, 'verifyField')) {
    throw new ConfigurationError('certificates.verifyField', 'is for the format nginx alone');
  }
  if (format !== 'xfcc' && isGiven(given, 'by')) {
    throw new ConfigurationError('certificates.by', 'is for the format xfcc alone');
  }
  const settings: ParserSettings = {
    by: isGiven(given, 'by') ? readText('certificates.by', given.by, "'spiffe://example.org/orders'") : undefined,
  };
  const own = new Set([field, ...(verifyField === undefined ? [] : [verifyField])]);
  return takeAll(own, ({ connection }, fields) => {
    if (!connection || !isHop(connection)) return undefined;
    if (verifyField !== undefined && onlyOf(fields, verifyField) !== 'SUCCESS') return undefined;
    const text = onlyOf(fields, field);
    const presented = text === undefined ? undefined : parseForwardedCertificate(format, text, settings);
    return presented && isInDate(presented.certificate, now) ? presented : undefined;
  });
}

/** Takes every header away that is known to carry certificates, and those that the operator named. */
function takeAll(
  own: ReadonlySet<string>,
  read: (request: AccessRequest, fields: TakenFields) => PresentedCertificate | undefined,
): ReadCertificate {
  const isWanted = (name: string) =>
    own.has(name) ||
    name === 'x-forwarded-client-cert' ||
    name === 'client-cert' ||
    name === 'client-cert-chain' ||
    name.startsWith('x-amzn-mtls-clientcert');
  return (request) => {
    const fields: TakenFields = request.take?.(isWanted) ?? new Map();
    return () => read(request, fields);
  };
}

/** Of a field that is there twice, one is somebody else's. */
function onlyOf(fields: TakenFields, name: string): string | undefined {
  const [only, second] = fields.get(name) ?? [];
  return second === undefined ? only : undefined;
}

/** A session that TLS resumed is not verified again: the dates are looked at on each request. */
function readConnection(connection: Connection | undefined, now: Clock): PresentedCertificate | undefined {
  const certificate = connection?.peerCertificate();
  if (!certificate || !isInDate(certificate, now)) return undefined;
  return { thumbprint: computeCertificateThumbprint(certificate), certificate };
}

function isInDate(certificate: X509Certificate | undefined, now: Clock): boolean {
  if (!certificate) return true; // a hash tells no dates; the hop looked at them
  const present = now() * 1000;
  return Date.parse(certificate.validFrom) <= present && present <= Date.parse(certificate.validTo);
}

function readFormat(value: unknown): CertificateFormat {
  if (typeof value === 'string' && Object.hasOwn(parsers, value)) return value as CertificateFormat;
  const found = typeof value === 'string' ? quoteText(value) : describeFound(value);
  throw new ConfigurationError(
    'certificates.format',
    `must be one of ${Object.keys(parsers).join(', ')}, found ${found}`,
  );
}

function readField(option: string, value: unknown): string {
  const name = readText(option, value, "'x-ssl-client-cert'").toLowerCase();
  if (/^[a-z0-9-]+$/.test(name)) return name;
  throw new ConfigurationError(option, `must be the name of a header, found ${quoteText(name)}`);
}

const HOPS = ['unixSocket', 'loopback', 'subjectAltName', 'dangerouslyTrustAddresses'] as const;

function readHop(value: unknown, now: Clock): (connection: Connection) => boolean {
  const hop = readOptions('certificates.hop', value, HOPS, '{ loopback: true }');
  const kind = readOneOf('certificates.hop', hop, HOPS, '{ loopback: true }');
  if (kind === 'dangerouslyTrustAddresses') {
    const addresses = readAddresses(`certificates.hop.${kind}`, hop[kind]);
    process.emitWarning(`certificates.hop.${kind}: whoever gets one of these addresses can be anyone`, {
      code: 'COUNTERSIGN_DANGEROUSLY_TRUST_ADDRESSES',
    });
    return ({ remoteAddress = '' }) =>
      isIP(remoteAddress) !== 0 && addresses.check(remoteAddress, familyOf(remoteAddress));
  }
  if (kind === 'subjectAltName') {
    const name = readText(`certificates.hop.${kind}`, hop[kind], "'spiffe://example.org/gateway'");
    return (connection) => {
      const certificate = connection.isAuthorized ? connection.peerCertificate() : undefined;
      return isInDate(certificate, now) && hasAltName(certificate, name);
    };
  }
  if (hop[kind] !== true) throw new ConfigurationError(`certificates.hop.${kind}`, 'must be true');
  return kind === 'unixSocket'
    ? ({ isUnixSocket }) => isUnixSocket
    : ({ remoteAddress }) => remoteAddress !== undefined && LOOPBACK.test(remoteAddress);
}

/** Node quotes names that hold separators, and escapes these: a name can't be made up of parts of another. */
function hasAltName(certificate: X509Certificate | undefined, name: string): boolean {
  const names = certificate?.subjectAltName?.split(', ') ?? [];
  return names.includes(`URI:${name}`) || names.includes(`DNS:${name}`);
}

function readAddresses(option: string, value: unknown): BlockList {
  const addresses = new BlockList();
  for (const address of readTexts(option, value, "['10.0.0.7']")) {
    if (isIP(address) === 0) {
      throw new ConfigurationError(
        option,
        `must be IP addresses, found ${quoteText(address)}; write for example ['10.0.0.7']`,
      );
    }
    addresses.addAddress(address, familyOf(address));
  }
  return addresses;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
