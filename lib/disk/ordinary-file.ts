import type { Stats } from 'node:fs';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/*
 * What stands under a name may have been put there by another user: a link to a file that only we may read or write, a
 * FIFO that never says anything, a device that never ends. So what Piecework keeps on a disk is opened in one way.
 */

export interface FileBounds {
  /** More is an error. */
  readonly mostBytes: number;
  /** For files that the user names, or keeps where dotfiles are kept. @default false */
  readonly mayBeLink?: boolean;
  /** For what the user hands over in this very moment: `-H @<(…)`. It is waited for. @default false */
  readonly mayBePipe?: boolean;
}

/** Of records; theirs has up to 10,000 pieces. */
export const RECORD_FILE: FileBounds = { mostBytes: 16 * 1024 ** 2 };
/** Lists of hosts, keys, certificates, configuration. */
export const USER_FILE: FileBounds = { mostBytes: 16 * 1024 ** 2, mayBeLink: true };

/** Thrown like an error of the system: `EFTYPE`, or `EFBIG`. */
export class NotOrdinary extends Error {
  readonly code: 'EFTYPE' | 'EFBIG';
  readonly syscall = 'open';
  /** What it is, to follow "it is". */
  readonly what: string;

  constructor(path: string, code: 'EFTYPE' | 'EFBIG', what: string) {
    super(`${path} is ${what}`);
    this.code = code;
    this.what = what;
  }
}

/** Absent on Windows, which has neither links nor FIFOs to speak of. */
const { O_RDONLY, O_RDWR, O_APPEND, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
const ACCESS = { read: O_RDONLY, write: O_RDWR, append: O_WRONLY | O_APPEND };

function flagsOf(access: keyof typeof ACCESS, { mayBeLink, mayBePipe }: Partial<FileBounds>): number {
  // Not to wait for another process at the other end of a FIFO; to an ordinary file it means nothing.
  return ACCESS[access] | (mayBePipe === true ? 0 : O_NONBLOCK) | (mayBeLink === true ? 0 : O_NOFOLLOW);
}

function check(
  path: string,
  stats: Stats,
  { mostBytes = Number.POSITIVE_INFINITY, mayBePipe }: Partial<FileBounds>,
): void {
  if (!stats.isFile() && !(mayBePipe === true && stats.isFIFO()))
    throw new NotOrdinary(path, 'EFTYPE', 'no ordinary file');
  if (stats.size > mostBytes) throw tooLarge(path, mostBytes);
}

function tooLarge(path: string, mostBytes: number): NotOrdinary {
  return new NotOrdinary(path, 'EFBIG', `larger than ${mostBytes} bytes`);
}

function asLink(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  // FreeBSD says EMLINK. No process reads a FIFO: ENXIO. A folder is not written to: EISDIR.
  if (code === 'ELOOP' || code === 'EMLINK') return new NotOrdinary(path, 'EFTYPE', 'a symbolic link');
  return code === 'ENXIO' || code === 'EISDIR' ? new NotOrdinary(path, 'EFTYPE', 'no ordinary file') : error;
}

/** An ordinary file that is there. @throws NotOrdinary, the system's error. */
export async function openOrdinary(
  path: string,
  access: keyof typeof ACCESS,
  bounds: Partial<FileBounds> = {},
): Promise<FileHandle> {
  return (await openChecked(path, access, bounds)).file;
}

async function openChecked(
  path: string,
  access: keyof typeof ACCESS,
  bounds: Partial<FileBounds>,
): Promise<{ readonly file: FileHandle; readonly stats: Stats }> {
  let file: FileHandle;
  try {
    file = await open(path, flagsOf(access, bounds));
  } catch (error) {
    throw asLink(path, error);
  }
  try {
    const stats = await file.stat();
    check(path, stats, bounds);
    return { file, stats };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws NotOrdinary, the system's error. */
export async function readOrdinary(path: string, bounds: FileBounds): Promise<string> {
  const { file, stats } = await openChecked(path, 'read', bounds);
  try {
    const text = new Text(path, bounds, stats);
    while (text.add((await file.read(text.room)).bytesRead));
    return text.whole();
  } finally {
    await file.close();
  }
}

/** @throws NotOrdinary, the system's error. */
export function readOrdinarySync(path: string, bounds: FileBounds): string {
  let file: number;
  try {
    file = openSync(path, flagsOf('read', bounds));
  } catch (error) {
    throw asLink(path, error);
  }
  try {
    const stats = fstatSync(file);
    check(path, stats, bounds);
    const text = new Text(path, bounds, stats);
    while (text.add(readSync(file, text.room)));
    return text.whole();
  } finally {
    closeSync(file);
  }
}

const MOST_ROOM_BYTES = 65_536;

/** Gathers what is read: a file may grow meanwhile, or say that it is empty and not be (`/proc`). */
class Text {
  readonly room: Buffer;
  readonly #chunks: Buffer[] = [];
  readonly #path: string;
  readonly #mostBytes: number;
  readonly #endsWithShortRead: boolean;
  #bytes = 0;

  constructor(path: string, { mostBytes }: FileBounds, stats: Stats) {
    this.#path = path;
    this.#mostBytes = mostBytes;
    // Of a file on a disk a read brings less than there is room for at its end only: no further read is needed.
    this.#endsWithShortRead = stats.isFile() && stats.size > 0;
    this.room = Buffer.allocUnsafe(
      this.#endsWithShortRead ? Math.min(stats.size + 1, MOST_ROOM_BYTES) : MOST_ROOM_BYTES,
    );
  }

  /** False at the end. */
  add(count: number): boolean {
    this.#bytes += count;
    if (this.#bytes > this.#mostBytes) throw tooLarge(this.#path, this.#mostBytes);
    this.#chunks.push(Buffer.from(this.room.subarray(0, count)));
    return count > 0 && !(this.#endsWithShortRead && count < this.room.length);
  }

  whole(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
