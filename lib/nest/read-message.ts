import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { type AccessRequest, fromNodeRequest } from '../http/from-node-request.js';

/** A message to a gateway or a microservice, as something that may carry a credential. */
export interface Message {
  /** The object by which a handler's parameters find the caller. */
  readonly carrier: object;
  readonly request: AccessRequest;
}

/** Upgrade requests by the socket that they became; the package `ws` doesn't keep them. */
const upgrades = new WeakMap<object, IncomingMessage>();

/** Remembers the request from which a socket came. */
export function rememberUpgrade(request: IncomingMessage, socket: object): void {
  upgrades.set(socket, request);
}

/**
 * A message and the credential that belongs to it: of a socket that of its upgrade request, of a call its metadata. What
 * the message says is never read.
 *
 * @returns undefined for a context that is not understood
 */
export function readMessage(context: ExecutionContext): Message | undefined {
  const kind = context.getType<string>();
  const route = `${context.getClass().name}.${context.getHandler().name}`;
  const message =
    kind === 'ws'
      ? readSocketMessage(context.getArgByIndex(0), route)
      : kind === 'rpc'
        ? readCall(context.getArgByIndex(1), route)
        : undefined;
  // Loaders find in it what the message says.
  return message && { ...message, request: { ...message.request, carrier: context } };
}

/** A client of socket.io holds its upgrade request, one of `ws` its socket. */
interface SocketClient {
  readonly request?: IncomingMessage;
  readonly _socket?: object;
}

function readSocketMessage(client: SocketClient | undefined, route: string): Message | undefined {
  if (typeof client !== 'object' || client === null) return undefined;
  const upgrade = client.request ?? upgrades.get(client._socket ?? client);
  const header = upgrade ? fromNodeRequest(upgrade).header : () => [];
  // Each message is judged anew: a token that was good when the socket opened may have expired since.
  return {
    carrier: client,
    request: { source: {}, method: 'MESSAGE', target: route, ip: upgrade?.socket?.remoteAddress, header },
  };
}

/** The context of a call: gRPC's metadata, or an object of Nest's that knows the headers of its transport. */
interface CallContext {
  get?(name: string): unknown;
  getHeaders?(): { get?(name: string): unknown } | undefined;
  getMessage?(): { readonly headers?: Fields; readonly properties?: { readonly headers?: Fields } } | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function readCall(context: CallContext | undefined, route: string): Message {
  const carrier = typeof context === 'object' && context !== null ? context : {};
  const header = (name: string) => listTexts(readField(carrier, name));
  return { carrier, request: { source: {}, method: 'CALL', target: route, header } };
}

function readField(context: CallContext, name: string): unknown {
  if (typeof context.get === 'function') return context.get(name); // gRPC
  if (typeof context.getHeaders === 'function') return context.getHeaders()?.get?.(name); // NATS
  const message = context.getMessage?.(); // Kafka, RabbitMQ
  const fields = message?.properties?.headers ?? message?.headers;
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function listTexts(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((one) => (typeof one === 'string' || Buffer.isBuffer(one) ? [String(one)] : []));
}
