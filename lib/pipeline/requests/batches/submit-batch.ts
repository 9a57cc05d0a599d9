import { PieceworkError } from '../../../errors/error.ts';
import { shownUrl } from '../../../errors/secret-url-path.ts';
import { KEYS } from '../../../records/records.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { isBatchTombstone, runOf } from '../../../transfer/batch/batch-record.ts';
import { acceptedBatch } from '../../../transfer/batch/batch-transitions.ts';
import { shownHooks } from '../../../transfer/hooks.ts';
import { stated } from '../../../values/stated.ts';
import { changeDocument } from '../../shared/batches/documents.ts';
import { fleetOf, markBatchActive, SEALED } from '../../shared/batches/fleet.ts';
import type { BatchSubmission, SealedList } from '../../shared/batches/submission.ts';
import { notificationsOf } from '../../shared/notifications.ts';
import type { Ports } from '../../shared/ports.ts';
import { noteOpen, openBatch } from '../../shared/quotas/open.ts';
import { claimId } from '../claim-id.ts';
import { loadBatch } from './load-batch.ts';

/**
 * Takes a batch on. Key → marker → sealed list → record → message, as for a transfer (protocol §2), so that a crash at
 * any point leaves nothing that is not found. Repeatable with an idempotency key.
 * @param onRepeated called where the batch of this key is there already: that one is answered
 * @throws PieceworkError `Conflict` when the key stands for another request; `InvalidDestination`; `InvalidOption`
 * where this home takes no batches.
 */
export async function submitBatch(
  ports: Ports,
  submission: BatchSubmission,
  onRepeated: () => void = () => {},
): Promise<BatchRecord> {
  const { queues, sealed } = fleetOf(ports);
  const { destination: place, list, reading, source } = submission;
  // Before anything is written: it throws for a destination that this home does not know.
  const destination = ports.destinations(place).describe(place);
  const { id, isFirst } = await claimId(ports, submission, KEYS.batchIdempotency);
  const there = isFirst && submission.id === undefined ? undefined : await loadBatch(ports, id);
  if (there !== undefined && !isBatchTombstone(there)) {
    onRepeated();
    return await planAgain(ports, there);
  }
  const run = there === undefined ? 1 : runOf(there) + 1;
  await noteOpen(ports, submission.owner, openBatch(id, run));
  await markBatchActive(ports, id, run);
  const secret: SealedList = { v: 1, list, ...stated({ reading, source }) };
  await sealed.seal(SEALED.list(id), secret);
  if (submission.hooks !== undefined) await notificationsOf(ports).keep(id, submission.hooks);
  const record = fresh(ports, { id, run, destination }, submission);
  const stored = await changeDocument(ports, KEYS.batch(id), (other) =>
    other === undefined || (isBatchTombstone(other) && runOf(other) < run) ? record : undefined,
  );
  if (stored === undefined || isBatchTombstone(stored))
    throw new PieceworkError('Conflict', `batch ${id} was given up while it was submitted; submit it again`);
  await queues.planner.send([{ body: { kind: 'plan-batch', v: 1, batchId: id } }]);
  await ports.events.emit({ type: 'batch.accepted', batchId: id, run, list: stored.list.from, destination });
  return stored;
}

/** What a crash may have lost is sent again. */
async function planAgain(ports: Ports, batch: BatchRecord): Promise<BatchRecord> {
  if (batch.status !== 'accepted') return batch;
  await markBatchActive(ports, batch.id, runOf(batch));
  await fleetOf(ports).queues.planner.send([{ body: { kind: 'plan-batch', v: 1, batchId: batch.id } }]);
  return batch;
}

function fresh(
  { clock }: Ports,
  named: { readonly id: string; readonly run: number; readonly destination: string },
  { owner, trace, list, reading, destination: place, options, reportTo, hooks }: BatchSubmission,
): BatchRecord {
  const from =
    list.kind === 'inline'
      ? { from: 'the request', format: 'entries' }
      : { from: shownUrl(list.from), format: reading?.format ?? '' };
  const shown = hooks === undefined ? undefined : shownHooks(hooks);
  const more = stated({ reportTo, hooks: shown, trace });
  return acceptedBatch({ ...named, owner, place, list: from, options, ...more }, clock.now());
}
