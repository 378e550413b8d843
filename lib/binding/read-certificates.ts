import { ConfigurationError } from '../errors.js';
import type { AccessRequest, Connection } from '../http/from-node-request.js';
import type { TakenFields } from '../http/take-fields.js';
import { type Clock, describeFound, isGiven, quoteText, readOptions, readText } from '../options.js';
import { computeCertificateThumbprint } from '../x509/compute-certificate-thumbprint.js';
import { isInDate } from '../x509/is-in-date.js';
import { type HopOption, readHop } from '../x509/read-hop.js';
import {
  type CertificateFormat,
  type ParserSettings,
  type PresentedCertificate,
  parseCertificateChain,
  parseForwardedCertificate,
  parsers,
} from './parse-forwarded-certificate.js';

/**
 * What certificates are for. `binding`, the default: tokens may be bound to them (RFC 8705), whoever signed them.
 * `identity`: each must also be vouched for by a trust domain or certificate authority of `trust`, and names the workload
 * that calls: beside its token, or alone, in place of one.
 */
export type CertificateUse = 'binding' | 'identity';

/** Where the certificates of callers come from. Every header that could carry one is taken away, trusted hop or not. */
export type CertificateOptions =
  /** Our own TLS server: `requestCert: true`; `rejectUnauthorized: false` where callers sign their certificates themselves. */
  | { readonly from: 'connection'; readonly use?: CertificateUse }
  /** A hop that ends TLS before us, and hands the certificate on in a header. */
  | {
      readonly from: 'hop';
      readonly use?: CertificateUse;
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
const OPTIONS = ['from', 'use', 'hop', 'format', 'field', 'verifyField', 'by'] as const;
const EXAMPLE = "{ from: 'connection' }";

/** The `certificates` option, checked. */
export interface CertificateRules {
  readonly readCertificate: ReadCertificate;
  readonly use: CertificateUse;
}

/** How certificates are read, and what they are for. */
export function readCertificates(value: unknown, now: Clock): CertificateRules {
  const given = readOptions('certificates', value, OPTIONS, EXAMPLE);
  const use = isGiven(given, 'use') ? readUse(given.use) : 'binding';
  const read = readSource(given, now);
  // An identity that is out of date is refused as such; to a binding it is no certificate at all.
  const isWanted = (presented: PresentedCertificate) => use === 'identity' || isInDate(presented.certificate, now);
  return {
    use,
    readCertificate(request) {
      const readOne = read(request);
      let found: { readonly presented: PresentedCertificate | undefined } | undefined;
      return () => {
        found ??= { presented: readOne() };
        return found.presented && isWanted(found.presented) ? found.presented : undefined;
      };
    },
  };
}

function readUse(value: unknown): CertificateUse {
  if (value === 'binding' || value === 'identity') return value;
  throw new ConfigurationError('certificates.use', `must be 'binding' or 'identity', found ${describeFound(value)}`);
}

function readSource(given: Partial<Record<(typeof OPTIONS)[number], unknown>>, now: Clock): ReadCertificate {
  if (given.from === 'connection') {
    for (const name of Object.keys(given)) {
      if (name !== 'from' && name !== 'use')
        throw new ConfigurationError(`certificates.${name}`, "has no meaning beside from: 'connection'");
    }
    return takeAll(new Set(), ({ connection }) => readConnection(connection));
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
  const isHop = readHop('certificates.hop', given.hop);
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
    if (!connection || !isHop(connection, now)) return undefined;
    if (verifyField !== undefined && onlyOf(fields, verifyField) !== 'SUCCESS') return undefined;
    const text = onlyOf(fields, field);
    const presented = text === undefined ? undefined : parseForwardedCertificate(format, text, settings);
    if (!presented || format !== 'client-cert') return presented;
    return { ...presented, unverifiedChain: () => parseCertificateChain(fields.get('client-cert-chain') ?? []) };
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

function readConnection(connection: Connection | undefined): PresentedCertificate | undefined {
  const certificate = connection?.peerCertificate();
  if (!connection || !certificate) return undefined;
  const { objection, isAuthorized, checksRevocation = false } = connection;
  return {
    thumbprint: computeCertificateThumbprint(certificate),
    certificate,
    isVerified: isAuthorized,
    unverifiedChain: () => connection.peerChain?.() ?? [],
    ...(objection !== undefined && { objection }),
    checksRevocation,
  };
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
