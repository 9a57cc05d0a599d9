import type { BatchEnd } from '../../../../events/events.ts';
import { KEYS } from '../../../../records/records.ts';
import type { BatchRecord } from '../../../../transfer/batch/batch-record.ts';
import { isBatchOver, isBatchTombstone, runOf } from '../../../../transfer/batch/batch-record.ts';
import { announcedBatch, withoutHold } from '../../../../transfer/batch/batch-transitions.ts';
import { NO_OUTCOMES } from '../../../../transfer/batch/outcome.ts';
import { stated } from '../../../../values/stated.ts';
import { fromIso } from '../../../../values/time.ts';
import { changeBatch, fleetOf, SEALED } from '../../../shared/batches/fleet.ts';
import { pathsUnder } from '../../../shared/paths-under.ts';
import type { Ports } from '../../../shared/ports.ts';
import { closeOpen, openBatch } from '../../../shared/quotas/open.ts';

/**
 * What is left when a batch is over: the end is announced, its sealed entries are kept until its hold is over, and last
 * the marker goes. Its record and its outcomes stay.
 */
export async function settleBatch(ports: Ports, batch: BatchRecord, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const run = runOf(batch);
  const isSame = (there: BatchRecord) => isBatchOver(there) && runOf(there) === run;
  if (batch.announced !== true && !isBatchTombstone(batch)) {
    const end = endEvent(batch);
    await ports.notifications?.send(end, batch);
    await ports.events.emit(end);
    const spent = await closeAccount(ports, batch);
    await changeBatch(ports, batch.id, (there) => (isSame(there) ? { ...announcedBatch(there), ...spent } : undefined));
  }
  const now = ports.clock.now();
  if (batch.heldUntil !== undefined && fromIso(batch.heldUntil) > now) return;
  if (batch.heldUntil !== undefined) {
    // A retry that is on its way loses its swap, or has won it.
    const stored = await changeBatch(ports, batch.id, (there) => (isSame(there) ? withoutHold(there, now) : undefined));
    if (stored === undefined || !isSame(stored) || stored.heldUntil !== undefined) return;
  }
  await fleetOf(ports).sealed.discard(SEALED.all(batch.id));
  for await (const path of pathsUnder(ports.records, `boards/${batch.id}/`)) await ports.records.delete({ path });
  await ports.records.delete(KEYS.board(batch.id));
  for (let each = 1; each <= run; each += 1) await ports.records.delete(KEYS.activeBatch(batch.id, each));
}

/** Only what this run brought counts. */
async function closeAccount(ports: Ports, batch: BatchRecord): Promise<Pick<BatchRecord, 'spentBytes'>> {
  const { id, owner = 'local', counters = NO_OUTCOMES, spentBytes = 0 } = batch;
  if (ports.policy.quotas === undefined) return {};
  await closeOpen(ports, owner, openBatch(id, runOf(batch)), counters.bytes - spentBytes);
  return { spentBytes: counters.bytes };
}

function endEvent({ id, run = 1, status, list, counters = NO_OUTCOMES, report, reason }: BatchRecord): BatchEnd {
  const how = status === 'completed' || status === 'cancelled' ? status : 'failed';
  const type = `batch.${how}` as const;
  return stated({ type, batchId: id, run, entries: list.entries, counters, report, reason });
}
