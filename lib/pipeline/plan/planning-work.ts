import type { Destination, UploadRef } from '../../destinations/destination.ts';
import type { Probe } from '../../sources/source.ts';
import type { Digests } from '../../transfer/digests.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { TransferRecord, UploadEntry } from '../../transfer/record/record.ts';
import { tokenOf } from '../../transfer/record/record.ts';
import type { BeingPlanned } from '../../transfer/record/states.ts';
import { objectSpec } from '../shared/object/object-spec.ts';
import type { Ports } from '../shared/ports.ts';
import { isRefusal } from '../shared/refusal.ts';
import type { Loaded } from '../shared/store.ts';
import { loadTransfer, saveTransfer } from '../shared/store.ts';
import { isLostSwap, TakenOver } from '../shared/taken-over.ts';
import { uploadRef, uploadTarget } from '../shared/upload-ref.ts';

/** What has become of the recorded intent to create an upload. */
export interface Intent {
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
 * Stores what planning came to. Others may write meanwhile (a clean-up of what went before): as long as the record is
 * still in the planning that is ours, the change is made again on what is there now.
 * @throws TakenOver after a cancel, or when another planner took over.
 * @throws PieceworkError `Conflict` after eight swaps that were lost.
 */
export async function storePlan<R extends TransferRecord>(
  { ports, loaded, planId }: PlanningWork,
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
      const { record, version } = there;
      if (!isPlannedBy(record, planId)) throw new TakenOver(record.id);
      current = { record, version };
    }
  }
}

const STORE_TRIES = 8;

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
