import { describe, expect, it } from 'vitest';
import type { BatchPorts } from '../../lib/pipeline/batch/batch-ports.ts';
import { fleetMemory } from '../../lib/pipeline/batch/deployed/work/fleet-memory.ts';
import { hostPace } from '../../lib/pipeline/batch/host-pace.ts';
import { fetchPiece } from '../../lib/pipeline/fetch/fetch-piece.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import { recordCache } from '../../lib/pipeline/fetch/record-cache.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer, loadTransfer, saveTransfer } from '../../lib/pipeline/shared/store.ts';
import { readFinalizerMessage } from '../../lib/queues/messages.ts';
import { memoryRecords } from '../../lib/records/memory.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { FinalizerMessage } from '../../lib/transfer/messages.ts';
import { runningBatch } from '../support/a-batch.ts';
import { NOW, transferring } from '../support/a-transfer.ts';

const HOUR_MS = 3_600_000;

async function bench() {
  const clock = { time: NOW };
  const sent: FinalizerMessage[] = [];
  const ports = {
    records: memoryRecords(),
    ids: { ulid: () => `w${sent.length}` },
    clock: { now: () => clock.time, sleep: async () => {} },
    policy: { recordCacheMs: 10_000 },
    events: { emit: async () => {} },
    secrets: {
      unseal: async () => {
        clock.time -= HOUR_MS;
        return undefined;
      },
    },
    queues: {
      finalizer: {
        send: async (messages: readonly { readonly body: FinalizerMessage }[]) =>
          void sent.push(...messages.map(({ body }) => body)),
      },
    },
  } satisfies { readonly [K in keyof Ports]?: unknown } as unknown as Ports;
  await createTransfer(ports, transferring());
  return { ports, clock, sent };
}

describe('a clock that is put back by an hour', () => {
  it('during a piece makes no result that nobody can read', async () => {
    const { ports, sent } = await bench();
    const { id: transferId } = transferring();
    const task = { kind: 'piece', v: 1, transferId, planId: 'plan1', pieceNumber: 2, attempt: 1 } as const;
    await fetchPiece(ports, fetcherMemory(ports), task, new AbortController().signal);
    expect(sent).toHaveLength(1);
    expect(readFinalizerMessage(JSON.stringify(sent[0]))).toMatchObject({ elapsedMs: 0, outcome: 'failed' });
  });

  it('does not keep a record in a cache for that hour', async () => {
    const { ports, clock } = await bench();
    const { id } = transferring();
    const cache = recordCache(ports);
    await cache.get(id);
    const loaded = await loadTransfer(ports, id);
    if (loaded === undefined) throw new Error('it is not there');
    await saveTransfer(ports, loaded, { ...loaded.record, cursor: 9 });
    clock.time -= HOUR_MS;
    expect((await cache.get(id))?.cursor).toBe(9);
  });

  it('does not keep a batch from its next request for that hour', async () => {
    const { ports, clock } = await bench();
    let sleptMs = 0;
    const sleep = async (ms: number) => {
      sleptMs += ms;
      clock.time += ms;
    };
    const batchPorts = { ...ports, clock: { ...ports.clock, sleep } } as unknown as BatchPorts;
    const pace = hostPace(batchPorts, 'https://example.com/', { places: 8, perMinute: 60 });
    const { signal } = new AbortController();
    await pace.take(signal);
    clock.time -= HOUR_MS;
    await pace.take(signal);
    expect(sleptMs).toBeLessThanOrEqual(1000);
  });

  it('does not hide from a worker that its batch is being ended', async () => {
    const { ports, clock } = await bench();
    const batch = runningBatch();
    const version = await ports.records.put(KEYS.batch(batch.id), batch, 'absent');
    const memory = fleetMemory(ports);
    await memory.batch(batch.id, 1);
    const ending = { reason: { code: 'Cancelled', message: 'it was cancelled' } } as const;
    await ports.records.put(KEYS.batch(batch.id), { ...batch, ending }, version);
    clock.time -= HOUR_MS;
    expect((await memory.batch(batch.id, 1))?.ending).toEqual(ending);
  });
});
