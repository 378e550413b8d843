const LINE_BREAK = 0x0a;

/**
 * The lines of a stream of bytes; null for one that is longer than `mostBytes`, of which nothing is kept. Unlike
 * `node:readline` it holds one line at most, so that a file without line breaks can't fill the memory.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<string | null, void, undefined> {
  let held: Uint8Array[] = [];
  let length = 0;

  function hold(bytes: Uint8Array): void {
    length += bytes.length;
    if (length > mostBytes) held = [];
    else if (bytes.length > 0) held.push(bytes);
  }

  function release(): string | null {
    const line = length > mostBytes ? null : Buffer.concat(held).toString('utf8');
    held = [];
    length = 0;
    return line;
  }

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_BREAK); end >= 0; end = chunk.indexOf(LINE_BREAK, start)) {
      hold(chunk.subarray(start, end));
      yield release();
      start = end + 1;
    }
    hold(chunk.subarray(start));
  }
  if (length > 0) yield release();
}
