/** As much as is decoded and read in one go, whatever the chunks are. */
const PIECE_BYTES = 64 * 1024;

/** The first bytes, `least` of them where there are so many, and all bytes with them, in small pieces. */
export async function fromStart(
  chunks: AsyncIterable<Uint8Array>,
  least: number,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncGenerator<Uint8Array>; close(): Promise<void> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < least) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(first);
  return {
    head,
    all: pieces(head, iterator),
    // A generator that was never asked does not close what it would have read.
    close: async () => void (await iterator.return?.()),
  };
}

async function* pieces(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    let chunk = head;
    for (;;) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) yield chunk.subarray(at, at + PIECE_BYTES);
      const next = await rest.next();
      if (next.done === true) return;
      chunk = next.value;
    }
  } finally {
    await rest.return?.();
  }
}
