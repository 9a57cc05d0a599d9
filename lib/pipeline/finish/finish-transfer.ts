import type { Destination } from '../../destinations/destination.ts';
import { writeCondition } from '../../destinations/destination.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import type { Input } from '../../transfer/decide/decision.ts';
import type { TransferResult } from '../../transfer/record/record.ts';
import type { Finalizing, FinalizingPut, FinalizingUpload } from '../../transfer/record/states.ts';
import { isLeaving, isPut } from '../../transfer/record/states.ts';
import { advance } from '../advance/advance.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { finishedResult, foundResult } from '../shared/object/finished-result.ts';
import { objectSpec, wantedDigests } from '../shared/object/object-spec.ts';
import { ourObjectOfEarlier } from '../shared/object/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import { saysNo } from '../shared/refusal.ts';
import { loadNarrowed } from '../shared/store.ts';
import { isLostSwap, TakenOver } from '../shared/taken-over.ts';
import { uploadTarget } from '../shared/upload-ref.ts';
import { completeProved } from './complete.ts';
import type { FinishingWork } from './finishing-work.ts';
import { promoteStaged } from './staged.ts';

/**
 * Proves that the ledger is the plan, byte for byte as far as checksums go, and makes the object visible. Repeatable: a
 * second run finds its own finished object (rule 11). The record says `finalizing` before anything here happens
 * (rule 10).
 */
export async function finishTransfer(ports: Ports, transferId: string, signal: AbortSignal): Promise<void> {
  const record = (await loadNarrowed(ports, transferId))?.record;
  if (record?.status !== 'finalizing' || isLeaving(record)) return;
  const { planId } = record;
  let input: Input;
  try {
    input = { kind: 'finished', planId, result: await finish(ports, record, signal) };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    // A swap that was lost, or taken over: the message comes again, and finds what is there then.
    if (isLostSwap(error) || error instanceof TakenOver) throw error;
    input = { kind: 'unfinished', planId, error: toErrorRecord(error) };
  }
  await advance(ports, transferId, [input], signal);
}

async function finish(ports: Ports, record: Finalizing, signal: AbortSignal): Promise<TransferResult> {
  const destination = ports.destinations(record.request.destination);
  if (isPut(record)) return await findSinglePut(ports, record, destination, signal);
  const work: FinishingWork = { ports, record, destination, signal };
  const parts = await listAllParts(ports, record, record.upload, 0, signal);
  return parts === 'gone' ? await afterUploadGone(work) : await completeProved(work, parts);
}

/** The upload is gone while `finalizing`: an earlier run of this very function may have completed it. */
async function afterUploadGone(work: FinishingWork): Promise<TransferResult> {
  const { ports, record, destination, signal } = work;
  const { request, snapshot, plan, upload } = record;
  const ours = await ourObjectOfEarlier(ports, record, 'the upload is no longer there', signal);
  if (ours !== undefined) return foundResult(record, ours, destination);
  if (upload.staged !== true) throw uploadLost(record);
  const staged = await destination.head(uploadTarget(destination, record, upload), { signal }).catch((error) => {
    // Nothing of it is at its key, and it can't be brought there.
    if (saysNo(error)) return undefined;
    throw error;
  });
  if (staged?.token !== upload.token) throw uploadLost(record);
  const object = objectSpec(record, record.planId, snapshot, plan, request.destination);
  const rest = { sizeBytes: staged.sizeBytes, object, condition: writeCondition(request.options.ifExists) };
  const { stored, proved } = await promoteStaged(work, rest, wantedDigests(request, snapshot, plan));
  return finishedResult(record, stored, undefined, proved);
}

async function findSinglePut(
  ports: Ports,
  record: FinalizingPut,
  destination: Destination,
  signal: AbortSignal,
): Promise<TransferResult> {
  const ours = await ourObjectOfEarlier(ports, record, 'the put was cut off before it was answered', signal);
  if (ours !== undefined) return foundResult(record, ours, destination);
  throw new PieceworkError('PutLost', 'the put was cut off before it was answered, and its object is not there');
}

function uploadLost(record: FinalizingUpload): PieceworkError {
  return new PieceworkError(
    'UploadLost',
    `the upload of ${record.request.source.url} vanished at the destination before it was completed (aborted by another program, or by a lifecycle rule that is too short); start the transfer again`,
  );
}
