import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/*
 * Direct writes go from our memory to the disk, past the system's cache of files (open(2), O_DIRECT). The system takes
 * them only where memory, place and length are aligned.
 */

/** At least what any file system asks for: the largest logical sector that disks have. */
const DIRECT_ALIGNMENT_BYTES = 4096;

/** Linux alone has it. */
const { O_WRONLY, O_DIRECT } = constants as { readonly O_WRONLY: number; readonly O_DIRECT?: number };

/**
 * Memory that direct writes can be made from, where the system has them: V8 maps the memory of a buffer that may be
 * resized by pages, and so it begins at one. No other way to get that (a `WebAssembly.Memory` is aligned, too, and
 * each reserves ten GiB of addresses).
 */
export function memoryForDirect(bytes: number): Uint8Array {
  if (O_DIRECT === undefined) return Buffer.allocUnsafeSlow(bytes);
  return new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
}

/** How many bytes of the beginning can be written directly to that place of a file; 0 = none. */
export function directLength({ buffer, byteOffset, length }: Uint8Array, position: number): number {
  const begins = buffer instanceof ArrayBuffer && buffer.resizable && byteOffset % DIRECT_ALIGNMENT_BYTES === 0;
  return begins && position % DIRECT_ALIGNMENT_BYTES === 0 ? length - (length % DIRECT_ALIGNMENT_BYTES) : 0;
}

/**
 * The same open file once more, for direct writes; `undefined` where there are none. By way of /proc, since its name
 * may be another file's by now.
 */
export async function openDirect({ fd }: FileHandle): Promise<FileHandle | undefined> {
  if (O_DIRECT === undefined) return undefined;
  try {
    return await open(`/proc/self/fd/${fd}`, O_WRONLY | O_DIRECT);
  } catch {
    // EINVAL: not this file system. Anything else: the ordinary way tells it better, if it matters.
    return undefined;
  }
}
