import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { findResource } from '../enforcement/lock-principal.js';
import type { Resource as Found } from '../policy/decision.js';
import { findCall } from './find-call.js';

/**
 * What the request is about, as the loader of the handler's requirement found it. A message to a gateway must be an object
 * for that, and no text.
 *
 * @example
 * @RequirePermission('payments:approve', { resource: loadPayment, policy: approvePayment })
 * @Post(':id/approve') approve(@Resource() payment: Payment) {}
 */
export const Resource = createParamDecorator((_data: unknown, context: ExecutionContext): Found => {
  const call = findCall(context);
  const resource = call && findResource(call);
  if (!resource) throw new Error('there is no resource here: @Resource() on a handler whose requirement loads none');
  return resource;
});
