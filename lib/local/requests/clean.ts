import { asPieceworkError } from '../../errors/error.ts';
import { cancel as cancelTransfer } from '../../pipeline/requests/cancel.ts';
import { listTransfers } from '../../pipeline/requests/query.ts';
import type { ActiveTransfer } from '../../pipeline/shared/markers.ts';
import { activeTransfers } from '../../pipeline/shared/markers.ts';
import { loadTransfer, updateTransfer } from '../../pipeline/shared/store.ts';
import { reconcile } from '../../pipeline/upkeep/reconcile.ts';
import { KEYS } from '../../records/records.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, isSettled } from '../../transfer/record/record.ts';
import { giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import { fromIso } from '../../values/time.ts';
import type { CleanReport } from '../api.ts';
import { cleanBatches } from '../batch/clean-batches.ts';
import type { Home } from '../home/home.ts';
import { pausedIn } from '../service/queue/paused.ts';
import { isRunning } from './find.ts';

/** Gives up what no process works on. What is young enough, running, or paused in a server is left alone. */
export async function clean(
  home: Home,
  options: { readonly olderThanMs?: number; readonly history?: boolean },
  signal: AbortSignal,
): Promise<CleanReport> {
  const cleaned: TransferRecord[] = [];
  const failed: { transferId: string; error: Error }[] = [];
  const running: string[] = [];
  const paused = pausedIn(home.stateDir);
  const youngest = home.clock.now() - (options.olderThanMs ?? 0);
  for await (const active of activeTransfers({ records: home.records })) {
    try {
      const loaded = await loadTransfer({ records: home.records }, active.transferId);
      if (loaded === undefined) {
        await using run = await home.engine.open({ kind: 'file' });
        await reconcile(run.ports, active, { now: true }, signal);
      } else if ((!isOver(loaded.record) && paused.has(active.transferId)) || (await isRunning(home, loaded.record))) {
        running.push(active.transferId);
      } else if (fromIso(loaded.record.createdAt) <= youngest) {
        cleaned.push(await cleanOne(home, loaded.record, signal, active));
      }
    } catch (thrown) {
      signal.throwIfAborted();
      failed.push({ transferId: active.transferId, error: asPieceworkError(thrown) });
    }
  }
  const forgotten = options.history === true ? await forgetEnded(home, youngest) : [];
  const batches = await cleanBatches(home, youngest, options.history === true, signal);
  await home.tidy();
  return { cleaned, failed, running, forgotten, batches };
}

/**
 * Ends and cleans up one transfer that no process works on; what became its object stays.
 * @param active as it is marked: by a run that a retry left, or did not come to, perhaps. @default by its last run
 */
export async function cleanOne(
  home: Home,
  record: TransferRecord,
  signal: AbortSignal,
  active: ActiveTransfer = { transferId: record.id, run: record.run },
): Promise<TransferRecord> {
  const { destination } = record.request;
  await using _lock = await home.locks.acquire(destination);
  await using run = await home.engine.open({ kind: destination.kind });
  const { ports } = run;
  if (active.run !== record.run) await reconcile(ports, active, { now: true }, signal);
  if (!isOver(record)) return await cancelTransfer(ports, record.id, signal);
  await updateTransfer(ports, record.id, (current) =>
    current.status === 'failed' ? giveUpUpload(current) : undefined,
  );
  await reconcile(ports, { transferId: record.id, run: record.run }, { now: true }, signal);
  return (await loadTransfer(ports, record.id))?.record ?? record;
}

async function forgetEnded(home: Home, youngest: number): Promise<readonly string[]> {
  const forgotten: string[] = [];
  for (const record of await listTransfers({ records: home.records })) {
    if (isSettled(record) && record.endedAt !== undefined && fromIso(record.endedAt) <= youngest) {
      await home.records.delete(KEYS.transfer(record.id));
      await home.notifications.forget(record.id);
      forgotten.push(record.id);
    }
  }
  return forgotten;
}
