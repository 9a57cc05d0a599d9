import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { runOf } from '../../../../transfer/batch/batch-record.ts';
import type { Window } from '../../../../values/bytes.ts';
import { loadBatch } from '../../../requests/batches/load-batch.ts';
import type { Ports } from '../../../shared/ports.ts';
import { recent } from '../../../shared/recent.ts';
import type { Buffers } from '../../batch-ports.ts';

/** What one worker keeps between its messages. */
export interface FleetMemory {
  /** The record, as old as a transfer's may be for a fetcher. */
  batch(batchId: string, run: number): Promise<BatchRecord | undefined>;
  readonly buffers: Buffers;
}

const MIB = 1024 ** 2;

/** What is larger is a transfer. */
const SMALL_BYTES = 8 * MIB;
/** Of all small entries that are in memory at a time. */
const ALL_BYTES = 64 * MIB;

export function fleetMemory(
  ports: Pick<Ports, 'records' | 'clock' | 'policy'>,
  { mostBytes, allBytes }: { readonly mostBytes: number; readonly allBytes: number } = {
    mostBytes: SMALL_BYTES,
    allBytes: ALL_BYTES,
  },
): FleetMemory {
  const batches = recent(ports, (id) => loadBatch(ports, id));
  return {
    batch: async (batchId, run) =>
      await batches.get(batchId, (known) => known?.status === 'running' && runOf(known) === run),
    buffers: sharedBuffers(mostBytes, allBytes),
  };
}

/** Lent in the order of asking, each as long as it must be. */
function sharedBuffers(mostBytes: number, allBytes: number): Buffers {
  let freeBytes = allBytes;
  const waiting: { readonly sizeBytes: number; readonly take: () => void }[] = [];

  function serve(): void {
    for (let next = waiting[0]; next !== undefined && next.sizeBytes <= freeBytes; next = waiting[0]) {
      waiting.shift();
      freeBytes -= next.sizeBytes;
      next.take();
    }
  }

  function lend(sizeBytes: number): Window {
    let isLent = true;
    return {
      bytes: new Uint8Array(sizeBytes),
      [Symbol.dispose]() {
        if (!isLent) return;
        isLent = false;
        freeBytes += sizeBytes;
        serve();
      },
    };
  }

  return {
    mostBytes,
    async borrow(sizeBytes, signal) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const turn = { sizeBytes, take };
        function take(): void {
          signal.removeEventListener('abort', leave);
          resolve();
        }
        function leave(): void {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal.reason);
          serve();
        }
        waiting.push(turn);
        signal.addEventListener('abort', leave, { once: true });
        serve();
      });
      return lend(sizeBytes);
    },
  };
}
