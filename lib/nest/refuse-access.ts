import type { ServerResponse } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { Refusal } from '../http/tell-refusal.js';

/** A denial as Nest's filters know it: its headers are set already, and its status stands. */
export class AccessRefused extends HttpException {
  override readonly name = 'AccessRefused';

  constructor({ status, body }: Refusal, more: object = {}) {
    super({ ...(JSON.parse(body) as object), ...more }, status);
  }
}

/** The exception for a denial, after its headers were set and the response was kept from becoming a success. */
export function refuseAccess(refusal: Refusal, response: ServerResponse | undefined): AccessRefused {
  // GraphQL answers for itself, and reads the status where Nest's own exceptions have it.
  if (!response) return new AccessRefused(refusal, { statusCode: refusal.status, message: 'Access refused' });
  if (!response.headersSent) {
    for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value as string | string[]);
    holdStatus(response, refusal.status);
  }
  return new AccessRefused(refusal);
}

/** Every way to answer ends in `writeHead`. A filter may word a denial anew; it can't make it a success. */
function holdStatus(response: ServerResponse, status: number): void {
  const writeHead = response.writeHead.bind(response) as (...values: unknown[]) => ServerResponse;
  response.writeHead = ((written: number, ...more: unknown[]) =>
    writeHead(written < 400 ? status : written, ...more)) as typeof response.writeHead;
}
