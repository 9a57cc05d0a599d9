import type { Writable } from 'node:stream';
import { PieceworkError } from '../../errors/error.ts';

/** Writes pieces to a stream in the order of their numbers. Disposed, it refuses the callers that still wait. */
export interface OrderedWriter extends Disposable {
  /** A byte has gone out: there is no way back. */
  readonly hasBegun: boolean;
  /** All numbers up to here have gone out. */
  readonly doneThrough: number;
  /** Waits for the turn of the number, then writes. Nothing when it has gone out before. */
  write(number: number, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Everything that was written has been taken. */
  flush(signal: AbortSignal): Promise<void>;
}

/**
 * Bytes are copied on their way into the stream: when the writing is given up, the stream may still hold some, while
 * the window they came from is another piece's already. So much at once.
 */
const CHUNK_BYTES = 65_536;

export function orderedWriter(stream: Writable): OrderedWriter {
  let hasBegun = false;
  let doneThrough = 0;
  let isWriting = false;
  /** The piece of which, so far, only a part went out. */
  let torn: number | undefined;
  let failure: PieceworkError | undefined;
  const waiting = new Set<() => void>();

  function rouse(): void {
    for (const wake of waiting) wake();
  }

  function onError(error: Error): void {
    failure ??= closed(error);
    rouse();
  }
  // Without a listener a closed pipe would end the whole process with a stack trace.
  stream.on('error', onError);
  stream.on('close', rouse);

  function check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (failure !== undefined) throw failure;
    if (stream.destroyed || stream.writableEnded) throw closed(stream.errored ?? undefined);
  }

  /** Until something happens that may be what the caller waits for. */
  async function change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    try {
      await promise;
    } finally {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
    }
  }

  /** The stream has taken it; rejects at once when the signal is aborted, though the stream may hold it still. */
  async function send(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    check(signal);
    let isTaken = false;
    stream.write(chunk, (error) => {
      if (error) onError(error);
      isTaken = true;
      rouse();
    });
    while (!isTaken) {
      await change(signal);
      check(signal);
    }
    check(signal);
  }

  return {
    get hasBegun() {
      return hasBegun;
    },

    get doneThrough() {
      return doneThrough;
    },

    async write(number, bytes, signal) {
      check(signal);
      while (number > doneThrough + 1 || isWriting) {
        await change(signal);
        check(signal);
      }
      if (number <= doneThrough) return;
      if (torn !== undefined) throw tornApart(torn);
      isWriting = true;
      try {
        for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
          const chunk = Buffer.from(bytes.subarray(at, at + CHUNK_BYTES));
          check(signal);
          torn = number;
          hasBegun = true;
          await send(chunk, signal);
        }
        torn = undefined;
        doneThrough = number;
      } finally {
        isWriting = false;
        rouse();
      }
    },

    flush: (signal) => send(Buffer.alloc(0), signal),

    [Symbol.dispose]() {
      failure ??= new PieceworkError('UploadLost', 'this upload to stdout was given up');
      rouse();
      stream.off('error', onError);
      stream.off('close', rouse);
    },
  };
}

/** What is said of a reader that went away (head, a closed pager): no fault of the transfer. */
function closed(cause: Error | undefined): PieceworkError {
  return new PieceworkError(
    'DestinationClosed',
    'the program that was reading stdout has closed it',
    cause === undefined ? {} : { cause },
  );
}

function tornApart(number: number): PieceworkError {
  return new PieceworkError(
    'DestinationRefused',
    `a part of piece ${number} has gone out to stdout already, and can't be taken back: start the whole command again`,
  );
}
