import type { AccessRequest, Connection } from '../http/from-node-request.js';
import type { Clock } from '../options.js';
import type { IsHop } from '../x509/read-hop.js';
import type { Signal } from './signal.js';

/** What hops say of a request, each signal's own hop alone. */
export type HopHeaders = (signal: Signal, name: string) => string | undefined;

/** Reads hops' headers at first sight of a request. */
export type ReadHopHeaders = (request: AccessRequest) => HopHeaders;

const NOTHING: HopHeaders = () => undefined;

/**
 * Headers that count from a hop alone. Sent by anybody else, or twice, they are taken away before the application could
 * believe them; undefined where no signal reads any.
 */
export function createHopHeaderReader(signals: readonly Signal[], now: Clock): ReadHopHeaders | undefined {
  const believers = signals.flatMap((signal) =>
    Object.entries(signal.hopHeaders ?? {}).map(([name, isHop]) => ({ signal, name, isHop })),
  );
  if (believers.length === 0) return undefined;
  const names = new Set(believers.map(({ name }) => name));
  return (request) => {
    const { connection } = request;
    const shown = new Set([...names].filter((name) => request.header(name).length > 0));
    if (shown.size === 0) return NOTHING;
    const believed = new Map<Signal, Map<string, string>>();
    const refused = new Set(shown);
    for (const { signal, name, isHop } of believers) {
      const [only, second] = request.header(name);
      if (only === undefined || second !== undefined || !isFrom(isHop, connection, now)) continue;
      believed.set(signal, new Map([...(believed.get(signal) ?? []), [name, only]]));
      refused.delete(name);
    }
    if (refused.size > 0) request.take?.((name) => refused.has(name));
    return (signal, name) => believed.get(signal)?.get(name.toLowerCase());
  };
}

/** It runs before anything can catch: a connection that tells nothing is nobody's. */
function isFrom(isHop: IsHop, connection: Connection | undefined, now: Clock): boolean {
  try {
    return connection !== undefined && isHop(connection, now);
  } catch {
    return false;
  }
}
