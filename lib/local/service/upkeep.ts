import { asPieceworkError } from '../../errors/error.ts';
import type { ActiveTransfer } from '../../pipeline/shared/markers.ts';
import { activeTransfers } from '../../pipeline/shared/markers.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import { reconcile } from '../../pipeline/upkeep/reconcile.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { Home } from '../home/home.ts';
import { isRunning } from '../requests/find.ts';
import type { Background } from './background.ts';
import { retryInBackground } from './retry.ts';

/**
 * After a crash or a reboot: what is unfinished goes on, oldest first. Large entries of batches are left to their
 * batch, and what another process works on to that process. What can't go on says so in a warning, and waits for a
 * retry.
 * @returns how many go on
 */
export async function goOnWithAll(home: Home, looking: Ports, work: Background, signal: AbortSignal): Promise<number> {
  let count = 0;
  await forEachActive(home, signal, 'does not go on', async ({ transferId }, record) => {
    if (record === undefined || isOver(record) || record.batch !== undefined || (await isRunning(home, record))) return;
    await retryInBackground(home, looking, work, transferId, undefined);
    count += 1;
  });
  return count;
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

/** One that fails stops none of the others. */
async function forEachActive(
  home: Home,
  signal: AbortSignal,
  failure: string,
  handle: (active: ActiveTransfer, record: TransferRecord | undefined) => Promise<void>,
): Promise<void> {
  for await (const active of activeTransfers({ records: home.records })) {
    signal.throwIfAborted();
    try {
      await handle(active, (await loadTransfer({ records: home.records }, active.transferId))?.record);
    } catch (thrown) {
      signal.throwIfAborted();
      const { code, message } = asPieceworkError(thrown);
      // Another process has its place.
      if (code === 'DestinationLocked') continue;
      await home.events.emit({ type: 'warning', message: `transfer ${active.transferId} ${failure}: ${message}` });
    }
  }
}
