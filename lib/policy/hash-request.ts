import { createHash } from 'node:crypto';
import type { DecisionRequest } from './decision.js';
import { writeCanonically } from './write-question.js';

/** SHA-256 of a request, less exactly two members of its context that differ each time: `time` and `requestId`. */
export function hashRequest(request: DecisionRequest): string {
  const { time: _time, requestId: _requestId, ...context } = request.context;
  return createHash('sha256')
    .update(writeCanonically({ ...request, context }))
    .digest('base64url');
}
