import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '../errors.js';
import { isGiven, quoteText, readOptions, readTexts } from '../options.js';
import { type HopOption, readHop } from '../x509/read-hop.js';
import { readOtherwise } from './read-signal-parts.js';
import { readSignal } from './read-signals.js';
import type { Signal, SignalRequest } from './signal.js';

/** Options of {@link networkSignal}: `trusted`, `hop` or both. */
export interface NetworkSignalOptions {
  /** What records call it; `network` by default. */
  readonly name?: string;
  /** Networks, and single addresses, that callers are trusted in: `10.0.0.0/8`, `2001:db8::/32`, `10.0.0.7`. */
  readonly trusted?: string | readonly string[];
  /** A hop whose requests are trusted wherever they began: it looked at their callers itself. */
  readonly hop?: HopOption;
  /** The score from anywhere else, and of an address that nobody knows; 1 by default. */
  readonly otherwise?: number;
}

const OPTIONS = ['name', 'trusted', 'hop', 'otherwise'] as const;
const EXAMPLE = "['10.0.0.0/8', '2001:db8::/32']";
const LONGEST = { ipv4: 32, ipv6: 128 } as const;

/**
 * Where a request comes from: 0 in a network that is trusted, `otherwise` elsewhere. The address is the adapter's: behind
 * proxies name them in Express' `trust proxy`, or Fastify's `trustProxy`; `true` there lets every caller choose its address.
 *
 * @throws {ConfigurationError} for what is no network, or for one of all addresses
 * @example networkSignal({ trusted: ['10.0.0.0/8', '2001:db8::/32'], otherwise: 0.5 })
 */
export function networkSignal(options: NetworkSignalOptions): Signal {
  const given = readOptions('networkSignal', options, OPTIONS, "{ trusted: '10.0.0.0/8' }");
  if (!isGiven(given, 'trusted') && !isGiven(given, 'hop')) {
    throw new ConfigurationError('networkSignal', `must have trusted or hop; write for example trusted: ${EXAMPLE}`);
  }
  const trusted = isGiven(given, 'trusted') ? readNetworks('networkSignal.trusted', given.trusted) : new BlockList();
  const isHop = isGiven(given, 'hop') ? readHop('networkSignal.hop', given.hop) : undefined;
  const otherwise = readOtherwise('networkSignal', given);
  return readSignal('networkSignal', {
    name: isGiven(given, 'name') ? given.name : 'network',
    worst: otherwise,
    assess: function assessNetwork({ ip = '', connection, now }: SignalRequest) {
      if (connection && isHop?.(connection, () => now)) return { score: 0, reason: 'came by the trusted hop' };
      if (isWithin(trusted, ip)) return { score: 0, reason: 'came from a trusted network' };
      const reason = isIP(ip) === 0 ? 'came from an address that nobody knows' : 'came from another network';
      return { score: otherwise, reason };
    },
  });
}

function isWithin(networks: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && networks.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function readNetworks(option: string, value: unknown): BlockList {
  const networks = new BlockList();
  for (const text of readTexts(option, value, EXAMPLE)) addNetwork(networks, option, text);
  return networks;
}

function addNetwork(networks: BlockList, option: string, text: string): void {
  const [address = '', prefix, rest] = text.split('/');
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  const length = prefix === undefined ? LONGEST[family] : Number(prefix);
  const isNetwork = isIP(address) !== 0 && rest === undefined && /^\d{1,3}$/.test(prefix ?? '0');
  if (!isNetwork || length > LONGEST[family]) {
    throw new ConfigurationError(option, `must be networks, found ${quoteText(text)}; write for example ${EXAMPLE}`);
  }
  if (length === 0) {
    throw new ConfigurationError(option, `has ${quoteText(text)}, which everybody is in; leave the signal out`);
  }
  networks.addSubnet(address, length, family);
}
