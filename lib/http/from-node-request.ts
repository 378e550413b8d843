import type { IncomingMessage } from 'node:http';

/**
 * A request as the gate sees it, whatever carried it. For HTTP use {@link fromNodeRequest}; a queue or another server
 * builds its own.
 */
export interface AccessRequest {
  /** The object that stands for the request: calls with the same one are one attempt, verified and recorded once. */
  readonly source: object;
  /** HTTP method, upper case. */
  readonly method: string;
  /** Path and query as they were received. */
  readonly target: string;
  /** Address of the peer, or what trusted proxies say of it. */
  readonly ip?: string | undefined;
  /** Every value of the named header field (lower case), one item a field line: repeated fields must stay visible. */
  header(name: string): readonly string[];
}

/** The request of a Node server, and so of every framework on top of one. */
export function fromNodeRequest(
  request: IncomingMessage,
  {
    ip = request.socket?.remoteAddress,
    target = request.url ?? '',
  }: { readonly ip?: string | undefined; readonly target?: string } = {},
): AccessRequest {
  return {
    source: request,
    method: request.method ?? '',
    target,
    ip,
    header: (name) => readFieldLines(request.rawHeaders, name),
  };
}

/** `rawHeaders` alone tells of repeated fields: of two `Authorization` lines, Node's `headers` keeps the first. */
function readFieldLines(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  if (!Array.isArray(rawHeaders)) return values; // somebody took them away: then nothing was sent
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const field = String(rawHeaders[at]);
    if (field.length === name.length && field.toLowerCase() === name) values.push(String(rawHeaders[at + 1]));
  }
  return values;
}
