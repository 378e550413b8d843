import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Fetch } from 'countersign';
import type { Certificate } from './make-certificate.js';

/** A `fetch` that believes one server, and shows a certificate if it has one: Node's own takes neither by itself. */
export function sendByTls(server: Certificate, own?: Certificate): Fetch {
  return async (input, init) => {
    const { url, method, headers } = new Request(input, init);
    const outgoing = request(url, {
      method,
      headers: Object.fromEntries(headers),
      ca: server.cert,
      ...(own && { key: own.key, cert: own.cert }),
    });
    outgoing.end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answer = new Headers();
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
      answer.append(String(incoming.rawHeaders[at]), String(incoming.rawHeaders[at + 1]));
    }
    const body = (await incoming.toArray()).join('');
    return new Response(body, { status: incoming.statusCode ?? 0, headers: answer });
  };
}

/** A line with somebody on it: what was shown last on it, they know. */
export interface TappedLine {
  readonly send: Fetch;
  overheard(): { readonly authorization: string; readonly dpop: string };
}

/** The headers of a request as whoever reads a proxy's log, or a memory dump, sees them. */
export function tapLine(send: Fetch): TappedLine {
  let last = new Headers();
  return {
    send(input, init) {
      const sent = new Request(input, init);
      last = sent.headers;
      return send(sent);
    },
    overheard: () => ({ authorization: last.get('authorization') ?? '', dpop: last.get('dpop') ?? '' }),
  };
}
