import type { LeavingFinalizing } from '../../transfer/record/states.ts';
import { isPut } from '../../transfer/record/states.ts';
import { completed, ended, endingAborted } from '../../transfer/record/transitions.ts';
import { fromIso } from '../../values/time.ts';
import { foundResult } from '../shared/finished-result.ts';
import { ourObject } from '../shared/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';
import { putRef, uploadRef } from '../shared/upload-ref.ts';
import type { Wait } from './step.ts';

/** Rule 12: abort → grace → the ledger says gone → a head says that it is not ours → the end that was wanted. */
export async function leaveFinalizing(
  ports: Ports,
  loaded: Loaded<LeavingFinalizing>,
  signal: AbortSignal,
): Promise<'again' | Wait> {
  const { record } = loaded;
  const { ending } = record;
  const destination = ports.destinations(record.request.destination);
  const now = ports.clock.now();
  const upload = isPut(record) ? undefined : uploadRef(destination, record, record.upload);
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
