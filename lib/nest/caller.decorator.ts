import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '../identity/principal.js';
import { readContext } from './read-context.js';
import { readMessage } from './read-message.js';

/** The factory by which Nest fills the parameter; the start check knows it by its identity. */
export function readCaller(_data: unknown, context: ExecutionContext): Principal {
  const { principal } = ((readContext(context) ?? readMessage(context))?.carrier ?? {}) as {
    readonly principal?: Principal;
  };
  if (!principal) throw new Error('there is no verified caller here: @Caller() on a handler that nothing guards');
  return principal;
}

/**
 * The verified caller, deep-frozen. On a public handler it is an error at start.
 *
 * @example @RequireAuthenticated() @Get('me') me(@Caller() caller: Principal) {}
 */
export const Caller = createParamDecorator(readCaller);
