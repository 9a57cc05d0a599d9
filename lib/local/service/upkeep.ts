import { asPieceworkError } from '../../errors/error.ts';
import { readableBatch } from '../../pipeline/requests/batches/load-batch.ts';
import type { ActiveTransfer } from '../../pipeline/shared/markers.ts';
import { activeTransfers } from '../../pipeline/shared/markers.ts';
import { pathsUnder } from '../../pipeline/shared/paths-under.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { reconcile } from '../../pipeline/upkeep/reconcile.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../transfer/batch/batch-record.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Home } from '../home/home.ts';
import { isRunning } from '../requests/find.ts';
import type { MachineParts } from './machine.ts';
import { retryInBackground } from './retry.ts';

/**
 * After a crash or a reboot: what is unfinished goes on, in the order of the queue. Large entries of batches are left
 * to their batch, and what another process works on to that process. A transfer that can't go on says so in a warning,
 * and waits for a retry.
 * @returns how many transfers go on
 */
export async function goOnWithAll(
  { home, looking, work, queue, batches }: Omit<MachineParts, 'changes'>,
  signal: AbortSignal,
): Promise<number> {
  const unfinished = await unfinishedBatches(home);
  const open = new Set(unfinished.map(({ id }) => id));
  const idle: string[] = [];
  const failure = 'does not go on';
  await forEachActive(home, signal, failure, async ({ transferId }, record) => {
    if (record === undefined || isOver(record)) return;
    open.add(transferId);
    if (record.batch !== undefined || queue.of(transferId).paused === true || (await isRunning(home, record))) return;
    idle.push(transferId);
  });
  queue.keepOnly(open);
  const byId = new Map(unfinished.map((record) => [record.id, record]));
  for (const batchId of queue.sorted([...byId.keys()])) {
    const record = byId.get(batchId);
    if (record !== undefined) await orWarn(home, signal, `batch ${batchId} ${failure}`, () => batches.goOnWith(record));
  }
  let count = 0;
  for (const transferId of queue.sorted(idle)) {
    await orWarn(home, signal, `transfer ${transferId} ${failure}`, async () => {
      await retryInBackground(home, looking, work, transferId, undefined);
      count += 1;
    });
  }
  return count;
}

async function unfinishedBatches(home: Home): Promise<readonly BatchRecord[]> {
  const all: BatchRecord[] = [];
  for await (const path of pathsUnder(home.records, 'batches/')) {
    const id = /^batches\/(.+)\.json$/.exec(path)?.[1];
    const record = id === undefined ? undefined : await readableBatch(home, id);
    if (record !== undefined && !isBatchOver(record)) all.push(record);
  }
  return all;
}

/** Cleans up what has ended, where its hold is over, and what was never recorded. */
export async function settleAll(home: Home, signal: AbortSignal): Promise<void> {
  await forEachActive(home, signal, 'is not cleaned up', async (active, record) => {
    if (record !== undefined && !isOver(record)) return;
    const destination = record?.request.destination;
    await using _lock = destination === undefined ? undefined : await home.locks.acquire(destination);
    await using run = await home.engine.open({ kind: destination?.kind ?? 'file' });
    await reconcile(run.ports, active, { now: false }, signal);
  });
}

async function forEachActive(
  home: Home,
  signal: AbortSignal,
  failure: string,
  handle: (active: ActiveTransfer, record: TransferRecord | undefined) => Promise<void>,
): Promise<void> {
  for await (const active of activeTransfers({ records: home.records })) {
    await orWarn(home, signal, `transfer ${active.transferId} ${failure}`, async () =>
      handle(active, (await loadTransfer({ records: home.records }, active.transferId))?.record),
    );
  }
}

/** One that fails stops none of the others. */
async function orWarn(home: Home, signal: AbortSignal, what: string, handle: () => Promise<void>): Promise<void> {
  signal.throwIfAborted();
  try {
    await handle();
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = asPieceworkError(thrown);
    // Another process has its place.
    if (code === 'DestinationLocked') return;
    await home.events.emit({ type: 'warning', message: `${what}: ${message}` });
  }
}
