import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import type { AbortEntry, TransferRecord, UploadEntry } from './record.ts';
import type { Accepted, BeingPlanned, Failed, FinalizingUpload, Over, Planning } from './states.ts';

/*
 * What the record says of uploads: which one the parts go to, which may have been created, which must not be
 * used again. Nothing else changes `upload`, `heldUntil`, `toAbort`, `creating`, `promotions` or
 * `stagedObject` (tools/lint/records-change-by-transitions.grit). An upload that is given up goes to
 * `toAbort`, where `settle` finds it.
 */

/**
 * The upload must not be used again; `settle` aborts it because the record says so here (rule 14). Never that of what
 * is completed: it became the object, and is released, which an abort does not do.
 */
export function giveUpUpload<R extends Accepted | Planning | Failed>(record: R): R {
  // In these states no upload is certain, so that a record without one is of the same state.
  return withoutUpload(record) as R;
}

/** The same for a record that is about to change its status. */
export function withoutUpload(record: TransferRecord): TransferRecord {
  if (record.upload === undefined) return record;
  const { upload, heldUntil: _, ...rest } = record;
  return { ...rest, toAbort: [...record.toAbort, { upload }] };
}

/**
 * Its abort was sent; it is looked at again after the grace, since parts of dead workers may land even now (rule 14).
 */
export function noteAbort<R extends TransferRecord>(record: R, entry: AbortEntry, now: Instant): R {
  return { ...record, toAbort: [...others(record, entry), { upload: entry.upload, abortedAt: toIso(now) }] };
}

/** It is gone for good. */
export function dropAborted<R extends TransferRecord>(record: R, entry: AbortEntry): R {
  return { ...record, toAbort: others(record, entry) };
}

function others({ toAbort }: TransferRecord, entry: AbortEntry): readonly AbortEntry[] {
  return toAbort.filter((other) => other !== entry);
}

/** An upload of this plan is about to be created. */
export function intendUpload(record: BeingPlanned, now: Instant): BeingPlanned {
  return { ...record, creating: [...record.creating, { planId: record.planId, at: toIso(now) }] };
}

/** The upload of this plan is in the record, or was never created. */
export function dropIntent<R extends TransferRecord>(record: R, planId: string): R {
  return { ...record, creating: record.creating.filter((intent) => intent.planId !== planId) };
}

/** Whatever this intent came to was looked for, and is gone. */
export function dropOrphan<R extends TransferRecord>(record: R, intent: TransferRecord['creating'][number]): R {
  return { ...record, creating: record.creating.filter((other) => other !== intent) };
}

/** The object under the staging key is about to be made. */
export function nameStagedObject(record: FinalizingUpload): FinalizingUpload {
  return { ...record, stagedObject: true };
}

export function dropStagedObject<R extends Over>(record: R): R {
  const { stagedObject: _, ...rest } = record;
  return rest as R;
}

/**
 * A multipart copy onto the real key is about to be begun: its upload, too, is intended before it is created
 * (protocol §5).
 */
export function intendPromotion(record: FinalizingUpload, at: string): FinalizingUpload {
  return { ...record, creating: [...record.creating, { planId: record.planId, at }] };
}

/** Its upload is there, and nothing is in it as yet. */
export function namePromotion(record: FinalizingUpload, at: string, upload: UploadEntry): FinalizingUpload {
  return { ...dropPromotionIntent(record, at), promotions: [...(record.promotions ?? []), upload] };
}

/** One only: another worker may have intended its own at the same moment. */
export function dropPromotionIntent(record: FinalizingUpload, at: string): FinalizingUpload {
  const own = record.creating.findIndex((intent) => intent.planId === record.planId && intent.at === at);
  return { ...record, creating: record.creating.filter((_, index) => index !== own) };
}

/** Whatever they came to: that of a copy which was completed is gone, and its abort does no harm. */
export function giveUpPromotions(record: TransferRecord): TransferRecord {
  const { promotions = [], ...rest } = record;
  return promotions.length === 0
    ? rest
    : { ...rest, toAbort: [...rest.toAbort, ...promotions.map((upload) => ({ upload }))] };
}
