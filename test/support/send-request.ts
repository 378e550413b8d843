import { type IncomingHttpHeaders, request } from 'node:http';

/** What came back, header lines as they were sent. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Every value of a header, one for each line. */
  lines(name: string): readonly string[];
  readonly body: string;
}

/** A request as it is, unlike `fetch`, which tidies paths and joins headers. */
export function sendRequest(
  base: string,
  path: string,
  {
    method = 'GET',
    headers = [],
    body,
  }: { method?: string; headers?: readonly (readonly [string, string])[]; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(base);
    const lines = [['host', host], ['connection', 'close'], ...headers].flat() as string[];
    const outgoing = request({ hostname, port, path, method, headers: lines }, (incoming) => {
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
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The header that shows a token. */
export function bearer(token: string): readonly [string, string] {
  return ['authorization', `Bearer ${token}`];
}
