import type { X509Certificate } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '../errors.js';
import { type Clock, quoteText, readOneOf, readOptions, readText, readTexts } from '../options.js';
import { isInDate } from './is-in-date.js';
import { readCertificate } from './read-certificate.js';

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

/** What knowing a hop takes of its connection. */
interface Peer {
  readonly remoteAddress: string | undefined;
  readonly isUnixSocket: boolean;
  /** Its certificate was verified by our TLS server. */
  readonly isAuthorized: boolean;
  peerCertificate(): X509Certificate | undefined;
}

/** Whether a connection is the hop's. */
export type IsHop = (peer: Peer, now: Clock) => boolean;

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/;
const HOPS = ['unixSocket', 'loopback', 'subjectAltName', 'dangerouslyTrustAddresses'] as const;

/** How to know the hop. */
export function readHop(option: string, value: unknown): IsHop {
  const hop = readOptions(option, value, HOPS, '{ loopback: true }');
  const kind = readOneOf(option, hop, HOPS, '{ loopback: true }');
  if (kind === 'dangerouslyTrustAddresses') {
    const addresses = readAddresses(`${option}.${kind}`, hop[kind]);
    process.emitWarning(`${option}.${kind}: whoever gets one of these addresses can be anyone`, {
      code: 'COUNTERSIGN_DANGEROUSLY_TRUST_ADDRESSES',
    });
    return ({ remoteAddress = '' }) =>
      isIP(remoteAddress) !== 0 && addresses.check(remoteAddress, familyOf(remoteAddress));
  }
  if (kind === 'subjectAltName') {
    const name = readText(`${option}.${kind}`, hop[kind], "'spiffe://example.org/gateway'");
    return (peer, now) => {
      const certificate = peer.isAuthorized ? peer.peerCertificate() : undefined;
      return isInDate(certificate, now) && hasAltName(certificate, name);
    };
  }
  if (hop[kind] !== true) throw new ConfigurationError(`${option}.${kind}`, 'must be true');
  return kind === 'unixSocket'
    ? ({ isUnixSocket }) => isUnixSocket
    : ({ remoteAddress }) => remoteAddress !== undefined && LOOPBACK.test(remoteAddress);
}

function hasAltName(certificate: X509Certificate | undefined, name: string): boolean {
  if (!certificate) return false;
  try {
    const { uris, dnsNames } = readCertificate(certificate);
    return name.includes(':') ? uris.includes(name) : dnsNames.includes(name.toLowerCase());
  } catch {
    return false; // a certificate that can't be read is nobody's
  }
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
