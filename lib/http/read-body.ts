/** The body of an answer, as far as it may be long. It is ended by us when time is up: whatever drips is not waited for. */
export async function readBody(
  { body, url }: Response,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  const giveUp = () => void reader?.cancel().catch(() => {});
  signal.addEventListener('abort', giveUp);
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      signal.throwIfAborted();
      if (done || value === undefined) return Buffer.concat(chunks);
      length += value.length;
      if (length > maxBytes) throw new Error(`${describeUrl(url)} answered more than ${maxBytes} bytes`);
      chunks.push(value);
    }
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Where it is; a query may hold what nobody else should read. */
export function describeUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
