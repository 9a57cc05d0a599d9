import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { invalidList } from './invalid-list.ts';
import { fromStart } from './pieces.ts';
import { unpackedFrames } from './zstandard.ts';

interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  /** Absent: known, but not read. */
  readonly unpacked?: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

const COMPRESSIONS: readonly Compression[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], unpacked: unpackedMembers },
  { name: 'Zstandard', magic: [0x28, 0xb5, 0x2f, 0xfd], unpacked: unpackedFrames },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'ZIP', magic: [0x50, 0x4b, 0x03, 0x04] },
];
const LONGEST_MAGIC = 5;

/**
 * The bytes of a list, whatever it is packed in: gzip and Zstandard are recognised by their first bytes.
 * @throws PieceworkError `InvalidList`: of another kind, damaged, or cut off
 */
export async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, all, close } = await fromStart(chunks, LONGEST_MAGIC);
  const compression = COMPRESSIONS.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  if (compression === undefined) return yield* all;
  if (compression.unpacked === undefined) {
    await close();
    throw invalidList(`is packed with ${compression.name}, which is not read; unpack it first`);
  }
  yield* through(all, compression.unpacked, compression.name);
}

async function* through(
  chunks: AsyncIterable<Uint8Array>,
  unpacked: NonNullable<Compression['unpacked']>,
  name: string,
): AsyncGenerator<Uint8Array> {
  let given: { readonly error: unknown } | undefined;
  // What the source of the chunks throws is no fault of the packing.
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      given = { error };
      throw error;
    }
  }
  try {
    yield* unpacked(watched());
  } catch (error) {
    if (given !== undefined) throw given.error;
    const isCutOff = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
    throw invalidList(
      isCutOff
        ? `is cut off: its ${name} has no end; fetch the list again`
        : `is damaged: its ${name} can't be unpacked`,
      error,
    );
  }
}

/** gzip, of several members too. */
function unpackedMembers(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const unpacker = createGunzip();
  pipeline(Readable.from(chunks, { objectMode: false }), unpacker, () => {});
  return unpacker;
}
