import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
/** A process that was killed while it wrote leaves a file behind; the next one takes it away when it is so old. */
const LEFT_MS = 60_000;

export interface OwnFile {
  readonly sizeBytes: number;
  /** `undefined` where the file does not have so many bytes there. */
  read(at: number, length: number): Buffer<ArrayBuffer> | undefined;
}

/**
 * An ordinary file that belongs to the account of this process, as it stands now: it is not closed, and is read when
 * asked. What another account has written is not to run with the rights of this one. `undefined` = there is none.
 */
export function openOwn(path: string): OwnFile | undefined {
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
  const stats = fstatSync(file);
  if (!stats.isFile() || stats.uid !== (process.geteuid?.() ?? stats.uid)) {
    closeSync(file);
    return undefined;
  }
  return {
    sizeBytes: stats.size,
    read(at, length) {
      if (at < 0 || at + length > stats.size) return undefined;
      const bytes = Buffer.allocUnsafeSlow(length);
      return readSync(file, bytes, 0, length, at) === length ? bytes : undefined;
    },
  };
}

/** In one step: a reader finds the old file or the new one, whole. Where it can't be written it stays as it was. */
export function replaceOwn(path: string, chunks: Iterable<Uint8Array>): void {
  const coming = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (isLeft(coming)) rmSync(coming);
    // Another process may be at it.
    const file = openSync(coming, 'wx', 0o600);
    try {
      for (const chunk of chunks) writeFileSync(file, chunk);
    } finally {
      closeSync(file);
    }
    renameSync(coming, path);
  } catch {
    // The next one may.
  }
}

function isLeft(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > LEFT_MS;
}
