import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Resource as Found } from '../policy/decision.js';
import { readContext } from './read-context.js';
import { readMessage } from './read-message.js';

/**
 * What the request is about, as the loader of the handler's requirement found it.
 *
 * @example
 * @RequirePermission('payments:approve', { resource: loadPayment, policy: approvePayment })
 * @Post(':id/approve') approve(@Resource() payment: Payment) {}
 */
export const Resource = createParamDecorator((_data: unknown, context: ExecutionContext): Found => {
  const { resource } = ((readContext(context) ?? readMessage(context))?.carrier ?? {}) as { readonly resource?: Found };
  if (!resource) throw new Error('there is no resource here: @Resource() on a handler whose requirement loads none');
  return resource;
});
