import type { FileHandle } from 'node:fs/promises';

/** Bytes that are written between one flush and the next. */
const FLUSH_EVERY_BYTES = 64 * 1024 ** 2;

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

export function flusher(file: Pick<FileHandle, 'datasync' | 'sync'>, everyBytes = FLUSH_EVERY_BYTES): Flusher {
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
      unflushedBytes += bytes;
      if (unflushedBytes < everyBytes || underWay !== undefined || failure !== undefined) return;
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
