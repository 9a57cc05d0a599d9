import type { Destination, UploadRef } from '../../destinations/destination.ts';
import { KEYS } from '../../records/records.ts';
import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import type { AbortEntry } from '../../transfer/record/record.ts';
import { isOver, isSettled, tokenOf } from '../../transfer/record/record.ts';
import type { LeavingFinalizing, Over, Transfer } from '../../transfer/record/states.ts';
import { isLeaving } from '../../transfer/record/states.ts';
import { completed, ended, endingAborted } from '../../transfer/record/transitions.ts';
import { announced } from '../../transfer/record/transitions-runs.ts';
import { dropAborted, dropStagedObject, giveUpUpload, noteAbort } from '../../transfer/record/transitions-uploads.ts';
import { fromIso } from '../../values/time.ts';
import { foundResult } from '../shared/finished-result.ts';
import { leaveHost } from '../shared/hosts/change.ts';
import { ourObject } from '../shared/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { loadNarrowed, onConflictAgain, saveTransfer } from '../shared/store.ts';
import { stagingOf, uploadRef } from '../shared/upload-ref.ts';
import { orphanStep } from './orphans.ts';

/**
 * Cleans up what the record names, one stored step after the other, so that a crash anywhere goes on from there:
 * uploads to abort, the way out of `finalizing`, the end to announce, the sealed source, and last the marker (protocol §2, §3).
 * What has to wait (a grace, a hold) is sent to the finalizer as a delayed tick, unless a schedule comes by anyway.
 */
export async function settle(ports: Ports, transferId: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const next = await onConflictAgain(async () => {
      const loaded = await loadNarrowed(ports, transferId);
      return loaded === undefined ? 'done' : await settleStep(ports, loaded, signal);
    });
    if (next === 'done') return;
    if (next !== 'again') {
      if (ports.policy.isTicked === true) return;
      await ports.queues.finalizer.send([{ body: { kind: 'tick', v: 1, transferId }, delayMs: next.waitMs }]);
      return;
    }
  }
}

/** `again` after a stored step; a wait when only time helps; `done` when nothing is left. */
type Step = 'again' | 'done' | { readonly waitMs: number };

async function settleStep(ports: Ports, loaded: Loaded<Transfer>, signal: AbortSignal): Promise<Step> {
  const { record, version } = loaded;
  if (record.status === 'finalizing' && isLeaving(record))
    return await leaveFinalizing(ports, { record, version }, signal);
  if (isOver(record) && !record.announced) return await announce(ports, { record, version }, signal);
  if (isOver(record) && record.stagedObject === true)
    return await deleteStagedObject(ports, { record, version }, signal);
  return await cleanUp(ports, loaded, signal);
}

/** Uploads that nobody may use again, and last the marker. */
async function cleanUp(ports: Ports, loaded: Loaded<Transfer>, signal: AbortSignal): Promise<Step> {
  const { record } = loaded;
  // Only where something is left at it: a tombstone has no destination that this home would know (rule 16).
  const destination = () => ports.destinations(record.request.destination);
  const now = ports.clock.now();
  const waits: number[] = [];
  if (record.status === 'failed' && record.upload !== undefined) {
    const heldUntil = record.heldUntil === undefined ? now : fromIso(record.heldUntil);
    if (heldUntil <= now) {
      await saveTransfer(ports, loaded, giveUpUpload(record));
      return 'again';
    }
    waits.push(heldUntil - now);
  }
  for (const entry of record.toAbort) {
    const step = await abortStep(ports, loaded, entry, destination(), signal);
    if (step === 'again') return 'again';
    waits.push(step.waitMs);
  }
  for (const intent of record.creating) {
    const step = await orphanStep(ports, loaded, intent, destination(), signal);
    if (step === 'again') return 'again';
    waits.push(step.waitMs);
  }
  if (waits.length > 0) return { waitMs: Math.max(1, Math.min(...waits)) };
  if (!isSettled(record)) return 'done';
  await ports.secrets.discard(record.id, record.run);
  if (record.sealedRun !== undefined) await ports.secrets.discard(record.id, record.sealedRun);
  await ports.records.delete(KEYS.active(record.id, record.run));
  return 'done';
}

