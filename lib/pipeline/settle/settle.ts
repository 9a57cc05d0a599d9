import { KEYS } from '../../records/records.ts';
import { narrow } from '../../transfer/record/narrow.ts';
import { isOver, isSettled } from '../../transfer/record/record.ts';
import type { Transfer } from '../../transfer/record/states.ts';
import { isLeaving } from '../../transfer/record/states.ts';
import { giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import { fromIso } from '../../values/time.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { loadNarrowed, onConflictAgain, saveTransfer } from '../shared/store.ts';
import { abortStep } from './abort-step.ts';
import { announce } from './announce.ts';
import { leaveFinalizing } from './leave-finalizing.ts';
import { orphanStep } from './orphans.ts';
import { deleteStagedObject } from './staged-object.ts';
import type { Step } from './step.ts';

/**
 * Cleans up what the record names, one stored step after the other, so that a crash anywhere goes on from there:
 * uploads to abort, the way out of `finalizing`, the end to announce, the sealed source, and last the marker (protocol
 * §2, §3).
 * What has to wait (a grace, a hold) is sent to the finalizer as a delayed tick, unless a schedule comes by anyway.
 * @param read the record, where the caller has just read or stored it
 */
export async function settle(ports: Ports, transferId: string, signal: AbortSignal, read?: Loaded): Promise<void> {
  let known = read === undefined ? undefined : { record: narrow(read.record), version: read.version };
  for (;;) {
    const next = await onConflictAgain(async () => {
      const loaded = known ?? (await loadNarrowed(ports, transferId));
      known = undefined;
      return loaded === undefined ? 'done' : await settleStep(ports, loaded, signal);
    });
    if (next === 'done') return;
    if (next === 'again') continue;
    if ('next' in next) known = next.next;
    else {
      if (ports.policy.isTicked === true) return;
      await ports.queues.finalizer.send([{ body: { kind: 'tick', v: 1, transferId }, delayMs: next.waitMs }]);
      return;
    }
  }
}

async function settleStep(ports: Ports, loaded: Loaded<Transfer>, signal: AbortSignal): Promise<Step> {
  const { record, version } = loaded;
  if (record.status === 'finalizing' && isLeaving(record))
    return await leaveFinalizing(ports, { record, version }, signal);
  if (isOver(record) && !record.announced) return await announce(ports, { record, version }, signal);
  if (isOver(record) && record.stagedObject === true)
    return await deleteStagedObject(ports, { record, version }, signal);
  return await cleanUp(ports, loaded, signal);
}

/** Uploads that must not be used again, and last the marker. */
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
