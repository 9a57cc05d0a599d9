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
const HEAD_BYTES = 8;

/** Head, index as JSON, the codes one after the other. */
export function pack({ runs, files }: CodePack): Uint8Array {
  const codes = [...files].flatMap(([name, { sourceCrc32, code }]) => {
    const bytes = code();
    return bytes === undefined ? [] : [{ name, sourceCrc32, bytes }];
  });
  const index: Index = {
    runs,
    files: codes.map(({ name, sourceCrc32, bytes }) => [name, sourceCrc32, bytes.length, crc32(bytes)]),
  };
  const json = Buffer.from(JSON.stringify(index));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(crc32(json), 0);
  head.writeUInt32LE(json.length, 4);
  return Buffer.concat([head, json, ...codes.map(({ bytes }) => bytes)]);
}

/**
 * `undefined` for what is no pack. Each part has its CRC-32: V8 runs what it is given, and does not see that a bit of
 * it has turned over.
 */
export function readPack(path: string): CodePack | undefined {
  const file = openOwn(path);
  const head = file?.read(0, HEAD_BYTES);
  if (file === undefined || head === undefined) return undefined;
  const jsonBytes = head.readUInt32LE(4);
  const json = file.read(HEAD_BYTES, jsonBytes);
  if (json === undefined || crc32(json) !== head.readUInt32LE(0)) return undefined;
  const { runs, files } = JSON.parse(json.toString()) as Index;
  let next = HEAD_BYTES + jsonBytes;
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
