import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Agent, buildConnector, BodyInit as UndiciBody, fetch as undiciFetch } from 'undici';
import { boundTime } from '../events/bound-time.js';
import { adoptResponse } from './adopt-response.js';
import type { Send } from './lend-line.js';
import type { CheckCallee } from './read-callee.js';

/** Connections that show one certificate. */
export interface Pool {
  readonly send: Send;
  /** Takes no more requests, and ends the connections when those that run have their answers, to the last byte. */
  retire(): Promise<void>;
  /** The same, and ends after five seconds whatever still runs. */
  close(): Promise<void>;
}

interface Opened {
  readonly agent: Agent;
  readonly fetch: typeof undiciFetch; // an agent and a `fetch` of two versions need not understand each other
}

const CLOSE_MILLISECONDS = 5000;

/** Opens a pool; its first request loads undici, whose `fetch` shows certificates: that of Node can't. */
export function openPool(context: SecureContext, checkCallee: CheckCallee): Pool {
  let opening: Promise<Opened> | undefined;
  let isEnded = false;
  const sockets = new Set<Socket>();

  function check(socket: Socket): void {
    checkPeer(socket, checkCallee);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  }

  async function open(): Promise<Opened> {
    const { Agent, buildConnector, fetch } = await import('undici');
    const connect = buildConnector({
      secureContext: context,
      rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
      checkServerIdentity: () => undefined, // checkPeer asks for another name than that of the host
      maxCachedSessions: 0, // Node doesn't look at the certificate of a session that is resumed
    });
    return { agent: new Agent({ connect: connectChecked(connect, check) }), fetch };
  }

  /** What was opened, if anything; from then on nothing is. */
  async function end(): Promise<Agent | undefined> {
    isEnded = true;
    const opened = await opening?.catch(() => undefined);
    return opened?.agent;
  }

  return {
    async send(request, length) {
      if (isEnded) throw new TypeError('countersign: the gate was closed before the request was sent');
      opening ??= open();
      const { agent, fetch } = await opening;
      const { method, headers, body, signal, redirect, cache, integrity } = request;
      if (length !== undefined && body) headers.set('content-length', String(length));
      const answer = await fetch(request.url, {
        method,
        headers: [...headers],
        body: body as UndiciBody | null,
        duplex: 'half',
        signal,
        redirect,
        cache,
        integrity,
        dispatcher: agent,
      });
      return adoptResponse(answer);
    },
    async retire() {
      const agent = await end();
      await agent?.close().catch(() => {}); // it was destroyed, which ends it too
    },
    async close() {
      const agent = await end();
      await boundTime(CLOSE_MILLISECONDS, async () => agent?.close()).catch(() => {
        // The agent forgets its connections as soon as it is to close: destroying it would end none.
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

/** No request is written to a connection before its other end has been looked at. */
function connectChecked(connect: buildConnector.connector, check: (socket: Socket) => void): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      try {
        check(socket);
      } catch (problem) {
        socket.destroy();
        return callback(problem as Error, null);
      }
      return callback(null, socket);
    });
}

function checkPeer(socket: Socket, checkCallee: CheckCallee): void {
  const certificate = socket instanceof TLSSocket && socket.authorized && socket.getPeerX509Certificate();
  if (!certificate) throw new Error('countersign: the callee showed no certificate that its authorities signed');
  checkCallee(certificate);
}
