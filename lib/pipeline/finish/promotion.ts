import type { CopyUploads } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { tokenOf } from '../../transfer/record/record.ts';
import { dropPromotionIntent, intendPromotion, namePromotion } from '../../transfer/record/transitions.ts';
import { toIso } from '../../values/time.ts';
import type { Ports } from '../shared/ports.ts';
import { isRefusal } from '../shared/refusal.ts';
import { loadTransfer, onConflictAgain, saveTransfer } from '../shared/store.ts';

/**
 * A copy onto the real key that is made in parts has an upload like any other: the record says that it will be before it is created, and which one
 * before anything is in it (protocol §5). Several workers may be at it, each with its own; the end of the transfer gives all of them up.
 */
export async function withPromotion<T>(
  ports: Ports,
  record: TransferRecord,
  promote: (uploads: CopyUploads) => Promise<T>,
): Promise<T> {
  const at = toIso(ports.clock.now());
  let isIntended = false;
  try {
    return await promote({
      async begins() {
        await updateFinishing(ports, record, (current) => intendPromotion(current, at));
        isIntended = true;
      },
      async began(id) {
        isIntended = false;
        const upload = { id, token: tokenOf(record.id, record.planId ?? '') };
        await updateFinishing(ports, record, (current) => namePromotion(current, at, upload));
      },
    });
  } catch (error) {
    // Else the intent is all that tells of an upload whose Create is unsure (protocol §6).
    if (isIntended && isRefusal(error))
      await updateFinishing(ports, record, (current) => dropPromotionIntent(current, at));
    throw error;
  }
}

/** @throws PieceworkError `Conflict` when another worker has ended it, or it is on its way out. */
export async function updateFinishing(
  ports: Ports,
  { id, planId }: TransferRecord,
  change: (record: TransferRecord) => TransferRecord,
): Promise<void> {
  await onConflictAgain(async () => {
    const loaded = await loadTransfer(ports, id);
    const isOurs =
      loaded?.record.planId === planId && loaded?.record.status === 'finalizing' && loaded.record.ending === undefined;
    if (!isOurs) throw new PieceworkError('Conflict', `transfer ${id} goes on without this worker`);
    await saveTransfer(ports, loaded, change(loaded.record));
  });
}
