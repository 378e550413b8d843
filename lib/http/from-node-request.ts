import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { readPeerChain } from './read-peer-chain.js';
import { type TakenFields, takeFields } from './take-fields.js';

/**
 * A request as the gate sees it, whatever carried it. For HTTP use {@link fromNodeRequest}; a queue or another server
 * builds its own.
 */
export interface AccessRequest {
  /** The object that stands for the request: calls with the same one are one attempt, verified and recorded once. */
  readonly source: object;
  /** The request as handlers get it, for loaders of resources; `source` where it is left out. */
  readonly carrier?: object;
  /** HTTP method, upper case. */
  readonly method: string;
  /** Path and query as they were received. */
  readonly target: string;
  /** Address of the peer, or what trusted proxies say of it. */
  readonly ip?: string | undefined;
  /** Every value of the named header field (lower case), one item a field line: repeated fields must stay visible. */
  header(name: string): readonly string[];
  /** Takes header fields away from what the application sees, and gives them. */
  take?(isWanted: (name: string) => boolean): TakenFields;
  /** The connection that the request came on. */
  readonly connection?: Connection;
}

/** What a connection tells of its peer, whatever the request says. */
export interface Connection {
  readonly remoteAddress: string | undefined;
  readonly isUnixSocket: boolean;
  /** The peer's certificate was verified by our TLS server. */
  readonly isAuthorized: boolean;
  /** What our TLS server holds against the peer's certificate, as OpenSSL names it. */
  readonly objection?: string | undefined;
  /** Our TLS server has lists of revoked certificates. One objection is told of several: none of them may be passed over then. */
  readonly checksRevocation?: boolean;
  peerCertificate(): X509Certificate | undefined;
  /** The certificates that came along with it, its signer's first; none on a session that TLS resumed. */
  peerChain?(): readonly X509Certificate[];
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
    take: (isWanted) => takeFields(request, isWanted),
    connection: new SocketConnection(request.socket as Partial<TLSSocket> | undefined),
  };
}

/** What most gates never ask of a connection is found out when it is asked. */
class SocketConnection implements Connection {
  readonly remoteAddress: string | undefined;
  readonly #socket: Partial<TLSSocket> | undefined;

  constructor(socket: Partial<TLSSocket> | undefined) {
    this.#socket = socket;
    this.remoteAddress = socket?.remoteAddress; // a closed socket has none any more
  }

  /** A Unix socket has no addresses; one that is closed has none either, and answers nobody. */
  get isUnixSocket(): boolean {
    const socket = this.#socket;
    return socket?.remoteAddress === undefined && socket?.localAddress === undefined && socket?.destroyed === false;
  }

  /** Who negotiates a connection anew (TLS 1.2) may show another certificate: any objection counts, whatever was said before. */
  get isAuthorized(): boolean {
    return this.#socket?.authorized === true && !this.#socket.authorizationError;
  }

  get objection(): string | undefined {
    const error: unknown = this.#socket?.authorizationError;
    return error || this.#socket?.authorized === false ? String(error ?? 'unknown') : undefined;
  }

  get checksRevocation(): boolean {
    return (this.#socket as { readonly server?: { readonly crl?: unknown } } | undefined)?.server?.crl !== undefined;
  }

  peerCertificate(): X509Certificate | undefined {
    readPeerChain(this.#socket);
    return this.#socket?.getPeerX509Certificate?.();
  }

  peerChain(): readonly X509Certificate[] {
    return readPeerChain(this.#socket);
  }
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
