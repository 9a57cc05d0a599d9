import type { FileHandle } from 'node:fs/promises';
import { PieceworkError } from '../../../errors/error.ts';
import { onDisk } from '../errors.ts';

/** Writes at a position; returns how many bytes it took. A seam for tests: a full disk is hard to come by. */
export type WriteAt = (file: FileHandle, bytes: Uint8Array, position: number) => Promise<number>;

/**
 * Writes until the system has taken all: it may take fewer than it is given.
 * @param wrote gets the bytes of each step. @default none
 * @throws PieceworkError `DestinationFull`, `DestinationRefused`, … about `path`
 */
export async function writeAll(
  { file, writeAt, path }: { readonly file: FileHandle; readonly writeAt: WriteAt; readonly path: string },
  bytes: Uint8Array,
  offset: number,
  wrote: (bytes: number) => void = () => {},
): Promise<void> {
  await onDisk(path, async () => {
    for (let written = 0; written < bytes.length; ) {
      const taken = await writeAt(file, bytes.subarray(written), offset + written);
      if (taken === 0) throw new PieceworkError('DestinationRefused', `the system takes no more bytes for ${path}`);
      written += taken;
      wrote(taken);
    }
  });
}
