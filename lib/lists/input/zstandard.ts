import { createZstdDecompress } from 'node:zlib';

type Unpacker = ReturnType<typeof createZstdDecompress>;

/**
 * All frames of Zstandard, one after the other, as `pzstd`, `cat` and appending writers make them. Node's own stream
 * ends with the first frame that ends within a chunk, and drops what follows it.
 */
export async function* unpackedFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();

  /** Whether more follows the frame with which it ended. */
  async function feed(unpacker: Unpacker): Promise<boolean> {
    for (;;) {
      while (rest.length === 0) {
        const next = await iterator.next();
        if (next.done === true) {
          unpacker.end();
          return false;
        }
        rest = next.value;
      }
      const taken = await write(unpacker, rest);
      const hasEnded = taken < rest.length;
      rest = rest.subarray(taken);
      if (hasEnded) return true;
    }
  }

  try {
    for (let goesOn = true; goesOn; ) {
      const unpacker = createZstdDecompress();
      const fed = feed(unpacker);
      fed.catch((error) => unpacker.destroy(error));
      yield* unpacker as AsyncIterable<Uint8Array>;
      goesOn = await fed;
    }
  } finally {
    await iterator.return?.();
  }
}

/** How many of the bytes it took. */
async function write(unpacker: Unpacker, bytes: Uint8Array): Promise<number> {
  const before = unpacker.bytesWritten;
  await new Promise<void>((resolve, reject) => {
    unpacker.write(bytes, (error) => (error == null ? resolve() : reject(error)));
  });
  return unpacker.bytesWritten - before;
}
