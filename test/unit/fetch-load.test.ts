import { describe, expect, it } from 'vitest';
import { fetchLoad } from '../../lib/pipeline/fetch/fetch-load.ts';
import { fetcherMemory } from '../../lib/pipeline/fetch/fetcher-memory.ts';
import type { Ports } from '../../lib/pipeline/shared/ports.ts';
import { createTransfer } from '../../lib/pipeline/shared/store.ts';
import { windowPool } from '../../lib/pipeline/shared/windows.ts';
import { NO_LOADS } from '../../lib/transfer/loads/loads.ts';
import type { FinalizerMessage, PieceResult, PieceTask } from '../../lib/transfer/messages.ts';
import { Timeline } from '../simulation/sim-clock.ts';
import { NOW, transferring } from '../support/a-transfer.ts';
import { runTimeline } from '../support/run-timeline.ts';
import { stillPorts } from '../support/still-ports.ts';

/** Twelve pieces of ten bytes, which take ten seconds each; the load of the first eight is one worker's. */
async function worker({
  failing = [],
  lostReports = 0,
}: {
  readonly failing?: readonly number[];
  readonly lostReports?: number;
} = {}) {
  const time = new Timeline(NOW);
  const open = { now: 0, most: 0 };
  const begun: number[] = [];
  const reports: (readonly PieceResult[])[] = [];
  let lost = 0;
  const wait = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve));
  const { ports: still } = stillPorts({
    describe: () => 's3',
    limits: { maxPieces: 100, minPieceBytes: 1, maxPieceBytes: 100, maxObjectBytes: 1000 },
    uploadPart: async (_upload: unknown, part: { readonly number: number; readonly sizeBytes: number }) => ({
      ...part,
    }),
  } as never);
  const ports = {
    ...still,
    clock: { now: () => time.now, sleep: wait },
    secrets: { ...still.secrets, unseal: async () => ({ url: 'https://origin.example/file' }) },
    windows: windowPool({ windowBytes: 10, count: 16, allocate: (bytes) => new Uint8Array(bytes) }),
    sources: () => ({
      open: async (_from: unknown, _snapshot: unknown, { start, end }: { start: number; end: number }) => {
        begun.push(start / 10 + 1);
        open.now += 1;
        open.most = Math.max(open.most, open.now);
        let left = end - start;
        return {
          async read(into: Uint8Array) {
            if (left === 0) return 0;
            await wait(10_000);
            if (failing.includes(start / 10 + 1)) throw new Error('the source broke');
            const got = Math.min(left, into.length);
            left -= got;
            return got;
          },
          async [Symbol.asyncDispose]() {
            open.now -= 1;
          },
        };
      },
    }),
    queues: {
      ...still.queues,
      finalizer: {
        async send(messages: readonly { readonly body: FinalizerMessage }[]) {
          if (lost < lostReports) {
            lost += 1;
            throw new Error('the queue did not take it');
          }
          reports.push(messages.map(({ body }) => body as PieceResult));
        },
      },
    },
  } as unknown as Ports;
  const plan = { mode: 'pieces', sizeBytes: 120, pieceSizeBytes: 10, pieceCount: 12 } as const;
  const loads = { ...NO_LOADS, next: 2, open: [{ number: 1, connections: 2, pieces: [[1, 8]] as const }] };
  const record = transferring({ plan, cursor: 9, loads });
  await createTransfer(ports, record);
  const task: PieceTask = {
    ...({ kind: 'piece', v: 1, transferId: record.id, planId: 'plan1', pieceNumber: 1, attempt: 1 } as const),
    load: { number: 1, connections: 2, others: [[2, 8]] },
  };
  const run = async (given: PieceTask = task, cutOffAt?: number) => {
    const fetched = fetchLoad(ports, fetcherMemory(ports), given, new AbortController().signal, cutOffAt);
    return await runTimeline(time, fetched);
  };
  return { run, task, reports, begun, open, time };
}

const numbers = (reports: readonly (readonly PieceResult[])[]) =>
  reports.map((some) => some.map(({ pieceNumber }) => pieceNumber));

describe('a worker with a load of pieces', () => {
  it('brings them over its connections, one after another, and reports them together now and then', async () => {
    const { run, reports, begun, open, time } = await worker();
    await run();
    expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(open.most).toBe(2);
    expect(time.now - NOW).toBe(40_000);
    expect(numbers(reports)).toEqual([[1, 2, 3], [4, 5, 6, 7], [8]]);
    expect(reports.flat().every(({ ofLoad, outcome, left }) => ofLoad === 1 && outcome === 'done' && !left)).toBe(true);
  });

  it('begins no other piece once one has failed, and says at once which are left', async () => {
    const { run, reports, begun } = await worker({ failing: [3] });
    await run();
    expect(begun).toEqual([1, 2, 3, 4]);
    const failed = reports.flat().find(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject({ pieceNumber: 3, left: [[5, 8]] });
    expect(reports.flat().map(({ pieceNumber }) => pieceNumber)).toEqual([1, 2, 3, 4]);
  });

  it('begins none for which its time would not do, and leaves them', async () => {
    const { run, reports, begun } = await worker();
    // Two rounds of ten seconds fit, with what is kept back; a third does not.
    await run(undefined, NOW + 30_000);
    expect(begun).toEqual([1, 2, 3, 4]);
    expect(reports.flat().flatMap(({ left = [] }) => left)).toEqual([[5, 8]]);
  });

  it('has nothing to do with a piece that is no more of its load', async () => {
    const { run, task, reports, begun } = await worker();
    await run({ ...task, load: { number: 1, connections: 2, others: [[8, 10]] } });
    expect(begun).toEqual([1, 8]);
    expect(reports.flat()).toHaveLength(2);
    await run({ ...task, load: { number: 7, connections: 2, others: [[2, 4]] } });
    expect(begun).toHaveLength(2);
  });

  it('says again what a report that was lost had said', async () => {
    const { run, reports, begun } = await worker({ lostReports: 1 });
    await run();
    expect(begun).toEqual([1, 2, 3, 4]);
    expect([...new Set(reports.flat().map(({ pieceNumber }) => pieceNumber))].sort()).toEqual([1, 2, 3, 4]);
    expect(reports.flat().flatMap(({ left = [] }) => left)).toEqual([[5, 8]]);
  });

  it('gets its task again when it could not report, after all that it had begun is at its end', async () => {
    const { run, begun, open } = await worker({ lostReports: 9 });
    await expect(run()).rejects.toThrow('did not take it');
    expect(open.now).toBe(0);
    expect(begun.length).toBeLessThan(8);
  });
});
