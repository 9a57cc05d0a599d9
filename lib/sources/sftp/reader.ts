import type { ErrorDetails } from '../../errors/error.ts';
import type { SpeedFloor } from '../../net/bodies/speed.ts';
import { speedJudge } from '../../net/bodies/speed.ts';
import type { StallWatch } from '../../net/bodies/stall-watch.ts';
import { STALLED, stallWatch } from '../../net/bodies/stall-watch.ts';
import type { Lease } from '../../net/pools/pool.ts';
import { closingOnAbort } from '../../net/pools/with-connection.ts';
import type { NetSettings } from '../../net/settings.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { ByteRange } from '../../values/ranges.ts';
import { sftpError } from './errors.ts';
import { readAhead } from './read-ahead.ts';
import type { SftpSession } from './session.ts';
import type { SftpTarget } from './url.ts';

/** ssh2's receive window: more than that is never on its way. */
const IN_FLIGHT_BYTES = 2 * 1024 ** 2;
/** What is larger is filled as it is: enough of it is on its way at once, and nothing is copied. */
const MOST_AHEAD_BYTES = 1024 ** 2;

export interface SftpReaderOptions {
  readonly target: SftpTarget;
  readonly lease: Lease<SftpSession>;
  readonly handle: Uint8Array;
  readonly range: ByteRange;
  /** Throws when the open file is no longer the one that was planned. */
  readonly unchanged: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly settings: NetSettings;
  readonly floor: SpeedFloor;
}

/**
 * Reads a range with many requests in flight. Large buffers are filled straight from the connection; small ones get
 * what was asked for while the one before was used.
 */
export function sftpReader(options: SftpReaderOptions): ByteReader {
  const { target, lease, handle, range, signal, settings } = options;
  const session = lease.connection;
  const fastEnough = speedJudge(options.floor);
  let position = range.start;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let watch: StallWatch | undefined;
  const ahead = readAhead({
    range,
    answerBytes: session.readBytes,
    spare: session.spareMemory,
    ask: (into, from, came) =>
      readAll(into, from, (bytes) => {
        came(bytes);
        watch?.moved();
      }),
  });

  function stalled(sentence: string, more: ErrorDetails = {}): Error {
    return sftpError('SourceStalled', target, sentence, undefined, more);
  }

  /**
   * Fills `into` from `position` on, or as far as it came before the connection failed: then, and when it rejects, that
   * is closed, since nothing may arrive in a buffer that has been given back.
   */
  async function fill(into: Uint8Array): Promise<number> {
    const watching = stallWatch(settings.stallTimeoutMs, () => session.receivedBytes);
    watch = watching;
    const came = { bytes: 0 };
    try {
      const isLarge = ahead.isEmpty && into.length > MOST_AHEAD_BYTES;
      await Promise.race([isLarge ? fillLarge(into, came) : fillAhead(into, came), watching.stalled]);
      return into.length;
    } catch (error) {
      failure = { error: error === STALLED ? stalled('the body stopped coming') : error };
      session.close();
      if (came.bytes === 0) throw failure.error;
      return came.bytes;
    } finally {
      watching.stop();
    }
  }

  async function fillAhead(into: Uint8Array, came: { bytes: number }): Promise<void> {
    const { bytes, error } = await ahead.take(into, () => failure !== undefined);
    came.bytes = bytes;
    if (bytes < into.length) throw error;
  }

  async function fillLarge(into: Uint8Array, came: { bytes: number }): Promise<void> {
    let at = 0;
    const lacking = new Map<number, number>();
    const questions = Math.ceil(into.length / session.readBytes);
    const questionBytes = Math.ceil(into.length / questions);
    async function work(): Promise<void> {
      while (at < into.length) {
        const from = at;
        at = Math.min(at + questionBytes, into.length);
        lacking.set(from, from);
        await readAll(into.subarray(from, at), position + from, (bytes) => {
          lacking.set(from, from + bytes);
          came.bytes = Math.min(at, ...lacking.values());
          watch?.moved();
        });
        lacking.delete(from);
      }
    }
    const atOnce = Math.max(1, Math.floor(IN_FLIGHT_BYTES / questionBytes));
    await Promise.all(Array.from({ length: Math.min(atOnce, questions) }, work));
    ahead.continueAt(position + into.length);
  }

  async function readAll(into: Uint8Array, from: number, came: (bytes: number) => void): Promise<void> {
    for (let done = 0; done < into.length; ) {
      const count = await session.read(handle, into.subarray(done), from + done);
      if (count <= 0) {
        await options.unchanged();
        throw sftpError('BodyShort', target, `the file ended before byte ${range.end}`);
      }
      done += count;
      came(done);
    }
  }

  return {
    async read(into) {
      if (into.length === 0) throw new RangeError('a read needs room for at least one byte');
      if (isOver) return 0;
      if (failure !== undefined) {
        signal.throwIfAborted();
        throw failure.error;
      }
      const wanted = Math.min(into.length, range.end - position);
      if (wanted === 0) {
        await closingOnAbort(session, signal, options.unchanged);
        isOver = true;
        return 0;
      }
      const since = performance.now();
      const got = await closingOnAbort(session, signal, () => fill(into.subarray(0, wanted)));
      position += got;
      if (!fastEnough(got, performance.now() - since)) {
        const least = `the least speed of ${options.floor.minBytesPerSecond} bytes per second`;
        throw stalled(`the body came slower than ${least}`, { belowMinSpeed: true });
      }
      return got;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      // What is still on its way would hold up the connection's next reader.
      if (!ahead.isEmpty) session.close();
      session.release(handle);
      lease.release('reusable');
    },
  };
}
