import { isGiven, readEntries, readOptions } from '../options.js';
import { type HopOption, type IsHop, readHop } from '../x509/read-hop.js';
import { readSignal } from './read-signals.js';
import type { Assess, Signal } from './signal.js';

/** Options of a signal. */
export interface SignalOptions {
  /** The score that counts where the signal fails or is late: the riskiest that it could have given. 1 by default. */
  readonly worst?: number;
  /** How long a promise of it is waited for. Milliseconds; 100 by default, from 10 to 2000. */
  readonly timeoutMilliseconds?: number;
  /**
   * Headers that it reads by `hopHeader`, and the hop from which each is believed. They are taken away from what the
   * application sees where anybody else sent them.
   */
  readonly hopHeaders?: Readonly<Record<string, HopOption>>;
  /** It reads `certificate`: on a gate without `certificates` it is then an error at start. */
  readonly needsCertificate?: boolean;
}

const OPTIONS = ['worst', 'timeoutMilliseconds', 'hopHeaders', 'needsCertificate'] as const;

/**
 * A signal of one's own.
 *
 * @param name what records call it: letters, digits, `_` and `-`
 * @param assess gives a score from 0 to 1 and a reason; it is asked once for each request that needs it, beside the others
 * @throws {ConfigurationError} without a name or a function, or for an option out of bounds
 * @example
 * const reputation = defineSignal('reputation', async ({ ip }) => {
 *   const isListed = await blocklist.has(ip);
 *   return { score: isListed ? 1 : 0, reason: isListed ? 'the address is listed' : 'the address is not listed' };
 * });
 */
export function defineSignal(name: string, assess: Assess, options: SignalOptions = {}): Signal {
  const given = readOptions('signal.options', options, OPTIONS);
  if (!isGiven(given, 'hopHeaders')) return readSignal('signal', { ...given, name, assess });
  return readSignal('signal', { ...given, hopHeaders: readHopHeaders(given.hopHeaders), name, assess });
}

function readHopHeaders(value: unknown): Readonly<Record<string, IsHop>> {
  const option = 'signal.options.hopHeaders';
  const entries = readEntries(option, value, { example: "{ 'x-device-state': { loopback: true } }" });
  return Object.fromEntries(entries.map(([name, hop]) => [name, readHop(`${option}.${name}`, hop)]));
}
