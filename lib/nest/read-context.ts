import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';

/** The HTTP request behind a handler, in the framework's words and in Node's. */
export interface HttpContext {
  /** What handlers get as the request: Express' or Fastify's. */
  readonly carrier: object;
  readonly request: IncomingMessage;
  readonly response: ServerResponse | undefined;
  /** What Fastify puts before the response. */
  readonly reply?: FastifyReply;
}

/** A reply of Fastify, as far as it is touched here. */
export interface FastifyReply {
  readonly raw: ServerResponse;
  getHeader(name: string): string | string[] | undefined;
  removeHeader(name: string): unknown;
}

/** A request of Express or Fastify, as far as it is read here. */
interface AnyRequest {
  readonly raw?: IncomingMessage;
  readonly res?: ServerResponse;
}

/**
 * The HTTP request that a handler serves. The kind of context is asked first: elsewhere `switchToHttp()` returns what a
 * caller sent, in place of a request.
 *
 * @returns undefined for a context that is none of HTTP
 */
export function readContext(context: ExecutionContext): HttpContext | undefined {
  const kind = context.getType<string>();
  if (kind === 'http') return describe(context.getArgByIndex(0), context.getArgByIndex(1));
  // GraphQL over HTTP: the handler's third argument is the context, which holds the request by convention.
  if (kind === 'graphql') return describe(context.getArgByIndex<{ req?: AnyRequest } | undefined>(2)?.req);
  return undefined;
}

function describe(carrier: AnyRequest | undefined, response?: FastifyReply | ServerResponse): HttpContext | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined;
  const request = carrier.raw ?? (carrier as IncomingMessage);
  if (!Array.isArray(request.rawHeaders)) return undefined;
  if (response && 'raw' in response) return { carrier, request, response: response.raw, reply: response };
  return { carrier, request, response };
}
