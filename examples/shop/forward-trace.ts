/** The trace goes along to the next service, so that the records of one call can be found together. */
export function forwardTrace(traceparent: string | undefined): Record<string, string> {
  return traceparent === undefined ? {} : { traceparent };
}
