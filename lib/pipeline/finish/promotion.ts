import type { CopyUploads } from '../../destinations/destination.ts';
import { tokenOf } from '../../transfer/record/record.ts';
import type { FinalizingUpload } from '../../transfer/record/states.ts';
import { isLeaving, isPut } from '../../transfer/record/states.ts';
import { dropPromotionIntent, intendPromotion, namePromotion } from '../../transfer/record/transitions-uploads.ts';
import { toIso } from '../../values/time.ts';
import { isRefusal } from '../shared/refusal.ts';
import { loadNarrowed, onConflictAgain, saveTransfer } from '../shared/store.ts';
import { TakenOver } from '../shared/taken-over.ts';
import type { FinishingWork } from './finishing-work.ts';

/**
 * A copy onto the real key that is made in parts has an upload like any other: the record says that it will be before
 * it is created, and which one before anything is in it (protocol §5). Several workers may be at it, each with its own;
 * the end of the transfer gives all of them up.
 */
export async function withPromotion<T>(work: FinishingWork, promote: (uploads: CopyUploads) => Promise<T>): Promise<T> {
  const { ports, record } = work;
  const at = toIso(ports.clock.now());
  let isIntended = false;
  try {
    return await promote({
      async begins() {
        await updateFinishing(work, (current) => intendPromotion(current, at));
        isIntended = true;
      },
      async began(id) {
        isIntended = false;
        const upload = { id, token: tokenOf(record.id, record.planId) };
        await updateFinishing(work, (current) => namePromotion(current, at, upload));
      },
    });
  } catch (error) {
    // Else the intent is all that tells of an upload whose Create is unsure (protocol §6).
    if (isIntended && isRefusal(error)) await updateFinishing(work, (current) => dropPromotionIntent(current, at));
    throw error;
  }
}

/** @throws TakenOver when another worker has ended it, or it is on its way out. */
export async function updateFinishing(
  { ports, record: { id, planId } }: FinishingWork,
  change: (record: FinalizingUpload) => FinalizingUpload,
): Promise<void> {
  await onConflictAgain(async () => {
    const loaded = await loadNarrowed(ports, id);
    if (loaded === undefined) throw new TakenOver(id);
    const { record } = loaded;
    const isOurs = record.status === 'finalizing' && record.planId === planId && !isLeaving(record) && !isPut(record);
    if (!isOurs) throw new TakenOver(id);
    await saveTransfer(ports, loaded, change(record));
  });
}
