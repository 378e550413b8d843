import type { ExecutionContext } from '@nestjs/common';

/** Where a handler's arguments have what is of this one call: the request, the field that is resolved, the message. */
const CALLS: Readonly<Record<string, number>> = { http: 0, graphql: 3, ws: 1, rpc: 1 };

/**
 * What stands for one call of a handler. A socket has many messages, and a query of GraphQL many fields, that are judged at
 * the same time: what was found for one of them is nothing to another.
 *
 * @returns undefined where nothing does, as for a message to a gateway that is text
 */
export function findCall(context: ExecutionContext): object | undefined {
  const call: unknown = context.getArgByIndex(CALLS[context.getType<string>()] ?? -1);
  return typeof call === 'object' && call !== null ? call : undefined;
}
