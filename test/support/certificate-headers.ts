import type { IncomingMessage } from 'node:http';
import type { TestCertificate } from './make-certificate.js';

type Header = readonly [string, string];

/** The header of RFC 9440, as a hop writes it for its peer's certificate. */
export function clientCert({ certificate }: TestCertificate): Header {
  return ['client-cert', `:${certificate.raw.toString('base64')}:`];
}

/** The headers of nginx, as they are configured in these tests. */
export function nginxCert({ cert }: TestCertificate, verdict = 'SUCCESS'): readonly Header[] {
  return [
    ['x-ssl-cert', encodeURIComponent(cert)],
    ['x-ssl-verify', verdict],
  ];
}

/** The header of Envoy. */
export function forwardedClientCert({ cert }: TestCertificate, by = 'spiffe://example.org/orders'): Header {
  return ['x-forwarded-client-cert', `By=${by};Cert="${encodeURIComponent(cert)}";Subject="CN=caller"`];
}

/** Every header that somebody could believe, each in another spelling, and some of them twice. */
export function spoofAll(certificate: TestCertificate): readonly Header[] {
  const [, bytes] = clientCert(certificate);
  const escaped = encodeURIComponent(certificate.cert);
  return [
    ['X-Forwarded-Client-Cert', forwardedClientCert(certificate)[1]],
    ['x-forwarded-client-cert', forwardedClientCert(certificate)[1]],
    ['Client-Cert', bytes],
    ['CLIENT-CERT', bytes],
    ['Client-Cert-Chain', bytes],
    ['X-Amzn-Mtls-Clientcert', escaped],
    ['X-Amzn-Mtls-Clientcert-Leaf', escaped],
    ['X-Amzn-Mtls-Clientcert-Serial-Number', '01'],
    ['X-Amzn-Mtls-Clientcert-Subject', 'CN=caller'],
    ['x-amzn-mtls-clientcert-issuer', 'CN=authority'],
    ['X-Amzn-Mtls-Clientcert-Validity', 'NotBefore=2026-01-01T00:00:00Z'],
    ['X-SSL-Cert', escaped],
    ['x-ssl-CERT', escaped],
    ['X-SSL-Verify', 'SUCCESS'],
    ['x-other', 'stays'],
    ['x-other', 'stays too'],
  ];
}

const isTelling = (name: string) => /cert|x-ssl|x-other/i.test(name);

/** What is left of all that, wherever a handler could look; of what stays, its values. */
export function findLeft({ headers, headersDistinct, rawHeaders }: IncomingMessage) {
  return {
    headers: Object.entries(headers).filter(([name]) => isTelling(name)),
    headersDistinct: Object.entries(headersDistinct).filter(([name]) => isTelling(name)),
    rawHeaders: rawHeaders.filter((_value, at) => isTelling(rawHeaders[at - (at % 2)] as string)),
  };
}

/** What must be left. */
export const untouched = {
  headers: [['x-other', 'stays, stays too']],
  headersDistinct: [['x-other', ['stays', 'stays too']]],
  rawHeaders: ['x-other', 'stays', 'x-other', 'stays too'],
};
