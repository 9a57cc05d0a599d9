import type { TransferEnd } from '../../events/events.ts';
import { KEYS } from '../../records/records.ts';
import { isSettled, isTombstone } from '../../transfer/record/record.ts';
import type { Over } from '../../transfer/record/states.ts';
import { announced } from '../../transfer/record/transitions-runs.ts';
import { toIso } from '../../values/time.ts';
import { giveBackPlaces } from '../shared/hosts/change.ts';
import type { Ports } from '../shared/ports.ts';
import { closeOpen } from '../shared/quotas/open.ts';
import type { Loaded } from '../shared/store.ts';
import { createUnlessThere, saveTransfer } from '../shared/store.ts';
import { putRef, uploadRef } from '../shared/upload-ref.ts';
import { withUsedSoFar } from '../shared/used-so-far.ts';
import type { Stepped } from './step.ts';

/** At least once; a subscriber knows it again by id, run and status (rule 17). */
export async function announce(ports: Ports, loaded: Loaded<Over>, signal: AbortSignal): Promise<Stepped> {
  const { record } = loaded;
  if (record.status === 'completed') {
    // The upload became the object: nothing to abort. What was kept to recognise it may go now that the record says so.
    const destination = ports.destinations(record.request.destination);
    const finished = record.upload === undefined ? putRef(record) : uploadRef(destination, record, record.upload);
    await destination.releaseUpload?.(finished, { signal });
  }
  // What was put at once never had any.
  if (record.plan?.mode !== 'single') await giveBackPlaces(ports, record, 'left', signal);
  const used = withUsedSoFar(ports, record);
  const end = saidEnd(used);
  // Before the event: what can't be sent is announced again as a whole, and an event is counted. Of an entry its batch
  // tells.
  if (record.batch === undefined && !isTombstone(record)) await ports.notifications?.send(end, record);
  await ports.events.emit(end);
  await sendToBatch(ports, record);
  if (ports.policy.listsNotCompleted === true && record.status !== 'completed')
    await createUnlessThere(ports, KEYS.notCompleted(record.id), { v: 1, at: toIso(ports.clock.now()) });
  const spent = await closeAccount(ports, used);
  const said = { ...announced(record), ...spent };
  // Then the marker goes at once, which says the same without a write.
  if (ports.policy.endsByMarker === true && isWhole(record, said))
    return { next: { record: said, version: loaded.version } };
  return { next: await saveTransfer(ports, loaded, said) };
}

/** It is completed for good, and nothing is left of it but its marker. */
function isWhole({ status, upload }: Over, said: Over): boolean {
  return status === 'completed' && upload === undefined && isSettled(said);
}

/** What passed through in this run counts, or what the store copied by itself. Of an entry its batch does that. */
async function closeAccount(ports: Ports, record: Over): Promise<Pick<Over, 'spentBytes'>> {
  const { id, run, owner, used, spentBytes = 0 } = record;
  if (ports.policy.quotas === undefined || record.batch !== undefined || isTombstone(record)) return {};
  const passed = Math.ceil(used?.bytes ?? 0);
  const size = record.status === 'completed' && record.result.unchanged !== true ? record.result.sizeBytes : 0;
  await closeOpen(ports, owner, { id, run }, Math.max(passed - spentBytes, size));
  return passed === 0 ? {} : { spentBytes: passed };
}

/** Where it is lost, the tick of the batch finds it. */
async function sendToBatch({ fleet }: Ports, { id: transferId, batch }: Over): Promise<void> {
  if (batch?.shard === undefined) return;
  const { id: batchId, shard, entry } = batch;
  await fleet?.queues.finalizer.send([{ body: { kind: 'large-ended', v: 1, batchId, shard, entry, transferId } }]);
}

/** With what it has used so far, where that is counted. */
function saidEnd(record: Over): TransferEnd {
  const event = endEvent(record);
  return record.used === undefined ? event : { ...event, used: record.used };
}

function endEvent(record: Over): TransferEnd {
  const { id: transferId, run } = record;
  if (record.status === 'completed') return { type: 'completed', transferId, run, result: record.result };
  const { reason, actedBy } = record;
  if (record.status === 'cancelled')
    return { type: 'cancelled', transferId, run, reason, ...(actedBy === undefined ? {} : { actedBy }) };
  return {
    type: 'failed',
    transferId,
    run,
    reason,
    ...(record.heldUntil === undefined ? {} : { heldUntil: record.heldUntil }),
  };
}
