import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type CertificateFormat, parseForwardedCertificate } from '../../lib/binding/parse-forwarded-certificate.js';
import { makeCertificate, type TestCertificate } from '../support/make-certificate.js';
import { tellReason } from '../support/provider.js';
import { createRawIssuer } from '../support/raw-issuer.js';
import { describeVectors } from '../support/read-vectors.js';

const own = await makePadded();
const other = await makeCertificate({ name: 'other' });

const base64 = own.certificate.raw.toString('base64');
const hashOf = ({ thumbprint }: { readonly thumbprint: string }) =>
  Buffer.from(thumbprint, 'base64url').toString('hex');
const hash = hashOf(own);
const pem = encodeURIComponent(own.cert);
const otherPem = encodeURIComponent(other.cert);
/** AWS leaves these three as they are. */
const albPem = pem.replace(/%2B/g, '+').replace(/%3D/g, '=').replace(/%2F/g, '/');
/** Bits that base64 has no use for are set: it reads as the same bytes, and isn't the same text. */
const loose = base64.replace(/([A-Za-z0-9+/])(=+)$/, (_all, last: string, padding: string) => {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return `${digits[digits.indexOf(last) + 1]}${padding}`;
});
const by = 'spiffe://example.org/orders';

type Row = readonly [title: string, text: string, settings?: { readonly by?: string }];

/** The thumbprint that is read; undefined where nothing is. */
const read = (format: CertificateFormat, text: string, settings: { readonly by?: string } = {}) =>
  parseForwardedCertificate(format, text, settings)?.thumbprint;

