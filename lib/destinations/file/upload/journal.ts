import type { FileHandle } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { NotOrdinary, openOrdinary } from '../../../disk/ordinary-file.ts';
import { crc32, crc32Hex } from '../../../integrity/crc32.ts';
import type { Part } from '../../../transfer/plan/ledger.ts';
import { hasErrno } from '../errors.ts';

/**
 * The ledger of an upload to a file: JSON lines, each with a checksum of itself, so that one which a crash tore is
 * not taken for true. The first line says what the upload is, the others what happened to it. The last one of a piece
 * counts.
 */
type JournalEntry =
  | { readonly kind: 'upload'; readonly upload: JournalHeader }
  /** The piece's bytes are written; how far they got onto the disk itself only a check after a crash can tell. */
  | { readonly kind: 'part'; readonly part: JournalPart }
  /** The piece is about to be overwritten with other bytes. */
  | { readonly kind: 'dropped'; readonly number: number }
  /** The bytes are complete, safe on the disk, and about to get the target's name. */
  | { readonly kind: 'finished'; readonly file: FinishedFile };

export interface JournalHeader {
  readonly v: 1;
  readonly token: string;
  /** File name of the target. */
  readonly target: string;
  readonly sizeBytes?: number;
  readonly pieceSizeBytes?: number;
  readonly createdAt: string;
}

export interface JournalPart extends Part {
  readonly offset: number;
  readonly crc32: number;
  readonly modifiedAt: string;
}

/** By which our file is known again under the target's name. (Not by device: its number may change at a reboot.) */
export interface FinishedFile {
  readonly inode: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface Journal {
  readonly header: JournalHeader;
  readonly parts: Map<number, JournalPart>;
  readonly finished?: FinishedFile;
}

/** `undefined` = there is none; `corrupt` = its first line can't be believed, or it is no ordinary file. */
export async function readJournal(path: string): Promise<Journal | 'corrupt' | undefined> {
  let header: JournalHeader | undefined;
  let finished: FinishedFile | undefined;
  const parts = new Map<number, JournalPart>();
  try {
    for await (const line of linesOf(path)) {
      const entry = decodeEntry(line);
      if (header === undefined) {
        if (entry?.kind !== 'upload' || entry.upload.v !== 1) return 'corrupt';
        header = entry.upload;
      } else if (entry?.kind === 'part') {
        parts.set(entry.part.number, entry.part);
      } else if (entry?.kind === 'dropped') {
        parts.delete(entry.number);
      } else if (entry?.kind === 'finished') {
        finished = entry.file;
      }
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    if (error instanceof NotOrdinary) return 'corrupt';
    throw error;
  }
  if (header === undefined) return 'corrupt';
  return finished === undefined ? { header, parts } : { header, parts, finished };
}

/** 10,000 pieces, each written again a dozen times. */
const JOURNAL_FILE = { mostBytes: 32 * 1024 ** 2 };

async function* linesOf(path: string): AsyncGenerator<string> {
  await using file = await openOrdinary(path, 'read', JOURNAL_FILE);
  const buffer = Buffer.allocUnsafe(65_536);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    const lines = (rest + (bytesRead === 0 ? decoder.end() : decoder.write(buffer.subarray(0, bytesRead)))).split('\n');
    // No line of ours is long: what is, is rubbish, and need not be kept whole.
    rest = (lines.pop() ?? '').slice(0, buffer.length);
    yield* lines;
    if (bytesRead === 0) break;
  }
  yield rest;
}

/** `{…,"check":"89abcdef"}`, the CRC-32 of the line as it would be without `check`. */
function encodeEntry(entry: JournalEntry): string {
  return JSON.stringify({ ...entry, check: checkOf(entry) });
}

/** The checksum vouches for the shape as well: only `encodeEntry` writes one that fits. */
function decodeEntry(line: string): JournalEntry | undefined {
  try {
    const { check, ...entry } = JSON.parse(line) as JournalEntry & { readonly check?: unknown };
    return check === checkOf(entry as JournalEntry) ? (entry as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}

function checkOf(entry: JournalEntry): string {
  return crc32Hex(crc32(Buffer.from(JSON.stringify(entry))));
}

export interface JournalWriter {
  append(entry: JournalEntry): Promise<void>;
}

/**
 * Writes entry after entry. Each begins with the line break that ends the one before, so that an entry after one that
 * was torn still stands on a line of its own.
 */
export function journalWriter(file: FileHandle, { isNew }: { readonly isNew: boolean }): JournalWriter {
  let isFirst = isNew;
  let turn: Promise<unknown> = Promise.resolve();

  async function write(entry: JournalEntry): Promise<void> {
    const bytes = Buffer.from(`${isFirst ? '' : '\n'}${encodeEntry(entry)}`);
    isFirst = false;
    for (let written = 0; written < bytes.length; ) {
      written += (await file.write(bytes, written)).bytesWritten;
    }
  }

  return {
    append(entry) {
      // A write that failed has rejected for its own caller; the next one goes on.
      const mine = turn.then(
        () => write(entry),
        () => write(entry),
      );
      turn = mine;
      return mine;
    },
  };
}

/** The file as it now is, to be found again under another name. */
export async function describeFile(file: FileHandle): Promise<FinishedFile> {
  const { ino, size, mtimeMs } = await file.stat({ bigint: true });
  return { inode: String(ino), sizeBytes: Number(size), modifiedMs: Number(mtimeMs) };
}

/** Whether what stands at `path` is that file. Some file systems keep times to two seconds only. */
export async function isThatFile(path: string, finished: FinishedFile): Promise<boolean> {
  try {
    const { ino, size, mtimeMs } = await stat(path, { bigint: true });
    const apartMs = Math.abs(Number(mtimeMs) - finished.modifiedMs);
    return String(ino) === finished.inode && Number(size) === finished.sizeBytes && apartMs <= 2000;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
