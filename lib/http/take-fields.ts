import type { IncomingMessage } from 'node:http';

/** Header fields by their names in lower case, every line of each. */
export type TakenFields = ReadonlyMap<string, readonly string[]>;

const NOTHING: TakenFields = new Map();

/**
 * Takes header fields out of a request, so that nobody after us can read them and believe them: Node keeps a request's
 * fields in three places.
 */
export function takeFields(request: IncomingMessage, isWanted: (name: string) => boolean): TakenFields {
  const { rawHeaders } = request;
  if (!Array.isArray(rawHeaders)) return NOTHING;
  const { headers, headersDistinct } = request; // Node makes these out of the raw ones when they are first asked for
  const taken = new Map<string, string[]>();
  for (let at = 0; at < rawHeaders.length; ) {
    const name = String(rawHeaders[at]).toLowerCase();
    if (isWanted(name)) {
      taken.set(name, [...(taken.get(name) ?? []), String(rawHeaders[at + 1])]);
      rawHeaders.splice(at, 2);
    } else at += 2;
  }
  for (const name of taken.keys()) {
    delete headers[name];
    delete headersDistinct?.[name];
  }
  return taken.size === 0 ? NOTHING : taken;
}
