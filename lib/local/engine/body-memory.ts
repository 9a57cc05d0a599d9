import type { Window, WindowPool } from '../../values/bytes.ts';
import { fairTurns } from './fair-turns.ts';

const MIB = 1024 ** 2;

/**
 * For all windows together, whatever runs: more only where a single transfer was asked to have more workers than fit.
 */
export const BODY_MEMORY_BYTES = 96 * MIB;
/**
 * Streams keep theirs to their end. So they get no more than this of it, and pieces always find as
 * much, even beside a larger stream.
 */
const SHARE_BYTES = 48 * MIB;

/** What one transfer works with: windows of one size, and for a stream so many of them in one piece. */
export interface WindowNeed {
  readonly windowBytes: number;
  /** Of a stream's memory, in windows. */
  readonly streamWindows: number;
  /** Windows that its workers can use side by side. */
  readonly windowCount: number;
}

/**
 * The body memory of all transfers of a home. Buffers are made when they are first needed and
 * kept while a transfer may use them.
 */
export interface BodyMemory {
  /** The windows of one more transfer, until it is disposed of. */
  windows(need: WindowNeed): WindowPool & Disposable;
  /** Lent, or kept for the next. */
  readonly allocatedBytes: number;
}

interface Wanted {
  readonly bytes: number;
  readonly use: 'window' | 'stream';
}

export function bodyMemory(allocate: (bytes: number) => Uint8Array): BodyMemory {
  const needs = new Set<WindowNeed>();
  const lent = { window: 0, stream: 0 };
  /** By their size. */
  const idle = new Map<number, Uint8Array[]>();
  let allocatedBytes = 0;

  const mostBytes = (): number =>
    Math.max(BODY_MEMORY_BYTES, ...[...needs].map(({ windowBytes, windowCount }) => windowBytes * windowCount));

  const turns = fairTurns<Wanted>({
    judge({ bytes, use }) {
      if (use === 'stream' && lent.stream > 0 && lent.stream + bytes > SHARE_BYTES) return 'passed';
      const fits = lent.window + lent.stream + bytes <= mostBytes();
      const isWithinShare = lent.window + (use === 'window' ? bytes : 0) <= SHARE_BYTES;
      return fits || isWithinShare ? 'free' : 'waits';
    },
    take({ bytes, use }) {
      lent[use] += bytes;
    },
    giveBack({ bytes, use }) {
      lent[use] -= bytes;
    },
  });

  function bufferOf(bytes: number): Uint8Array {
    const kept = idle.get(bytes)?.pop();
    if (kept !== undefined) return kept;
    // Those of other sizes make room.
    for (const size of idle.keys()) if (allocatedBytes + bytes > mostBytes()) drop(size);
    allocatedBytes += bytes;
    return allocate(bytes);
  }

  function drop(size: number): void {
    allocatedBytes -= size * (idle.get(size)?.length ?? 0);
    idle.delete(size);
  }

  function dropUnused(): void {
    const inUse = new Set([...needs].flatMap((need) => [need.windowBytes, streamBytes(need)]));
    for (const size of idle.keys()) if (!inUse.has(size)) drop(size);
  }

  async function borrow(asker: object, wanted: Wanted, signal: AbortSignal): Promise<Window> {
    const lease = await turns.ask(asker, wanted, signal);
    const bytes = bufferOf(wanted.bytes);
    let isLent = true;
    return {
      bytes,
      [Symbol.dispose]() {
        if (!isLent) return;
        isLent = false;
        idle.set(bytes.length, [...(idle.get(bytes.length) ?? []), bytes]);
        lease[Symbol.dispose]();
        dropUnused();
      },
    };
  }

  return {
    get allocatedBytes() {
      return allocatedBytes;
    },
    windows(given) {
      const need = { ...given };
      needs.add(need);
      const { windowBytes, streamWindows } = need;
      return {
        windowBytes,
        count: streamWindows,
        borrow: (signal) => borrow(need, { bytes: windowBytes, use: 'window' }, signal),
        borrowAll: (signal) => borrow(need, { bytes: streamBytes(need), use: 'stream' }, signal),
        [Symbol.dispose]() {
          needs.delete(need);
          dropUnused();
        },
      };
    },
  };
}

function streamBytes({ windowBytes, streamWindows }: WindowNeed): number {
  return windowBytes * streamWindows;
}
