/** Whether the same input makes the same request again: a stream, or a request that owns its body, is read once. */
export function isRepeatable(input: string | URL | Request, body: unknown): boolean {
  if (body === undefined || body === null) return !isObject(input) || !('body' in input) || input.body === null;
  return !isObject(body) || !(Symbol.asyncIterator in body);
}

/** How many bytes the body will have, where that can be told without reading it. */
export function measureBody(body: unknown): number | undefined {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof URLSearchParams) return Buffer.byteLength(body.toString());
  if (body instanceof Blob) return body.size;
  return body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? body.byteLength : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
