import type { Destination, UploadRef } from '../../destinations/destination.ts';
import { PieceworkError, toErrorRecord } from '../../errors/error.ts';
import type { LeavingFinalizing } from '../../transfer/record/states.ts';
import type { UploadEnd } from '../../transfer/record/transitions.ts';
import {
  completed,
  ended,
  endedUnknown,
  endingAborted,
  endingAbortedAgain,
  proofHindered,
} from '../../transfer/record/transitions.ts';
import { fromIso } from '../../values/time.ts';
import { foundResult } from '../shared/object/finished-result.ts';
import { ourObject, outcomeUnknown } from '../shared/object/our-object.ts';
import type { Ports } from '../shared/ports.ts';
import { saysNo } from '../shared/refusal.ts';
import type { Loaded } from '../shared/store.ts';
import { saveTransfer } from '../shared/store.ts';
import { putRef, uploadRef } from '../shared/upload-ref.ts';
import type { Wait } from './step.ts';

/**
 * Rule 12: abort → grace → the ledger says gone → a head says that it is not ours → the end that was wanted. A
 * destination that refuses one of them keeps no transfer here for ever: an upload that can't be aborted, that is listed
 * however often it is, or whose ledger can't be read, is left to the clean-up, since it is not completed any more; and
 * where no look is possible, the transfer ends with `OutcomeUnknown` (ADR 17).
 */
export async function leaveFinalizing(
  ports: Ports,
  loaded: Loaded<LeavingFinalizing>,
  signal: AbortSignal,
): Promise<'again' | Wait> {
  const { record } = loaded;
  const { abortedAt } = record.ending;
  const destination = ports.destinations(record.request.destination);
  const now = ports.clock.now();
  const upload = record.upload === undefined ? undefined : uploadRef(destination, record, record.upload);
  if (abortedAt === undefined) {
    const aborted = await tried(signal, () => destination.abortUpload(upload ?? putRef(record), { signal }));
    if ('error' in aborted && !isFinal(ports, record, aborted.error)) {
      return await hindered(ports, loaded, aborted.error);
    }
    await saveTransfer(ports, loaded, endingAborted(record, now));
    return 'again';
  }
  const lookAt = fromIso(abortedAt) + ports.policy.graceMs;
  if (now < lookAt) return { waitMs: lookAt - now };
  const state = upload === undefined ? 'gone' : await stateOf(ports, record, destination, upload, signal);
  if (state instanceof PieceworkError) return await hindered(ports, loaded, state);
  if (state !== 'aborted') return await endIt(ports, loaded, state, signal);
  // A destination may list for ever what is gone.
  if (now >= unprovedSince(ports, record) + ports.policy.proofPatienceMs)
    return await endIt(ports, loaded, 'left', signal);
  await saveTransfer(ports, loaded, endingAbortedAgain(record, now));
  return 'again';
}

/**
 * `aborted` = it stood, and was aborted once more; `left` = for all we know it stands, and nothing can be done.
 */
async function stateOf(
  ports: Ports,
  record: LeavingFinalizing,
  destination: Destination,
  upload: UploadRef,
  signal: AbortSignal,
): Promise<'gone' | 'aborted' | 'left' | PieceworkError> {
  const listed = await tried(signal, () => destination.listParts(upload, 0, { signal }));
  if ('value' in listed && listed.value === 'gone') return 'gone';
  const aborted = 'error' in listed ? listed : await tried(signal, () => destination.abortUpload(upload, { signal }));
  if ('value' in aborted) return 'aborted';
  return isFinal(ports, record, aborted.error) ? 'left' : aborted.error;
}

/** Nothing of ours is on its way any more: what a head says now holds. */
async function endIt(
  ports: Ports,
  loaded: Loaded<LeavingFinalizing>,
  upload: UploadEnd,
  signal: AbortSignal,
): Promise<'again' | Wait> {
  const { record } = loaded;
  const { to, reason, isRefused } = record.ending;
  const now = ports.clock.now();
  const look = await tried(signal, () => ourObject(ports, record, signal));
  if ('error' in look && !(isRefused === true && isFinal(ports, record, look.error))) {
    if (!isPastProof(ports, record, look.error)) return await hindered(ports, loaded, look.error);
    const unknown =
      reason.code === 'OutcomeUnknown'
        ? reason
        : toErrorRecord(outcomeUnknown(ports, record, reason.message, look.error));
    await saveTransfer(ports, loaded, endedUnknown(record, unknown, now, upload));
    return 'again';
  }
  if ('value' in look && look.value !== undefined) {
    const destination = ports.destinations(record.request.destination);
    await saveTransfer(ports, loaded, completed(record, foundResult(record, look.value, destination), now));
    return 'again';
  }
  await saveTransfer(ports, loaded, ended(record, now, upload));
  if (to === 'restart') {
    await ports.events.emit({ type: 'restarted', transferId: record.id, reason });
    await ports.queues.planner.send([{ body: { kind: 'plan', v: 1, transferId: record.id } }]);
  }
  return 'again';
}

/** What a step that failed leaves: the time since when, and a wait until it is tried again. */
async function hindered(
  ports: Ports,
  loaded: Loaded<LeavingFinalizing>,
  error: PieceworkError,
): Promise<'again' | Wait> {
  const { record } = loaded;
  const now = ports.clock.now();
  if (record.ending.unprovedSince === undefined) await saveTransfer(ports, loaded, proofHindered(record, now));
  if (ports.policy.isTicked === true) throw error;
  return { waitMs: Math.max(1, Math.min(ASK_AGAIN_MS, proofEndsAt(ports, record, error) - now)) };
}

/** The destination refuses it, or has not been able to do it for too long. */
function isFinal(ports: Ports, record: LeavingFinalizing, error: PieceworkError): boolean {
  return saysNo(error) || isPastProof(ports, record, error);
}

function isPastProof(ports: Ports, record: LeavingFinalizing, error: PieceworkError): boolean {
  return ports.clock.now() >= proofEndsAt(ports, record, error);
}

const ASK_AGAIN_MS = 10_000;
/** A refusal is an answer; one that was only for a moment is another one by then. */
const REFUSAL_PATIENCE_MS = 60_000;

function proofEndsAt(ports: Ports, record: LeavingFinalizing, error: PieceworkError): number {
  const since = unprovedSince(ports, record);
  return saysNo(error)
    ? Math.min(fromIso(record.deadlineAt), since + REFUSAL_PATIENCE_MS)
    : since + ports.policy.proofPatienceMs;
}

function unprovedSince({ clock }: Ports, { ending }: LeavingFinalizing): number {
  return ending.unprovedSince === undefined ? clock.now() : fromIso(ending.unprovedSince);
}

async function tried<T>(
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: PieceworkError }> {
  try {
    return { value: await call() };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PieceworkError)) throw error;
    return { error };
  }
}
