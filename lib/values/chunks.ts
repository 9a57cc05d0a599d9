import type { ByteReader } from './bytes.ts';

/** What a reader gives, to its end, each time in memory of its own. */
export async function* chunksOf(reader: ByteReader, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = new Uint8Array(chunkBytes);
    const got = await reader.read(buffer);
    if (got === 0) return;
    yield buffer.subarray(0, got);
  }
}
