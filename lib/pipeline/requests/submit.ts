import { PieceworkError } from '../../errors/error.ts';
import { KEYS } from '../../records/records.ts';
import type { Hooks } from '../../transfer/hooks.ts';
import { shownHooks } from '../../transfer/hooks.ts';
import type { Labels } from '../../transfer/labels.ts';
import type { DestinationLocator, SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isTombstone, newRecord } from '../../transfer/record/record.ts';
import type { ObjectSettings, TransferOptions, TransferRequest } from '../../transfer/request.ts';
import { stated } from '../../values/stated.ts';
import { markActive } from '../shared/markers.ts';
import { notificationsOf } from '../shared/notifications.ts';
import type { Ports } from '../shared/ports.ts';
import { noteOpen } from '../shared/quotas/open.ts';
import { createTransfer, loadNarrowed, loadTransfer, onConflictAgain } from '../shared/store.ts';
import { isLostSwap } from '../shared/taken-over.ts';
import { claimId } from './claim-id.ts';
import { startNextRun } from './next-run.ts';
import { shownSource } from './shown-source.ts';

export interface Submission {
  readonly source: SourceLocator;
  readonly destination: DestinationLocator;
  readonly object: ObjectSettings;
  readonly options: TransferOptions;
  /** Who is notified of its end. @default whom the home names for all */
  readonly hooks?: Hooks;
  readonly labels?: Labels;
  /** Whose transfer it is: the principal that asks for it. Queues are fair between owners. */
  readonly owner: string;
  /** The batch that it belongs to. */
  readonly batch?: NonNullable<TransferRecord['batch']>;
  /** A W3C `traceparent`, where it is traced. */
  readonly trace?: string;
  /** Where something names the transfer before it is there. @default a new one */
  readonly id?: string;
  /** The same key with the same request returns the first transfer. */
  readonly idempotency?: { readonly keyHash: string; readonly requestHash: string };
}

/**
 * Takes a transfer on. Key → quota → marker → sealed source → record → message, in this order (protocol §2), so that
 * a crash at any point leaves nothing that is not found. Repeatable with an idempotency key.
 * @param onRepeated called where the transfer of this key is there already: that one is answered
 * @throws PieceworkError `Conflict` when the key stands for another request; `InvalidDestination`; `QuotaExceeded`.
 */
export async function submit(
  ports: Ports,
  submission: Submission,
  onRepeated: () => void = () => {},
): Promise<TransferRecord> {
  const { destination: to } = submission;
  // Before anything is written: it throws for a destination that this home does not know.
  const destination = ports.destinations(to).describe(to);
  const { id, isFirst } = await claimId(ports, submission, KEYS.idempotency);
  if (!isFirst && (await loadTransfer(ports, id)) !== undefined) {
    onRepeated();
    return await submitAgain(ports, id, submission);
  }
  // An entry is its batch's, which counts as one.
  if (submission.batch === undefined) await noteOpen(ports, submission.owner, { id, run: 1 });
  await markActive(ports, id, 1);
  await ports.secrets.seal(id, 1, submission.source);
  if (submission.hooks !== undefined) await notificationsOf(ports).keep(id, submission.hooks);
  const record = await storeFirst(ports, id, submission);
  if (record === undefined) {
    // The other's transfer may have ended and been cleaned up before we sealed: the marker has it looked at once more.
    await markActive(ports, id, 1);
    return await submitAgain(ports, id, submission);
  }
  await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: id } }]);
  await ports.events.emit({
    type: 'accepted',
    transferId: id,
    source: record.request.source.url,
    destination,
  });
  return record;
}

/** `undefined` = another record is there: of a submit with the same key, or a tombstone. */
async function storeFirst(ports: Ports, id: string, submission: Submission): Promise<TransferRecord | undefined> {
  const { owner, batch, trace } = submission;
  const record = newRecord(id, owner, toRequest(submission), ports.clock.now(), stated({ batch, trace }));
  try {
    return (await createTransfer(ports, record)).record;
  } catch (error) {
    if (!isLostSwap(error)) throw error;
    return undefined;
  }
}

/**
 * The transfer is there already. A tombstone is revived as its next run (rule 16); of one that waits, what a
 * crash may have lost is sent again.
 */
async function submitAgain(ports: Ports, id: string, submission: Submission): Promise<TransferRecord> {
  return await onConflictAgain(async () => {
    const loaded = await loadNarrowed(ports, id);
    if (loaded === undefined) throw new PieceworkError('Conflict', `transfer ${id} vanished during its submit`);
    const { record, version } = loaded;
    if (record.status === 'failed' && isTombstone(record))
      return await startNextRun(ports, { record, version }, submission.source, {
        request: toRequest(submission),
        owner: submission.owner,
        ...stated({ batch: submission.batch }),
      });
    if (record.status !== 'accepted') return record;
    await markActive(ports, id, record.run);
    await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: id } }]);
    return record;
  });
}

/** What the record keeps of a request: the source without anything secret. */
export function toRequest(
  submission: Pick<Submission, 'source' | 'destination' | 'object' | 'options' | 'hooks' | 'labels'>,
): TransferRequest {
  const { source, destination, object, options, hooks, labels } = submission;
  const shown = hooks === undefined ? undefined : shownHooks(hooks);
  return { source: shownSource(source), destination, object, options, ...stated({ hooks: shown, labels }) };
}
