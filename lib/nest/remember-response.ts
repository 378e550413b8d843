import type { IncomingMessage, ServerResponse } from 'node:http';
import { createStamps } from '../stamp-objects.js';

const responses = createStamps<ServerResponse>();

/** Remembers which response a request gets: Fastify's request doesn't lead to it. */
export function rememberResponse(request: IncomingMessage, response: ServerResponse): void {
  responses.set(request, response);
}

/** Node's request behind one of Express or Fastify, and its response, where it is known. */
export function findResponse(carrier: object): {
  readonly request: IncomingMessage;
  readonly response: ServerResponse | undefined;
} {
  const request = (carrier as { readonly raw?: IncomingMessage }).raw ?? (carrier as IncomingMessage);
  return { request, response: responses.get(request) };
}
