import { acquireLock, lockHolder } from '../../disk/lock.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import { cancel as cancelTransfer, transferEnded, transferNotFound } from '../../pipeline/requests/cancel.ts';
import { listTransfers, transferStatus } from '../../pipeline/requests/query.ts';
import { wholeLocator } from '../../pipeline/requests/retry.ts';
import { activeTransfers } from '../../pipeline/shared/markers.ts';
import { loadTransfer, updateTransfer } from '../../pipeline/shared/store.ts';
import { reconcile } from '../../pipeline/upkeep/reconcile.ts';
import { KEYS } from '../../records/records.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, isSettled } from '../../transfer/record/record.ts';
import { cancelled } from '../../transfer/record/transitions.ts';
import { giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import { fromIso } from '../../values/time.ts';
import type { CleanReport, CopyReport, LocalStatus } from '../api.ts';
import { lockDestination, runToReport, tallyOf } from '../copy/copy.ts';
import { goOn } from '../copy/unfinished.ts';
import type { Home } from '../home/home.ts';

/** What is done to transfers that are there already: look, cancel, go on, clean up. */

export async function list(home: Home): Promise<readonly LocalStatus[]> {
  const records = await listTransfers({ records: home.records });
  return await Promise.all(records.map(async (record) => ({ record, isRunning: await isRunning(home, record) })));
}

async function isRunning(home: Home, record: TransferRecord): Promise<boolean> {
  return !isSettled(record) && (await lockHolder(home.lockPath(record.request.destination))) !== undefined;
}

export async function status(home: Home, transferId: string, signal: AbortSignal): Promise<LocalStatus> {
  const record = await find(home, transferId);
  await using engine = await home.engine(record.request.destination.kind, { onlyLooks: true });
  return { ...(await transferStatus(engine.ports, transferId, signal)), isRunning: await isRunning(home, record) };
}

/** Cancels here, or, where another process works on it, in the record: that process sees it within a second and cleans up. */
export async function cancel(home: Home, transferId: string, signal: AbortSignal): Promise<TransferRecord> {
  const record = await find(home, transferId);
  if (isOver(record)) throw transferEnded(record);
  if (await isRunning(home, record)) {
    const reason = toErrorRecord(new PieceworkError('Cancelled', `transfer ${transferId} was cancelled`));
    const stored = await updateTransfer(home, transferId, (current) =>
      isOver(current) || current.status === 'finalizing' ? undefined : cancelled(current, reason, home.clock.now()),
    );
    return stored?.record ?? record;
  }
  await using _lock = await lockDestination(home, record.request.destination);
  await using engine = await home.engine(record.request.destination.kind);
  return await cancelTransfer(engine.ports, transferId, signal);
}

/** Runs a failed or interrupted transfer to its end, in this process. */
export async function retry(
  home: Home,
  transferId: string,
  source: SourceLocator | undefined,
  signal: AbortSignal,
): Promise<CopyReport> {
  const record = await find(home, transferId);
  if (record.status === 'completed' || record.status === 'cancelled') throw transferEnded(record);
  const locator = source ?? wholeLocator(record);
  await using _lock = await lockDestination(home, record.request.destination);
  const { parallelism, pieceSizeBytes } = record.request.options;
  await using engine = await home.engine(record.request.destination.kind, {
    parallelism,
    ...(pieceSizeBytes === undefined ? {} : { pieceSizeBytes }),
  });
  using tally = tallyOf(home);
  await goOn(engine.ports, record, locator, record.request, signal);
  return await runToReport(home, engine, transferId, tally, signal);
}

/** Gives up what nobody works on. What is young enough, or running, is left alone. */
export async function clean(
  home: Home,
  options: { readonly olderThanMs?: number; readonly history?: boolean },
  signal: AbortSignal,
): Promise<CleanReport> {
  const cleaned: TransferRecord[] = [];
  const failed: { transferId: string; error: Error }[] = [];
  const running: string[] = [];
  const youngest = home.clock.now() - (options.olderThanMs ?? 0);
  for await (const active of activeTransfers({ records: home.records })) {
    try {
      const loaded = await loadTransfer({ records: home.records }, active.transferId);
      if (loaded === undefined) {
        await using engine = await home.engine('file');
        await reconcile(engine.ports, active, { now: true }, signal);
      } else if (await isRunning(home, loaded.record)) {
        running.push(active.transferId);
      } else if (fromIso(loaded.record.createdAt) <= youngest) {
        cleaned.push(await cleanOne(home, loaded.record, signal));
      }
    } catch (thrown) {
      signal.throwIfAborted();
      failed.push({ transferId: active.transferId, error: asPieceworkError(thrown) });
    }
  }
  const forgotten = options.history === true ? await forgetEnded(home, youngest) : [];
  return { cleaned, failed, running, forgotten };
}

async function cleanOne(home: Home, record: TransferRecord, signal: AbortSignal): Promise<TransferRecord> {
  const { destination } = record.request;
  const lock = await acquireLock(home.lockPath(destination), { what: home.destinations.describe(destination) });
  try {
    await using engine = await home.engine(destination.kind);
    const { ports } = engine;
    if (!isOver(record)) return await cancelTransfer(ports, record.id, signal);
    await updateTransfer(ports, record.id, (current) => (isOver(current) ? giveUpUpload(current) : undefined));
    await reconcile(ports, { transferId: record.id, run: record.run }, { now: true }, signal);
    return (await loadTransfer(ports, record.id))?.record ?? record;
  } finally {
    await lock.release();
  }
}

async function forgetEnded(home: Home, youngest: number): Promise<readonly string[]> {
  const forgotten: string[] = [];
  for (const record of await listTransfers({ records: home.records })) {
    if (isSettled(record) && record.endedAt !== undefined && fromIso(record.endedAt) <= youngest) {
      await home.records.delete(KEYS.transfer(record.id));
      forgotten.push(record.id);
    }
  }
  return forgotten;
}

async function find(home: Home, transferId: string): Promise<TransferRecord> {
  const loaded = await loadTransfer({ records: home.records }, transferId);
  if (loaded === undefined) throw transferNotFound(transferId);
  return loaded.record;
}
