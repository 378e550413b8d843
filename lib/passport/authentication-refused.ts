import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '../http/tell-refusal.js';
import { writeRefusal } from '../http/write-refusal.js';

/** A refusal where there was no response to write it to; `statusCode` is what error handlers look for. */
export class AuthenticationRefused extends Error {
  override readonly name = 'AuthenticationRefused';
  readonly refusal: Refusal;
  readonly statusCode: number;

  constructor(refusal: Refusal) {
    super('the credential was refused');
    this.refusal = refusal;
    this.statusCode = refusal.status;
  }
}

/**
 * An error handler for Express that tells such refusals as everywhere else, and hands on every other error.
 *
 * @example app.use(tellAuthenticationRefused)
 */
export function tellAuthenticationRefused(
  error: unknown,
  _req: IncomingMessage,
  res: ServerResponse,
  next: (error: unknown) => void,
): void {
  if (error instanceof AuthenticationRefused) writeRefusal(res, error.refusal);
  else next(error);
}
