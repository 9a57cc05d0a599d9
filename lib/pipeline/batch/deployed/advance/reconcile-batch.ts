import { KEYS } from '../../../../records/records.ts';
import { isBatchOver, runOf } from '../../../../transfer/batch/batch-record.ts';
import { batchTombstone, takenRun } from '../../../../transfer/batch/batch-transitions.ts';
import { fromIso } from '../../../../values/time.ts';
import { loadBatch } from '../../../requests/batches/load-batch.ts';
import { changeDocument } from '../../../shared/batches/documents.ts';
import { changeBatch } from '../../../shared/batches/fleet.ts';
import { pathsUnder } from '../../../shared/paths-under.ts';
import type { Ports } from '../../../shared/ports.ts';
import { advanceBatch } from './advance-batch.ts';
import { settleBatch } from './settle-batch.ts';

/** A marker that stands: batch and run in which work remains. */
export interface ActiveBatch {
  readonly batchId: string;
  readonly run: number;
}

export async function* activeBatches(ports: Pick<Ports, 'records'>): AsyncGenerator<ActiveBatch> {
  for await (const path of pathsUnder(ports.records, 'active-batches/')) {
    const [, batchId, run] = path.split('/');
    if (batchId !== undefined && run !== undefined) yield { batchId, run: Number(run) };
  }
}

/** The schedule's tick: looks at one active batch, and repairs what a crash or a lost message left. */
export async function reconcileBatch(ports: Ports, active: ActiveBatch, signal: AbortSignal): Promise<void> {
  const { batchId, run } = active;
  const batch = await loadBatch(ports, batchId);
  if (batch === undefined) return await leaveTombstone(ports, active, signal);
  if (run > runOf(batch)) return await takeStrayMarker(ports, active, signal);
  if (run < runOf(batch)) return await ports.records.delete(KEYS.activeBatch(batchId, run));
  await advanceBatch(ports, batchId, [{ kind: 'batch-tick', v: 1, batchId }], signal);
}

/** A marker whose record was never written: a tombstone takes its place first, so that a late submit meets it. */
async function leaveTombstone(ports: Ports, active: ActiveBatch, signal: AbortSignal): Promise<void> {
  if (!(await isOld(ports, active))) return;
  const tombstone = batchTombstone(active.batchId, active.run, ports.clock.now());
  const stored = await changeDocument(ports, KEYS.batch(active.batchId), (there) =>
    there === undefined ? tombstone : undefined,
  );
  if (stored !== undefined && isBatchOver(stored)) await settleBatch(ports, stored, signal);
}

/** A retry was cut off before its record: the ended one takes its run's number, and one on its way loses its swap. */
async function takeStrayMarker(ports: Ports, active: ActiveBatch, signal: AbortSignal): Promise<void> {
  if (!(await isOld(ports, active))) return;
  const stored = await changeBatch(ports, active.batchId, (there) =>
    isBatchOver(there) && runOf(there) < active.run ? takenRun(there, active.run) : undefined,
  );
  if (stored !== undefined && isBatchOver(stored)) await settleBatch(ports, stored, signal);
}

async function isOld(ports: Ports, { batchId, run }: ActiveBatch): Promise<boolean> {
  const marker = await ports.records.get(KEYS.activeBatch(batchId, run));
  const { deadSubmitMs = ports.policy.orphanAgeMs } = ports.policy;
  return marker !== undefined && ports.clock.now() - fromIso(marker.value.at) >= deadSubmitMs;
}
