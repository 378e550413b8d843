import { type IncomingHttpHeaders, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

/** What came back, header lines as they were sent. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Every value of a header, one for each line. */
  lines(name: string): readonly string[];
  readonly body: string;
  /** The TLS session was resumed: nothing of its certificates was sent or verified again. */
  readonly isResumed: boolean;
}

/** How to get there: a certificate, a Unix socket, an address of our own. */
export interface Via
  extends Pick<ConnectionOptions, 'key' | 'cert' | 'ca' | 'session' | 'maxVersion' | 'checkServerIdentity'> {
  readonly socketPath?: string;
  readonly localAddress?: string;
  /** Is told of sessions that can be resumed. */
  readonly onSession?: (session: Buffer) => void;
}

/** A request as it is, unlike `fetch`, which tidies paths and joins headers. */
export function sendRequest(
  base: string,
  path: string,
  {
    method = 'GET',
    headers = [],
    body,
    via = {},
  }: { method?: string; headers?: readonly (readonly [string, string])[]; body?: string; via?: Via } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, host } = new URL(base);
    const lines = [['host', host], ['connection', 'close'], ...headers].flat() as string[];
    const send = protocol === 'https:' ? requestSecurely : request;
    const { onSession, ...connection } = via;
    const options = { hostname, port, path, method, headers: lines, agent: false, ...connection } as const;
    const outgoing = send(options, (incoming) => {
      const isResumed = (incoming.socket as TLSSocket).isSessionReused?.() ?? false;
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk) => {
        text += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          lines: (name) =>
            incoming.rawHeaders.filter((_, at, all) => at % 2 === 1 && all[at - 1]?.toLowerCase() === name),
          body: text,
          isResumed,
        });
      });
    });
    if (onSession) outgoing.on('socket', (socket) => socket.on('session', onSession));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The header that shows a token. */
export function bearer(token: string): readonly [string, string] {
  return ['authorization', `Bearer ${token}`];
}
