import type { FileHandle } from 'node:fs/promises';

const MIB = 1024 ** 2;

/**
 * Bytes that are written between one flush and the next: a quarter of what was written until then, within these. What
 * the end has to wait for is then a small part of the whole, and a large file is not flushed all the time.
 */
const BETWEEN_FLUSHES: Between = { leastBytes: 16 * MIB, mostBytes: 64 * MIB };
const PART_OF_WRITTEN = 1 / 4;

interface Between {
  readonly leastBytes: number;
  readonly mostBytes: number;
}

/** Brings a file's bytes onto the disk while more of them come in, so that the end has little left to wait for. */
export interface Flusher {
  /** So many bytes were written: begins a flush when it is time, and waits for none. */
  wrote(bytes: number): void;
  /**
   * All that was written is on the disk. Throws what any flush threw, at every call: the system tells of bytes that it
   * could not bring there once only, and a second try would seem to succeed without them (fsync(2), EIO).
   */
  finish(): Promise<void>;
}

export function flusher(
  file: Pick<FileHandle, 'datasync' | 'sync'>,
  { leastBytes, mostBytes }: Between = BETWEEN_FLUSHES,
): Flusher {
  let writtenBytes = 0;
  let unflushedBytes = 0;
  let underWay: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  async function attempt(flush: () => Promise<void>): Promise<void> {
    try {
      await flush();
    } catch (error) {
      failure ??= { error };
    }
  }

  return {
    wrote(bytes) {
      const enoughBytes = Math.min(mostBytes, Math.max(leastBytes, writtenBytes * PART_OF_WRITTEN));
      writtenBytes += bytes;
      unflushedBytes += bytes;
      if (unflushedBytes < enoughBytes || underWay !== undefined || failure !== undefined) return;
      unflushedBytes = 0;
      underWay = attempt(() => file.datasync()).then(() => {
        underWay = undefined;
      });
    },
    async finish() {
      await underWay;
      if (failure === undefined) await attempt(() => file.sync());
      if (failure !== undefined) throw failure.error;
    },
  };
}