/** At least once; whoever listens knows it again by id, run and status (rule 17). */
async function announce(ports: Ports, loaded: Loaded<Over>, signal: AbortSignal): Promise<Step> {
  const { record } = loaded;
  if (record.status === 'completed') {
    // The upload became the object: nothing to abort. What was kept to recognise it may go now that the record says so.
    const destination = ports.destinations(record.request.destination);
    const finished = record.upload === undefined ? putRef(record) : uploadRef(destination, record, record.upload);
    await destination.releaseUpload?.(finished, { signal });
  }
  await leaveHost(ports, record);
  await ports.events.emit(endEvent(record));
  await saveTransfer(ports, loaded, announced(record));
  return 'again';
}

/** What a single put may have left is known by its token. */
function putRef(record: Pick<LeavingFinalizing, 'id' | 'planId' | 'request'>): UploadRef {
  return { target: record.request.destination, id: '', token: tokenOf(record.id, record.planId) };
}

function endEvent(record: Over): PieceworkEvent {
  const { id: transferId, run } = record;
  if (record.status === 'completed') return { type: 'completed', transferId, run, result: record.result };
  const { reason } = record;
  if (record.status === 'cancelled') return { type: 'cancelled', transferId, run, reason };
  return {
    type: 'failed',
    transferId,
    run,
    reason,
    ...(record.heldUntil === undefined ? {} : { heldUntil: record.heldUntil }),
  };
}

/** Abort, and look again after the grace: parts of dead workers may land even after the abort (rule 14). */
async function abortStep(
  ports: Ports,
  loaded: Loaded,
  entry: AbortEntry,
  destination: Destination,
  signal: AbortSignal,
): Promise<'again' | { readonly waitMs: number }> {
  const { record } = loaded;
  const now = ports.clock.now();
  const upload = uploadRef(destination, record, entry.upload);
  const lookAt = entry.abortedAt === undefined ? now : fromIso(entry.abortedAt) + ports.policy.graceMs;
  if (entry.abortedAt !== undefined && now < lookAt) return { waitMs: lookAt - now };
  const isGone = entry.abortedAt !== undefined && (await destination.listParts(upload, 0, { signal })) === 'gone';
  if (!isGone) await destination.abortUpload(upload, { signal });
  await saveTransfer(ports, loaded, isGone ? dropAborted(record, entry) : noteAbort(record, entry, now));
  return 'again';
}

/** Rule 12: abort → grace → the ledger says gone → a head says that it is not ours → the end that was wanted. */
async function leaveFinalizing(ports: Ports, loaded: Loaded<LeavingFinalizing>, signal: AbortSignal): Promise<Step> {
  const { record } = loaded;
  const { ending } = record;
  const destination = ports.destinations(record.request.destination);
  const now = ports.clock.now();
  const upload = record.upload === undefined ? undefined : uploadRef(destination, record, record.upload);
  if (ending.abortedAt === undefined) {
    await destination.abortUpload(upload ?? putRef(record), { signal });
    await saveTransfer(ports, loaded, endingAborted(record, now));
    return 'again';
  }
  const lookAt = fromIso(ending.abortedAt) + ports.policy.graceMs;
  if (now < lookAt) return { waitMs: lookAt - now };
  const isGone = upload === undefined || (await destination.listParts(upload, 0, { signal })) === 'gone';
  if (!isGone) {
    if (upload !== undefined) await destination.abortUpload(upload, { signal });
    await saveTransfer(ports, loaded, endingAborted(record, now));
    return 'again';
  }
  const ours = await ourObject(ports, record, signal);
  if (ours !== undefined) {
    await saveTransfer(ports, loaded, completed(record, foundResult(record, ours, destination), now));
    return 'again';
  }
  await saveTransfer(ports, loaded, ended(record, now));
  if (ending.to === 'restart') {
    await ports.events.emit({ type: 'restarted', transferId: record.id, reason: ending.reason });
    await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: record.id } }]);
  }
  return 'again';
}

async function deleteStagedObject(ports: Ports, loaded: Loaded<Over>, signal: AbortSignal): Promise<Step> {
  const { record } = loaded;
  const { destination } = record.request;
  const staging = stagingOf(ports.destinations(destination));
  await staging.delete(staging.locate(destination, record.id), { signal });
  await saveTransfer(ports, loaded, dropStagedObject(record));
  return 'again';
}
