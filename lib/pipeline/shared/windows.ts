import type { Body, ByteReader, Window, WindowPool } from '../../values/bytes.ts';

/**
 * A fixed number of body buffers of fixed size, cut from one slab: the only body memory there is (invariant 5).
 * Lent in the order of asking; a wait for all of them holds back those who come after it.
 */
export function windowPool(options: {
  readonly windowBytes: number;
  readonly count: number;
  readonly allocate: (bytes: number) => Uint8Array;
}): WindowPool {
  const { windowBytes, count } = options;
  let slab: Uint8Array | undefined;
  const free = Array.from({ length: count }, (_, index) => index);
  const waiting: Turn[] = [];

  function lend(indices: readonly number[]): Window {
    slab ??= options.allocate(windowBytes * count);
    const start = indices.length === 1 ? (indices[0] ?? 0) * windowBytes : 0;
    let isLent = true;
    return {
      bytes: slab.subarray(start, start + windowBytes * indices.length),
      [Symbol.dispose]() {
        if (!isLent) return;
        isLent = false;
        free.push(...indices);
        serve();
      },
    };
  }

  function serve(): void {
    for (let turn = waiting[0]; turn !== undefined && free.length >= turn.wanted; turn = waiting[0]) {
      waiting.shift();
      turn.take(lend(free.splice(free.length - turn.wanted)));
    }
  }

  async function ask(wanted: number, signal: AbortSignal): Promise<Window> {
    signal.throwIfAborted();
    return await new Promise<Window>((resolve, reject) => {
      const turn: Turn = {
        wanted,
        take(window) {
          signal.removeEventListener('abort', leave);
          resolve(window);
        },
      };
      function leave() {
        waiting.splice(waiting.indexOf(turn), 1);
        reject(signal.reason);
        serve();
      }
      waiting.push(turn);
      signal.addEventListener('abort', leave, { once: true });
      serve();
    });
  }

  return { windowBytes, count, borrow: (signal) => ask(1, signal), borrowAll: (signal) => ask(count, signal) };
}

interface Turn {
  readonly wanted: number;
  take(window: Window): void;
}

/** Fills the buffer as far as the reader goes; less than its length only at the reader's end. */
export async function fill(reader: ByteReader, into: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const got = await reader.read(into.subarray(filled));
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

/**
 * Of what passes through a window: each bit crosses to another thread and back, so larger ones are cheaper. But they
 * take more CPU where a file's memory is fresh from a virtual machine's host, those of 1 MiB twice as much
 * (`bench/README.md`); a destination that has no part in that asks for them.
 */
const PASSING_BYTES = 256 * 1024;

/**
 * Brings `sizeBytes` of the reader into a body: whole and checksummed when they fit the window, else bit by bit through
 * its beginning. Reads to the reader's end, where it proves that the body was neither short nor long.
 */
export async function bodyOf(
  reader: ByteReader,
  sizeBytes: number,
  window: Window,
  crc32: (bytes: Uint8Array) => number,
): Promise<Body> {
  if (sizeBytes > window.bytes.length) {
    return {
      kind: 'windows',
      next: (mostBytes = PASSING_BYTES) => nextView(reader, window.bytes.subarray(0, mostBytes)),
    };
  }
  const bytes = window.bytes.subarray(0, sizeBytes);
  await fill(reader, bytes);
  await expectEnd(reader);
  return { kind: 'whole', bytes, crc32: crc32(bytes) };
}

async function nextView(reader: ByteReader, passing: Uint8Array): Promise<Uint8Array | undefined> {
  const filled = await fill(reader, passing);
  return filled === 0 ? undefined : passing.subarray(0, filled);
}

/** A reader that has given its promised bytes says 0, or throws that there are more. */
export async function expectEnd(reader: ByteReader): Promise<void> {
  await reader.read(new Uint8Array(1));
}