const honest: Readonly<Record<CertificateFormat, readonly Row[]>> = {
  'client-cert': [
    ['as RFC 9440 has it', `:${base64}:`],
    ['between spaces', ` :${base64}: `],
  ],
  nginx: [
    ['as $ssl_client_escaped_cert has it', pem],
    ['in another case of percent-encoding', pem.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ['in lines of Windows', encodeURIComponent(own.cert.replace(/\n/g, '\r\n'))],
    ['without the last line end', encodeURIComponent(own.cert.trim())],
  ],
  alb: [
    ['as the load balancer writes it', albPem],
    ['that is escaped in full', pem],
    ['before its chain', `${albPem}${otherPem}`],
    ['before a chain of two', `${albPem}${otherPem}${otherPem}`],
  ],
  xfcc: [
    ['by its hash', `Hash=${hash}`],
    ['by its hash in quotes', `Hash="${hash}"`],
    ['by its hash in upper case', `Hash=${hash.toUpperCase()}`],
    ['under keys in lower case', `by=${by};hash=${hash}`, { by }],
    ['under keys in upper case', `BY=${by};HASH=${hash}`, { by }],
    ['by itself', `Cert="${pem}"`],
    ['by itself, without quotes', `Cert=${pem}`],
    ['by itself and its hash', `Hash=${hash};Cert="${pem}"`],
    ['beside its chain', `Cert="${pem}";Chain="${pem}${otherPem}"`],
    ['for us', `By=${by};Hash=${hash};Subject="CN=caller"`, { by }],
    ['for us, said twice', `By=${by};By=${by};Hash=${hash}`, { by }],
    ['for anybody, where nobody asks', `By=spiffe://example.org/other;Hash=${hash}`],
    ['beside separators in quotes', `Subject="CN=a,O=b;Hash=${hashOf(other)},Hash=x";Hash=${hash}`],
    ['beside escaped quotes', `Subject="CN=\\"a\\",O=b;\\\\";Hash=${hash}`],
    ['beside names', `Hash=${hash};Subject="";URI=spiffe://a/b;URI=spiffe://a/c;DNS=a.example;DNS=b.example`],
    [
      'in the element of the nearest hop',
      `By=${by};Hash=${hashOf(other)};Subject="CN=x",By=${by};Hash=${hash}`,
      { by },
    ],
    ['with spaces around', ` Hash=${hashOf(other)} , Hash=${hash} `],
  ],
};

const hostile: Readonly<Record<CertificateFormat, readonly Row[]>> = {
  'client-cert': [
    ['nothing', ''],
    ['without colons', base64],
    ['without the first colon', `${base64}:`],
    ['without the last colon', `:${base64}`],
    ['no bytes', '::'],
    ['with a space within', `: ${base64}:`],
    ['in base64url', `:${Buffer.from(base64, 'base64').toString('base64url')}:`],
    ['without its padding', `:${base64.replace(/=+$/, '')}A:`],
    ['with bits that mean nothing', `:${loose}:`],
    ['with padding within', `:${base64.slice(0, 8)}=${base64.slice(8)}:`],
    ['that is none', ':aGVsbG8=:'],
    ['cut off', `:${own.certificate.raw.subarray(0, -1).toString('base64')}:`],
    ['with something behind', `:${Buffer.concat([own.certificate.raw, Buffer.from('x')]).toString('base64')}:`],
    ['as text within', `:${Buffer.from(own.cert).toString('base64')}:`],
    ['twice', `:${base64}:, :${base64}:`],
    ['with parameters', `:${base64}:;a=1`],
    ['as PEM', pem],
  ],
  nginx: [
    ['nothing', ''],
    ['garbage', 'garbage'],
    ['a broken escape', `${pem}%`],
    ['an escape that is no UTF-8', `${pem}%FF`],
    ['escaped twice', encodeURIComponent(pem)],
    ['with lines that end in something else', own.cert.replace(/\n/g, '_')],
    ['with another first line', encodeURIComponent(own.cert.replace('BEGIN', 'BEGIN TRUSTED'))],
    ['without its last line', encodeURIComponent(own.cert.replace(/-----END.*/, ''))],
    ['a request for one', encodeURIComponent(own.cert.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'))],
    ['with no bytes', encodeURIComponent('-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n')],
    [
      'with bytes that are none',
      encodeURIComponent('-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n'),
    ],
    ['with padding within', encodeURIComponent(own.cert.replace('\nM', '\n=M'))],
    [
      'with bits that mean nothing',
      encodeURIComponent(`-----BEGIN CERTIFICATE-----\n${loose}\n-----END CERTIFICATE-----\n`),
    ],
    ['two of them', `${pem}${otherPem}`],
    ['with words before', `hello%0A${pem}`],
    ['with words behind', `${pem}hello`],
    ['its key', encodeURIComponent(own.key)],
  ],
  alb: [
    ['nothing', ''],
    ['with words behind', `${albPem}hello`],
    ['with words before its chain', `${albPem}hello${otherPem}`],
    ['before half of another', `${albPem}${otherPem.slice(0, -40)}`],
    ['with words before', `x${albPem}`],
    ['a broken escape', albPem.replace('%0A', '%0')],
  ],
  xfcc: [
    ['nothing', ''],
    ['no pair', 'Hash'],
    ['no key', `=${hash}`],
    ['a key of other letters', `Ha-sh=${hash}`],
    ['a hash that is too short', `Hash=${hash.slice(1)}`],
    ['a hash that is too long', `Hash=${hash}0`],
    ['a hash with other digits', `Hash=${hash.replace(/.$/, 'g')}`],
    ['a hash in base64url', `Hash=${own.thumbprint}`],
    ['a hash of nothing', 'Hash='],
    ['a hash with spaces in quotes', `Hash=" ${hash}"`],
    ['two hashes', `Hash=${hash};Hash=${hashOf(other)}`],
    ['one hash twice', `Hash=${hash};hash=${hash}`],
    ['two certificates', `Cert="${pem}";Cert="${otherPem}"`],
    ['one certificate twice', `Cert="${pem}";CERT="${pem}"`],
    ['two certificates in one', `Cert="${pem}${otherPem}"`],
    ['a hash of another certificate', `Hash=${hashOf(other)};Cert="${pem}"`],
    ['a hash that is none beside a certificate', `Hash=x;Cert="${pem}"`],
    ['a hash beside a certificate that is none', `Hash=${hash};Cert="garbage"`],
    ['a hash beside an empty certificate', `Hash=${hash};Cert=""`],
    ['a certificate that is none', 'Cert="garbage"'],
    ['a chain alone', `Chain="${pem}"`],
    ['a subject alone', 'Subject="CN=caller"'],
    ['a quote that is not closed', `Hash=${hash};Subject="CN=caller`],
    ['a quote that is not closed, in an earlier element', `Subject="CN=x,Hash=${hash}`],
    ['a quote that an escape keeps open', `Hash=${hash};Subject="CN=caller\\"`],
    ['something before a quote', `Hash=x"${hash}"`],
    ['something behind a quote', `Hash="${hash}"x`],
    ['a value with an equals sign, without quotes', `Hash=${hash};Subject=CN=caller`],
    ['a separator at the end', `Hash=${hash};`],
    ['another element at the end', `Hash=${hash},`],
    ['the hash in the element of a farther hop', `Hash=${hash},By=${by};Subject="CN=x"`],
    ['a nearest hop that knows of none', `Hash=${hash},Subject=""`],
    ['an earlier element that is none', `garbage,Hash=${hash}`],
    [
      'an earlier element that turns the last one inside out',
      `Hash=${hash};X=",Hash=${hashOf(other)};Subject="CN=a,Hash=${hash};X="\\"`,
    ],
    ['for somebody else', `By=spiffe://example.org/other;Hash=${hash}`, { by }],
    ['for nobody', `Hash=${hash}`, { by }],
    ['for us and somebody else', `By=${by};By=spiffe://example.org/other;Hash=${hash}`, { by }],
    ['for us in another element', `By=${by},Hash=${hash}`, { by }],
    ['for us in another case', `By=${by.toUpperCase()};Hash=${hash}`, { by }],
    ['for us within quotes of something else', `Subject="By=${by}";Hash=${hash}`, { by }],
  ],
};

const formats = ['client-cert', 'nginx', 'alb', 'xfcc'] as const;

describe.each(formats)('a certificate in the format %s', (format) => {
  it.each(honest[format])('is read %s', (_title, text, settings = {}) => {
    expect(read(format, text, settings)).toBe(own.thumbprint);
  });

  it.each(hostile[format])('is nothing: %s', (_title, text, settings = {}) => {
    expect(read(format, text, settings)).toBeUndefined();
  });

  it('may be as long as 16 KiB, and no longer', () => {
    const [, text] = honest[format][0] as Row;
    const fill: Record<CertificateFormat, (length: number) => string> = {
      'client-cert': (length) => text.padEnd(length),
      nginx: (length) => text.padEnd(length, '\n'),
      alb: (length) => text.padEnd(length, '\n'),
      xfcc: (length) => `X="${'x'.repeat(length - text.length - 5)}";${text}`,
    };
    const long = fill[format](16 * 1024);
    expect([long.length, read(format, long)]).toEqual([16 * 1024, own.thumbprint]);
    expect(read(format, fill[format](16 * 1024 + 1))).toBeUndefined();
  });

  it.each([
    ['spaces', (length: number) => `A=${' '.repeat(length)}x"`],
    ['quotes', (length: number) => `A=${'"'.repeat(length)}`],
    ['backslashes', (length: number) => `A="${'\\'.repeat(length)}`],
    ['separators', (length: number) => ',;'.repeat(length / 2)],
    ['line ends behind a beginning', (length: number) => `-----BEGIN CERTIFICATE-----${'\n'.repeat(length)}`],
    ['beginnings', (length: number) => '-----BEGIN CERTIFICATE-----\nA'.repeat(length / 30)],
    ['digits between colons', (length: number) => `:${'='.repeat(length)}`],
  ])('is nothing, and soon: thousands of %s', (_what, make) => {
    const startedAt = performance.now();
    for (let times = 0; times < 5; times++) expect(read(format, make(16_000))).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('what is read', () => {
  it.each([
    ['xfcc', `Cert="${pem}"`],
    ['nginx', pem],
    ['alb', `${albPem}${otherPem}`],
    ['client-cert', `:${base64}:`],
  ] as const)('is the certificate itself, where %s brings it', (format, text) => {
    expect(parseForwardedCertificate(format, text, {})?.certificate?.raw).toEqual(own.certificate.raw);
  });

  it('is a thumbprint alone, where a hash is all there is', () => {
    expect(parseForwardedCertificate('xfcc', `Hash=${hash}`, {})).toEqual({ thumbprint: own.thumbprint });
  });
});

interface Example {
  readonly certificate_pem: string;
  readonly x5t_s256: string;
  readonly cases: readonly {
    readonly title: string;
    readonly cnf: unknown;
    readonly peer_certificate: string | null;
    readonly expect: string;
  }[];
}

describeVectors<Example>('rfc-examples/rfc8705-mtls.json', ({ certificate_pem, x5t_s256, cases }) => {
  const example = new X509Certificate(certificate_pem);
  const issuer = createRawIssuer();
  const verifier = issuer.openVerifier();
  const judge = (cnf: unknown, certificate?: X509Certificate) =>
    verifier
      .verify(issuer.sign(issuer.claims({ cnf })), certificate && { certificate })
      .then(() => 'accept', tellReason);

  it.each(formats)('its thumbprint is that of RFC 8705, by way of %s too', (format) => {
    const escaped = encodeURIComponent(certificate_pem);
    const texts: Record<CertificateFormat, string> = {
      'client-cert': `:${example.raw.toString('base64')}:`,
      nginx: escaped,
      alb: escaped,
      xfcc: `Cert="${escaped}"`,
    };
    expect(read(format, texts[format])).toBe(x5t_s256);
  });

  it.each(cases.map((row) => [row.title, row] as const))(
    '%s',
    async (_title, { cnf, peer_certificate, expect: verdict }) => {
      const judged = await judge(cnf, peer_certificate === null ? undefined : example);
      expect(judged).toMatch(
        verdict === 'accept' ? /^accept$/ : /^(?:binding_missing|binding_mismatch|claim_invalid)$/,
      );
    },
  );

  it('says why', async () => {
    expect(await judge({ 'x5t#S256': x5t_s256 })).toBe('binding_missing');
    expect(await judge({ 'x5t#S256': x5t_s256 }, own.certificate)).toBe('binding_mismatch');
    expect(await judge({ 'x5t#S256': `${x5t_s256}=` }, example)).toBe('binding_mismatch');
    expect(await judge({ 'x5t#S256': null }, example)).toBe('binding_mismatch');
    expect(await judge({ 'x5t#S256': [x5t_s256] }, example)).toBe('binding_mismatch');
    expect(await judge({}, example)).toBe('binding_missing');
    expect(await judge(x5t_s256, example)).toBe('claim_invalid');
  });
});

/** A certificate whose base64 ends in padding: one in three, by the length of its signature, has none. */
async function makePadded(): Promise<TestCertificate> {
  const made = await makeCertificate({ name: 'caller' });
  return made.certificate.raw.length % 3 === 0 ? makePadded() : made;
}
