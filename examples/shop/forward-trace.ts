import type { Request } from 'express';

/** The trace goes along to the next service, so that the records of one call can be found together. */
export function forwardTrace(req: Request): Record<string, string> {
  const traceparent = req.get('traceparent');
  return traceparent === undefined ? {} : { traceparent };
}
