import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { ConfigurationError } from '../errors.js';
import { parseSpiffeId } from '../identity/parse-spiffe-id.js';
import { quoteText, readTexts } from '../options.js';
import { readSvid } from '../trust/read-svid.js';
import { type CertificateFacts, readCertificate } from '../x509/read-certificate.js';

/** Whether the certificate that a callee shows is of one who is meant. @throws {Error} where it isn't */
export type CheckCallee = (certificate: X509Certificate) => void;

type Names = (facts: CertificateFacts) => readonly string[];

/** One name of the callee, and which names of its certificate may be it. */
interface Expected {
  readonly name: string;
  readonly namesOf: Names;
}

const EXAMPLE = "'spiffe://shop.example/ns/pay/sa/payments'";
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*$/;

/** The names of a callee, one or several, any of which its certificate must have. Who vouches for it is TLS's to check. */
export function readCallee(option: string, value: unknown): CheckCallee {
  const expected = readTexts(option, value, EXAMPLE).map((name) => readName(option, name));
  const wanted = expected.map(({ name }) => name).join(', ');
  return function checkCallee(certificate) {
    const problems: unknown[] = [];
    try {
      const facts = readCertificate(certificate);
      if (expected.some((one) => bears(facts, one, problems))) return;
    } catch (problem) {
      problems.push(problem);
    }
    const [cause] = problems;
    throw new Error(`countersign: the callee's certificate is not of ${wanted}`, cause === undefined ? {} : { cause });
  };
}

function bears(facts: CertificateFacts, { name, namesOf }: Expected, problems: unknown[]): boolean {
  try {
    return namesOf(facts).includes(name);
  } catch (problem) {
    problems.push(problem);
    return false;
  }
}

function readName(option: string, text: string): Expected {
  if (/^spiffe:/i.test(text)) return readWorkload(option, text);
  if (SCHEME.test(text) && URL.canParse(text)) return { name: text, namesOf: ({ uris }) => uris };
  const name = text.toLowerCase();
  if (isIP(name) === 0 && DNS_NAME.test(name)) return { name, namesOf: ({ dnsNames }) => dnsNames };
  throw new ConfigurationError(
    option,
    `must be a SPIFFE ID, a URI or a DNS name, without wildcards, found ${quoteText(text)}; write for example ${EXAMPLE}`,
  );
}

function readWorkload(option: string, text: string): Expected {
  try {
    if (parseSpiffeId(text).path !== '') return { name: text, namesOf: (facts) => [readSvid(facts, 'server').id] };
  } catch {
    // the message below says more
  }
  throw new ConfigurationError(option, `must name a workload as ${EXAMPLE}, found ${quoteText(text)}`);
}
