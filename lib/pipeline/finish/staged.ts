import type { Proof, Stored } from '../../destinations/destination.ts';
import type { Digests } from '../../transfer/digests.ts';
import { nameStagedObject } from '../../transfer/record/transitions-uploads.ts';
import { stagingOf, uploadRef } from '../shared/upload-ref.ts';
import type { FinishingWork } from './finishing-work.ts';
import { orOurs } from './finishing-work.ts';
import { updateFinishing, withPromotion } from './promotion.ts';
import { proveBytes } from './read-back.ts';

export interface Promoted {
  readonly stored: Stored;
  readonly proved: Digests;
}

/**
 * Completed under the staging key, read back, copied onto the real one by the store itself; the record names it before
 * it exists.
 */
export async function finishStaged(work: FinishingWork, proof: Proof, wanted: Digests): Promise<Promoted> {
  const { record, destination, signal } = work;
  await updateFinishing(work, nameStagedObject);
  const upload = uploadRef(destination, record, record.upload);
  try {
    await destination.completeUpload(upload, { ...proof, condition: 'none' }, { signal });
  } catch (error) {
    signal.throwIfAborted();
    // A look that fails does not hide why it was needed.
    const there = await destination.head(upload.target, { signal }).catch(() => undefined);
    if (there?.token !== upload.token) throw error;
  }
  return await promoteStaged(work, proof, wanted);
}

/**
 * The staged object is there: proved by reading it, then copied onto the real key. The copy is held to the very object
 * that was read, since others may write to the staging key in between.
 */
export async function promoteStaged(
  work: FinishingWork,
  proof: Pick<Proof, 'sizeBytes' | 'object' | 'condition'>,
  wanted: Digests,
): Promise<Promoted> {
  const { record, destination, signal } = work;
  const staging = stagingOf(destination);
  const upload = uploadRef(destination, record, record.upload);
  await using reader = await staging.read(upload, proof.sizeBytes, { signal });
  const proved = await proveBytes(work, reader, wanted);
  const stored = await orOurs(work, () =>
    withPromotion(work, (uploads) =>
      staging.promote(reader.staged, proof.object, proof.condition, uploads, { signal }),
    ),
  );
  return { stored, proved };
}
