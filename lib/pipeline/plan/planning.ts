import type { Destination, UploadRef } from '../../destinations/destination.ts';
import { PieceworkError } from '../../errors/error.ts';
import type { Probe } from '../../sources/source.ts';
import type { Digests } from '../../transfer/digests.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import type { TransferRecord, UploadEntry } from '../../transfer/record/record.ts';
import { tokenOf } from '../../transfer/record/record.ts';
import { objectSpec } from '../shared/object-spec.ts';
import type { Ports } from '../shared/ports.ts';
import { isRefusal } from '../shared/refusal.ts';
import type { Loaded } from '../shared/store.ts';
import { loadTransfer, saveTransfer } from '../shared/store.ts';
import { uploadRef } from '../shared/upload-ref.ts';

/** What has become of the recorded intent to create an upload. */
export interface Intent {
  /** There may be an upload that the record does not name. */
  mayHaveUpload: boolean;
}

/** What the steps of one planning share. */
export interface Planning {
  readonly ports: Ports;
  readonly loaded: Loaded;
  readonly planId: string;
  readonly intent: Intent;
  readonly destination: Destination;
  readonly probe: Probe;
  readonly digests: Digests;
  readonly signal: AbortSignal;
}

export async function createUpload(
  { loaded, planId, intent, destination, probe, signal }: Planning,
  divided: Plan,
  staged: boolean,
): Promise<UploadEntry> {
  intent.mayHaveUpload = true;
  let ref: UploadRef;
  try {
    ref = await destination.createUpload(objectSpec(loaded.record, planId, probe.snapshot, divided, staged), {
      signal,
    });
  } catch (error) {
    intent.mayHaveUpload = !isRefusal(error);
    throw error;
  }
  return { id: ref.id, token: tokenOf(loaded.record.id, planId), ...(staged ? { staged } : {}) };
}

/**
 * Stores what planning came to. Others may write meanwhile (a clean-up of what went before): as long as the record is still in the
 * planning that is ours, the change is made again on what is there now.
 * @throws PieceworkError `Conflict` when somebody cancelled, or another planner took over.
 */
export async function storePlan(
  { ports, loaded, planId }: Planning,
  change: (record: TransferRecord) => TransferRecord,
): Promise<Loaded> {
  let current = loaded;
  for (let tries = 1; ; tries += 1) {
    try {
      return await saveTransfer(ports, current, change(current.record));
    } catch (error) {
      if (!(error instanceof PieceworkError) || error.code !== 'Conflict') throw error;
      const there = await loadTransfer(ports, loaded.record.id);
      if (there === undefined || !isPlannedBy(there.record, planId) || tries >= STORE_TRIES) throw error;
      current = there;
    }
  }
}

const STORE_TRIES = 8;

export function isPlannedBy(record: TransferRecord, planId: string): boolean {
  return record.status === 'planning' && record.planId === planId;
}

/** Stores a record that names a new upload. When the swap is lost the upload is ours alone, unless the record names it after all. */
export async function saveOrAbort(
  planning: Planning,
  change: (record: TransferRecord) => TransferRecord,
  upload: UploadEntry,
  isNew: boolean,
): Promise<Loaded> {
  const { ports, loaded, intent, destination, signal } = planning;
  try {
    const stored = await storePlan(planning, change);
    intent.mayHaveUpload = false;
    return stored;
  } catch (error) {
    if (!isNew || !(error instanceof PieceworkError) || error.code !== 'Conflict') throw error;
    const there = await loadTransfer(ports, loaded.record.id);
    if (there?.record.upload?.id !== upload.id)
      await destination.abortUpload(uploadRef(loaded.record, upload), { signal });
    intent.mayHaveUpload = false;
    throw error;
  }
}
