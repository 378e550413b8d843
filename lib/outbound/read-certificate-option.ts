import { ConfigurationError } from '../errors.js';
import { isGiven, readOptions, readText } from '../options.js';
import { type CheckCallee, readCallee } from './read-callee.js';
import type { KeyPairFiles } from './read-key-pair.js';

/**
 * The certificate that a client shows (mutual TLS, RFC 8705), and to which its tokens are bound: a stolen one is worthless.
 *
 * The files, in PEM, are read at start and followed: at most once a second, when a call is made, they are looked at, and
 * where they changed (in place, by rename, or by a link that leads elsewhere) the next calls use what they hold now, with
 * new tokens and new connections. A pair that does not fit, as between two writes, leaves the old one in use. Once that
 * has expired nothing is sent: the client's promise is rejected with a `TypeError` that names the file. The gate's events
 * `certificate_rotated` and `certificate_not_read` tell of it.
 *
 * Files that others may read are taken, the key too, since secrets are mounted so in Kubernetes (0644); a file that
 * everybody may write is refused.
 */
export interface ClientCertificateOptions {
  /** The private key, not encrypted. */
  readonly keyFile: string;
  /** Our certificate first, then those between it and an authority that callees trust. */
  readonly certificateFile: string;
  /** The authorities that vouch for the callee (`cA`, RFC 5280 section 4.2.1.9). Those of the system count for nothing.
   * Each of them may vouch for every callee of this client: of federated domains it holds the callee's own alone. */
  readonly authoritiesFile: string;
  /**
   * Who the callee is, by its certificate's subject alternative names; of a list, any of them. A SPIFFE ID: the certificate
   * must be an X.509-SVID with exactly this ID. Another URI, or a DNS name: it must be among the names, wildcards aside. The
   * host of the request is not compared.
   */
  readonly callee: string | readonly string[];
}

const OPTION = 'client.certificate';
const NAMES = ['keyFile', 'certificateFile', 'authoritiesFile', 'callee'] as const;
const EXAMPLE =
  "{ keyFile: '/run/spiffe/key.pem', certificateFile: '/run/spiffe/cert.pem', authoritiesFile: '/run/spiffe/bundle.pem', callee: 'spiffe://shop.example/ns/pay/sa/payments' }";

/** The option, checked but for the files. */
export function readCertificateOption(value: unknown): {
  readonly files: KeyPairFiles;
  readonly checkCallee: CheckCallee;
} {
  const given = readOptions(OPTION, value, NAMES, EXAMPLE);
  return {
    files: {
      keyFile: readText(`${OPTION}.keyFile`, given.keyFile, "'/run/spiffe/key.pem'"),
      certificateFile: readText(`${OPTION}.certificateFile`, given.certificateFile, "'/run/spiffe/cert.pem'"),
      authoritiesFile: readText(`${OPTION}.authoritiesFile`, given.authoritiesFile, "'/run/spiffe/bundle.pem'"),
    },
    checkCallee: readCallee(`${OPTION}.callee`, given.callee),
  };
}

/**
 * What stands beside a certificate must leave nothing to be sent without it.
 *
 * @throws {ConfigurationError} for plain http, or something else that sends
 */
export function checkBesideCertificate(
  options: Partial<Record<'fetch' | 'dangerouslyAllowHttp', unknown>>,
  origins: ReadonlySet<string>,
): void {
  for (const name of ['fetch', 'dangerouslyAllowHttp'] as const) {
    if (isGiven(options, name)) {
      throw new ConfigurationError(`client.${name}`, 'has no meaning beside client.certificate; leave it out');
    }
  }
  [...origins].forEach((origin, at) => {
    if (!origin.startsWith('https:')) {
      throw new ConfigurationError(`client.origins[${at}]`, 'must be https, where a certificate is shown');
    }
  });
}
