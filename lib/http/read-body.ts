/** The body of an answer, as far as it may be long. It is ended by us when time is up: whatever drips is not waited for. */
export async function readBody(
  { body, url }: Response,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = (body as ReadableStream<Uint8Array>).getReader(); // an answer of 200 has one, be it empty
  const giveUp = () => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', giveUp);
  for (;;) {
    const { value } = await reader.read();
    signal.throwIfAborted();
    if (value === undefined) return Buffer.concat(chunks);
    length += value.length;
    if (length > maxBytes) {
      giveUp();
      throw new Error(`${describeUrl(url)} answered more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
}

/** Where it is; a query may hold what nobody else should read. */
export function describeUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
