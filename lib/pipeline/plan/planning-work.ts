import type { Destination, UploadRef } from '../../destinations/destination.ts';
import type { Probe } from '../../sources/source.ts';
import type { Digests } from '../../transfer/digests.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { TransferRecord, UploadEntry } from '../../transfer/record/record.ts';
import { tokenOf } from '../../transfer/record/record.ts';
import type { Accepted, BeingPlanned } from '../../transfer/record/states.ts';
import { takenUp } from '../../transfer/record/transitions.ts';
import { intendUpload } from '../../transfer/record/transitions-uploads.ts';
import { objectSpec } from '../shared/object/object-spec.ts';
import type { Ports } from '../shared/ports.ts';
import { isRefusal } from '../shared/refusal.ts';
import type { Loaded } from '../shared/store.ts';
import { loadTransfer, saveTransfer } from '../shared/store.ts';
import { isLostSwap, TakenOver } from '../shared/taken-over.ts';
import { uploadRef, uploadTarget } from '../shared/upload-ref.ts';

/** What has become of the intent to create an upload. */
export interface Intent {
  /** It is in the record, and that this planning is at it. */
  isRecorded: boolean;
  /** There may be an upload that the record does not name. */
  mayHaveUpload: boolean;
}

/** What the steps of one planning share. */
export interface PlanningWork {
  readonly ports: Ports;
  readonly loaded: Loaded<BeingPlanned>;
  readonly planId: string;
  readonly intent: Intent;
  readonly destination: Destination;
  readonly probe: Probe;
  readonly digests: Digests;
  readonly signal: AbortSignal;
}

/**
 * The same work, once the record says that this planning is at it, and may create an upload (protocol §6). The first
 * look of a run says nothing before: what comes in one put needs no upload, and begins with the swap that allows the
 * put.
 */
export async function withIntent(work: PlanningWork): Promise<PlanningWork> {
  const { ports, intent } = work;
  if (intent.isRecorded) return work;
  const loaded = await storePlan(work, (record) => intendUpload(record, ports.clock.now()));
  intent.isRecorded = true;
  return { ...work, loaded };
}

export async function createUpload(
  { loaded, planId, intent, destination, probe, signal }: PlanningWork,
  plan: Plan,
  { staged }: { readonly staged: boolean },
): Promise<UploadEntry> {
  intent.mayHaveUpload = true;
  let ref: UploadRef;
  try {
    const target = uploadTarget(destination, loaded.record, { staged });
    ref = await destination.createUpload(objectSpec(loaded.record, planId, probe.snapshot, plan, target), {
      signal,
    });
  } catch (error) {
    intent.mayHaveUpload = !isRefusal(error);
    throw error;
  }
  return { id: ref.id, token: tokenOf(loaded.record.id, planId), ...(staged ? { staged } : {}) };
}

/**
 * Stores what planning came to. Others may write meanwhile (a clean-up of what went before, a tick): as long as the
 * record is still in the planning that is ours, or no planner has stored anything of this run, the change is made again
 * on what is there now.
 * @throws TakenOver after a cancel, or when another planner took over.
 * @throws PieceworkError `Conflict` after eight swaps that were lost.
 */
export async function storePlan<R extends TransferRecord>(
  { ports, loaded }: PlanningWork,
  change: (record: BeingPlanned) => R,
): Promise<Loaded<R>> {
  let current = loaded;
  for (let tries = 1; ; tries += 1) {
    try {
      return await saveTransfer(ports, current, change(current.record));
    } catch (error) {
      if (!isLostSwap(error)) throw error;
      const there = await loadTransfer(ports, loaded.record.id);
      if (there === undefined || tries >= STORE_TRIES) throw error;
      const record = ours(there.record, loaded.record);
      if (record === undefined) throw new TakenOver(loaded.record.id);
      current = { record, version: there.version };
    }
  }
}

const STORE_TRIES = 8;

/** What is there, as this planning goes on with it; `undefined` = another is at it, or it is over. */
function ours(there: TransferRecord, { planId, run }: BeingPlanned): BeingPlanned | undefined {
  if (isPlannedBy(there, planId)) return there;
  return isUntouched(there, run) ? takenUp(there, planId) : undefined;
}

/** No planner has stored anything of this run: within it nothing leads back to `accepted`. */
export function isUntouched(record: TransferRecord, run: number): record is Accepted {
  return record.status === 'accepted' && record.run === run;
}

export function isPlannedBy(record: TransferRecord, planId: string): record is BeingPlanned {
  return record.status === 'planning' && record.planId === planId;
}

/**
 * Stores a record that names a new upload. When the swap is lost the upload is ours alone, unless the record names it
 * after all.
 */
export async function saveOrAbort<R extends TransferRecord>(
  work: PlanningWork,
  change: (record: BeingPlanned) => R,
  upload: UploadEntry,
): Promise<Loaded<R>> {
  const { ports, loaded, intent, destination, signal } = work;
  try {
    const stored = await storePlan(work, change);
    intent.mayHaveUpload = false;
    return stored;
  } catch (error) {
    if (!isLostSwap(error) && !(error instanceof TakenOver)) throw error;
    const there = await loadTransfer(ports, loaded.record.id);
    if (there?.record.upload?.id !== upload.id)
      await destination.abortUpload(uploadRef(destination, loaded.record, upload), { signal });
    intent.mayHaveUpload = false;
    throw error;
  }
}
