import { speedJudge } from '../http/speed.ts';
import type { Lease } from '../net/pool.ts';
import type { NetSettings } from '../net/settings.ts';
import type { ByteReader } from '../values/bytes.ts';
import type { ByteRange } from '../values/ranges.ts';
import { sftpError } from './sftp-errors.ts';
import type { SftpSession } from './sftp-session.ts';
import type { SftpTarget } from './sftp-url.ts';

/** What every server answers to one READ (draft-ietf-secsh-filexfer-02 §3: 32 KiB at least). */
const READ_BYTES = 32 * 1024;
/** Together they fill ssh2's receive window of 2 MiB. */
const IN_FLIGHT = 64;

export interface SftpReaderOptions {
  readonly target: SftpTarget;
  readonly lease: Lease<SftpSession>;
  readonly handle: Buffer;
  readonly range: ByteRange;
  /** Throws when the open file is no longer the one that was planned. */
  readonly unchanged: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly settings: NetSettings;
}

/** Reads a range with many requests in flight, each straight into its place in the buffer that was given. */
export function sftpReader(options: SftpReaderOptions): ByteReader {
  const { target, lease, handle, range, signal, settings } = options;
  const session = lease.connection;
  const fastEnough = speedJudge({ minBytesPerSecond: settings.minBytesPerSecond, windowMs: settings.stallTimeoutMs });
  let position = range.start;
  let isOver = false;

  function stalled(sentence: string): Error {
    return sftpError('SourceStalled', target, sentence);
  }

  /** Fills `into` from `position` on. When it rejects, the connection is closed: nothing may arrive in a buffer that has been given back. */
  async function fill(into: Buffer): Promise<void> {
    let at = 0;
    const watch = stallWatch(settings.stallTimeoutMs);
    async function work(): Promise<void> {
      while (at < into.length) {
        const from = at;
        at = Math.min(at + READ_BYTES, into.length);
        await readAll(into, from, at, watch.moved);
      }
    }
    const workers = Array.from({ length: Math.min(IN_FLIGHT, Math.ceil(into.length / READ_BYTES)) }, work);
    try {
      await Promise.race([Promise.all(workers), watch.stalled]);
    } catch (error) {
      session.close();
      throw error === STALLED ? stalled('the body stopped coming') : error;
    } finally {
      watch.stop();
    }
  }

  async function readAll(into: Buffer, from: number, to: number, moved: () => void): Promise<void> {
    for (let done = from; done < to; ) {
      const count = await session.read(handle, into, done, to - done, position + done);
      moved();
      if (count <= 0) {
        await options.unchanged();
        throw sftpError('BodyShort', target, `the file ended before byte ${range.end}`);
      }
      done += count;
    }
  }

  async function onAbortClose<T>(action: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const stop = () => session.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  return {
    async read(into) {
      if (into.length === 0) throw new RangeError('a read needs room for at least one byte');
      if (isOver) return 0;
      const wanted = Math.min(into.length, range.end - position);
      if (wanted === 0) {
        await onAbortClose(options.unchanged);
        isOver = true;
        return 0;
      }
      const since = performance.now();
      await onAbortClose(() => fill(Buffer.from(into.buffer, into.byteOffset, wanted)));
      position += wanted;
      if (!fastEnough(wanted, performance.now() - since)) {
        throw stalled(`the body came slower than the least speed of ${settings.minBytesPerSecond} bytes per second`);
      }
      return wanted;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      session.release(handle);
      lease.release(session.usable);
    },
  };
}

const STALLED = Symbol('stalled');

interface StallWatch {
  readonly stalled: Promise<never>;
  moved(): void;
  stop(): void;
}

function stallWatch(ms: number): StallWatch {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const timer = setTimeout(() => reject(STALLED), ms);
  return { stalled: promise, moved: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
