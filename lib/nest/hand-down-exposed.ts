import { EXPOSED } from '../http/write-headers.js';
import type { FastifyReply } from './read-context.js';

/**
 * Fastify keeps its headers until the head is written, where they replace what stands on the response. What its CORS layer
 * lets scripts read goes there now, so that ours can come to it.
 */
export function handDownExposed(reply: FastifyReply): void {
  const exposed = reply.getHeader(EXPOSED);
  if (exposed === undefined || reply.raw.headersSent) return;
  reply.removeHeader(EXPOSED);
  reply.raw.setHeader(EXPOSED, exposed);
}
