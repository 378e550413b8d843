import type { JudgingOptions } from '../gate/read-judging.js';

/** One trust entry as it is written, and where. */
export interface TrustPlace {
  /** As messages about options name it: `trust[0]`. */
  readonly place: string;
  /** Where its keys are at hand: in the configuration, or given for the replay. Undefined: they come over the network. */
  readonly keysFrom: string | undefined;
}

/** Options that a replay can judge by: nothing in them reaches out of the process, or writes anything. */
export interface OfflineOptions {
  readonly options: JudgingOptions;
  /** By the issuer's name. */
  readonly places: ReadonlyMap<string, TrustPlace>;
}

/** What takes the place of what a service has. */
interface Replacements {
  /** Seconds since the epoch. */
  readonly now: number;
  /** A JWK set. */
  readonly jwks: object | undefined;
  readonly unverifiedIssuers: readonly string[];
}

/** What reaches out or is written to; a replay needs none of it. */
const LEFT_OUT = ['accessLog', 'metrics', 'signing', 'keyDirectory', 'revocation', 'challenge'];

/**
 * The options of a gate without the network: no log, no store, no directory, and the time that is replayed. Keys that were
 * given stand in for those of the issuer that the token names, whose names are in the order in which they count.
 */
export function cutNetwork(
  given: Readonly<Record<string, unknown>>,
  { now, jwks, unverifiedIssuers }: Replacements,
): OfflineOptions {
  const places = new Map<string, TrustPlace>();
  const written = listNames(given['trust']);
  const meant = jwks && unverifiedIssuers.find((name) => written.has(name));

  function rewrite(entry: unknown, place: string): unknown {
    if (Array.isArray(entry)) return entry.map((inner, within) => rewrite(inner, `${place}[${within}]`));
    const name = nameEntry(entry);
    if (name === undefined) return entry; // reading the options says what is wrong with it
    places.set(name, { place, keysFrom: name === meant ? '--jwks' : findKeys(place, entry as object) });
    return name === meant && jwks ? replaceKeys(entry as object, jwks) : entry;
  }

  const kept = Object.entries(given).filter(([name]) => !LEFT_OUT.includes(name));
  const options: Record<string, unknown> = { ...Object.fromEntries(kept), now: () => now };
  if (Array.isArray(given['trust'])) options['trust'] = rewrite(given['trust'], 'trust');
  if (isObject(given['dpop'])) options['dpop'] = omitStore(given['dpop']);
  return { options: options as JudgingOptions, places };
}

function listNames(trust: unknown): ReadonlySet<string> {
  const entries: readonly unknown[] = Array.isArray(trust) ? trust.flat() : [];
  return new Set(entries.flatMap((entry) => nameEntry(entry) ?? []));
}

function replaceKeys(entry: object, jwks: object): object {
  return 'trustDomain' in entry ? { ...entry, bundle: jwks } : { ...entry, keys: { jwks } };
}

/** The name under which a token finds the entry. */
function nameEntry(entry: unknown): string | undefined {
  if (!isObject(entry)) return undefined;
  const { issuer, trustDomain } = entry as { issuer?: unknown; trustDomain?: unknown };
  if (typeof trustDomain === 'string') return `spiffe://${trustDomain}`;
  return typeof issuer === 'string' ? issuer : undefined;
}

function findKeys(place: string, entry: object): string | undefined {
  const { keys, bundle } = entry as { keys?: unknown; bundle?: unknown };
  if (isObject(keys) && 'jwks' in keys) return `${place}.keys`;
  return isObject(bundle) && 'keys' in bundle ? `${place}.bundle` : undefined;
}

function omitStore({ replayStore: _, ...dpop }: { readonly replayStore?: unknown }): object {
  return dpop;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
