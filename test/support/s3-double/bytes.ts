import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Bytes that were received; they never change. */
export interface Blob {
  readonly sizeBytes: number;
  readonly crc32: number;
  /** Hexadecimal. */
  readonly md5: string;
  /** Bytes `[start, end)`. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export interface Bytes {
  sink(): { write(chunk: Buffer): Promise<void>; end(): Promise<Blob> };
}

/** In memory, or in files of the folder, so that big objects cost no memory. */
export function bytesIn(folder: string | undefined): Bytes {
  let serial = 0;
  return {
    sink() {
      const md5 = createHash('md5');
      let crc = 0;
      let sizeBytes = 0;
      serial += 1;
      const place = folder === undefined ? memoryPlace() : filePlace(join(folder, `${serial}.bytes`));
      return {
        async write(chunk) {
          md5.update(chunk);
          crc = crc32(chunk, crc);
          sizeBytes += chunk.length;
          await place.write(chunk);
        },
        async end() {
          await place.end();
          return { sizeBytes, crc32: crc, md5: md5.digest('hex'), read: place.read };
        },
      };
    },
  };
}

interface Place {
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

function memoryPlace(): Place {
  const chunks: Buffer[] = [];
  let whole: Buffer = Buffer.alloc(0);
  return {
    async write(chunk) {
      chunks.push(Buffer.from(chunk));
    },
    async end() {
      whole = Buffer.concat(chunks.splice(0));
    },
    async *read(start, end) {
      if (end > start) yield whole.subarray(start, end);
    },
  };
}

function filePlace(path: string): Place {
  const opened = open(path, 'w');
  return {
    async write(chunk) {
      const file = await opened;
      await file.writeFile(chunk);
    },
    async end() {
      const file = await opened;
      await file.close();
    },
    async *read(start, end) {
      if (end > start)
        yield* createReadStream(path, { start, end: end - 1, highWaterMark: 1024 ** 2 }) as AsyncIterable<Buffer>;
    },
  };
}

/** Several blobs one after the other: what a completed upload is. */
export async function* readAll(blobs: readonly Blob[], start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const blob of blobs) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, blob.sizeBytes);
    if (from < to) yield* blob.read(from, to);
    at += blob.sizeBytes;
  }
}
