import type { ServerResponse } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { Refusal } from '../http/tell-refusal.js';
import { writeHeaders } from '../http/write-headers.js';

/** A denial as Nest's filters know it: its headers are set already, and its status stands. */
export class AccessRefused extends HttpException {
  override readonly name = 'AccessRefused';

  constructor({ status, body }: Refusal, more: object = {}) {
    super({ ...(JSON.parse(body) as object), ...more }, status);
  }
}

const PROBLEM = 'application/problem+json';

/** The exception for a denial, after its headers were set and the response was kept from becoming a success. */
export function refuseAccess(refusal: Refusal, response: ServerResponse | undefined): AccessRefused {
  // GraphQL answers for itself, and reads the status where Nest's own exceptions have it.
  if (!response) return new AccessRefused(refusal, { statusCode: refusal.status, message: 'Access refused' });
  if (!response.headersSent) {
    const { 'content-type': type, ...headers } = refusal.headers;
    // Nest 11 warns of each reply to Express whose type it doesn't know; the type is set when the head is written.
    writeHeaders(response, 'json' in response || type === undefined ? headers : refusal.headers);
    holdStatus(response, refusal);
  }
  return new AccessRefused(refusal);
}

/** Every way to answer ends in `writeHead`. A filter may word a denial anew; it can't make it a success. */
function holdStatus(response: ServerResponse, { status, body }: Refusal): void {
  const writeHead = response.writeHead.bind(response) as (...values: unknown[]) => ServerResponse;
  response.writeHead = ((written: number, ...more: unknown[]) => {
    const fields = more.find((value) => typeof value === 'object' && value !== null) as
      | Record<string, unknown>
      | undefined;
    // RFC 9457 section 6.1: the type has no charset. What a filter wrote in place of our words keeps its own type.
    if (String(fields?.['content-type']).startsWith(PROBLEM))
      (fields as Record<string, unknown>)['content-type'] = PROBLEM;
    const isOurs = Number(response.getHeader('content-length')) === Buffer.byteLength(body);
    if (isOurs && !fields?.['content-type']) response.setHeader('content-type', PROBLEM);
    return writeHead(written < 400 ? status : written, ...more);
  }) as typeof response.writeHead;
}
