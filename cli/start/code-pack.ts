import { crc32 } from 'node:zlib';
import { openOwn } from './own-file.ts';

/** Compiled code of several files of the bundle, in one file. */
export interface CodePack {
  /** So many commands have added to it. */
  readonly runs: number;
  /** By name. */
  readonly files: ReadonlyMap<string, FileCode>;
}

export interface FileCode {
  /** Of the source that it was compiled from. */
  readonly sourceCrc32: number;
  /** Reads it, into memory of its own. `undefined` where that is not what was written. */
  code(): Uint8Array<ArrayBuffer> | undefined;
}

interface Index {
  readonly runs: number;
  readonly files: readonly (readonly [name: string, sourceCrc32: number, bytes: number, codeCrc32: number])[];
}

/** CRC-32 of the index; its length. */
const TAIL_BYTES = 8;

/** The codes one after the other, index as JSON, tail. Each is gone when the next is asked for. */
export function* pack({ runs, files }: CodePack): Generator<Uint8Array> {
  const entries: Index['files'][number][] = [];
  for (const [name, { sourceCrc32, code }] of files) {
    const bytes = code();
    if (bytes === undefined) continue;
    entries.push([name, sourceCrc32, bytes.length, crc32(bytes)]);
    yield bytes;
    // One at a time: all of them are some MiB, at the end of a copy that takes little memory itself.
    free(bytes);
  }
  const json = Buffer.from(JSON.stringify({ runs, files: entries } satisfies Index));
  const tail = Buffer.alloc(TAIL_BYTES);
  tail.writeUInt32LE(crc32(json), 0);
  tail.writeUInt32LE(json.length, 4);
  yield json;
  yield tail;
}

/**
 * `undefined` for what is no pack. Each part has its CRC-32: V8 runs what it is given, and does not see that a bit of
 * it has turned over.
 */
export function readPack(path: string): CodePack | undefined {
  const file = openOwn(path);
  const tail = file?.read(file.sizeBytes - TAIL_BYTES, TAIL_BYTES);
  if (file === undefined || tail === undefined) return undefined;
  const jsonBytes = tail.readUInt32LE(4);
  const json = file.read(file.sizeBytes - TAIL_BYTES - jsonBytes, jsonBytes);
  if (json === undefined || crc32(json) !== tail.readUInt32LE(0)) return undefined;
  const { runs, files } = JSON.parse(json.toString()) as Index;
  let next = 0;
  const entries = files.map(([name, sourceCrc32, length, codeCrc32]) => {
    const at = next;
    next += length;
    const code = () => {
      const bytes = file.read(at, length);
      return bytes !== undefined && crc32(bytes) === codeCrc32 ? bytes : undefined;
    };
    return [name, { sourceCrc32, code }] as const;
  });
  return { runs, files: new Map(entries) };
}

/** Of memory that is its own; else the collector comes for it. */
export function free({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
  if (buffer.byteLength === byteLength) buffer.transfer(0);
}
