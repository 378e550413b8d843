/** W3C Trace Context section 3.2: version, trace-id, parent-id, flags; later versions may append. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

/** The trace-id out of one well-formed `traceparent`, else undefined. It correlates records; it proves nothing. */
export function readTraceId([sent, second]: readonly string[]): string | undefined {
  return sent === undefined || second !== undefined ? undefined : TRACEPARENT.exec(sent)?.[1];
}
