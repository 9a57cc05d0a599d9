import { asPieceworkError, toErrorRecord } from '../../errors/error.ts';
import type { StreamTask } from '../../transfer/messages.ts';
import type { StreamPlan } from '../../transfer/plan/plan.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import type { BeingPlanned, Planning, Transfer, Transferring } from '../../transfer/record/states.ts';
import { isStream } from '../../transfer/record/states.ts';
import { beginPlanning, takenUp } from '../../transfer/record/transitions.ts';
import { dropIntent } from '../../transfer/record/transitions-uploads.ts';
import { advance } from '../advance/advance.ts';
import { continuedProbe } from '../shared/bodies/continued-probe.ts';
import { objectSpec, wantedDigests } from '../shared/object/object-spec.ts';
import { endWarning } from '../shared/object/proved-end.ts';
import type { Ports } from '../shared/ports.ts';
import { unsealSource } from '../shared/source-needed.ts';
import type { Loaded } from '../shared/store.ts';
import { loadTransfer, updateTransfer } from '../shared/store.ts';
import { isLostSwap, TakenOver } from '../shared/taken-over.ts';
import { isAlreadyThere } from './already-there.ts';
import { choosePlanFor } from './choose-plan.ts';
import { handOver, isForStreams, sendStream } from './hand-over.ts';
import { measurePace, slowWarnings } from './pace/measure-pace.ts';
import type { Intent, PlanningWork } from './planning-work.ts';
import { isPlannedBy, isUntouched, withIntent } from './planning-work.ts';
import { checkProbe, ladderWarning, probeSource, withWarning } from './probe-source.ts';
import { putSingle } from './put-single.ts';
import { runStream } from './run-stream.ts';
import { startPieces } from './start-pieces.ts';

/**
 * Probe → plan → upload → first pieces (protocol §2). Run again it continues what is recorded: at most one upload is
 * ever in the record. Failures go through the finalizer's decision like any other; throws only when the signal was
 * aborted or the store failed.
 * @param stream the message of the streams queue by which this worker brings a stream. @default it plans; a stream is
 * handed over where there is such a queue
 */
export async function planTransfer(
  ports: Ports,
  transferId: string,
  signal: AbortSignal,
  stream?: StreamTask,
): Promise<void> {
  const planId = ports.ids.ulid();
  const streams = stream === undefined ? ports.queues.streams : undefined;
  const isOurs = (record: Transfer) =>
    stream === undefined ? streams === undefined || !isForStreams(record) : record.planId === stream.planId;
  const begun = await begin(ports, transferId, planId, isOurs);
  if (begun === undefined || isOver(begun.record) || begun.record.status === 'finalizing') return;
  if (streams !== undefined && begun.record.planId !== planId && isForStreams(begun.record))
    return await sendStream(streams, begun.record);
  const { record, version }: Loaded<TransferRecord> = begun;
  if (!isPlannedBy(record, planId)) return await advance(ports, transferId, [{ kind: 'tick' }], signal);
  const intent: Intent = { isRecorded: !begun.isFirst, mayHaveUpload: false };
  try {
    await plan(ports, { record, version }, intent, streams, signal);
  } catch (thrown) {
    // The intent is all that tells of an upload whose Create or recording is unsure: `settle` looks for it (protocol
    // §6). Where nothing was created it goes first: a worker that is stopped at its failure would leave it behind, and
    // the marker with it.
    if (!intent.mayHaveUpload) await forgetIntent(ports, transferId, planId);
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    if (error instanceof TakenOver) return;
    if (!intent.isRecorded) await takeUp(ports, record);
    const there = (await loadTransfer(ports, transferId))?.record ?? record;
    // The plan was stored after all, and its pieces were not sent: a failure of this worker, and none of planning.
    if (isStarted(there, planId)) throw error;
    if (!isLostSwap(error))
      return await advance(ports, transferId, [{ kind: 'unplanned', planId, error: toErrorRecord(error) }], signal);
    // Once the plan is stored, the tick goes on with it.
    if (isPlannedBy(there, planId)) throw error;
  }
}

/** `isFirst`: it is the first look of a run, and nothing was stored: what it comes to is stored with one swap. */
async function begin(
  ports: Ports,
  transferId: string,
  planId: string,
  isOurs: (record: Transfer) => boolean,
): Promise<(Loaded<Transfer> & { readonly isFirst: boolean }) | undefined> {
  const begun = await updateTransfer(ports, transferId, (record) =>
    mayPlan(record) && isOurs(record) ? beginPlanning(record, planId, ports.clock.now()) : undefined,
  );
  if (begun?.record.status === 'accepted' && isOurs(begun.record))
    return { record: takenUp(begun.record, planId), version: begun.version, isFirst: true };
  return begun === undefined ? undefined : { ...begun, isFirst: false };
}

function isStarted({ planId, status, plan }: TransferRecord, by: string): boolean {
  return planId === by && status === 'transferring' && plan?.mode === 'pieces';
}

async function forgetIntent(ports: Ports, transferId: string, planId: string): Promise<void> {
  await updateTransfer(ports, transferId, (record) =>
    record.creating.some((intent) => intent.planId === planId) ? dropIntent(record, planId) : undefined,
  );
}

/** A failure counts only where the record names its planning, and so once (rule 4): two may look at the same time. */
async function takeUp(ports: Ports, { id, run, planId }: BeingPlanned): Promise<void> {
  await updateTransfer(ports, id, (record) => (isUntouched(record, run) ? takenUp(record, planId) : undefined));
}

function mayPlan(record: Transfer): record is Planning | Transferring<StreamPlan> {
  // A stream is taken over by each delivery, with a plan and an upload of its own (protocol §5).
  return record.status === 'planning' || (record.status === 'transferring' && isStream(record));
}

async function plan(
  ports: Ports,
  loaded: Loaded<BeingPlanned>,
  intent: Intent,
  streams: Ports['queues']['streams'],
  signal: AbortSignal,
): Promise<void> {
  const { record } = loaded;
  const { request, planId } = record;
  const locator = await unsealSource(ports, record);
  const destination = ports.destinations(request.destination);
  const found = await probeSource(ports, record, locator, signal);
  await using probe = continuedProbe(ports, record, locator, found, found.snapshot.ranges, signal);
  checkProbe(record, probe);
  const { snapshot } = probe;
  const pair = { source: ports.sources(locator.url), from: locator, destination, to: request.destination, snapshot };
  const pace = () => measurePace(ports, record, probe, signal);
  const choice = await choosePlanFor(record, pair, ports, pace, signal);
  const { plan: chosen, warning } = choice;
  const digests = wantedDigests(request, snapshot, chosen);
  const reasons = [warning, ladderWarning(record), endWarning(request, snapshot)];
  const warnings = [...reasons, ...slowWarnings(ports, record, choice)];
  const seen = warnings.reduce(withWarning, probe);
  const work: PlanningWork = { ports, loaded, planId, intent, destination, probe: seen, digests, signal };
  await destination.check(objectSpec(record, planId, snapshot, chosen, request.destination), { signal });
  if (await isAlreadyThere(work)) return;
  switch (chosen.mode) {
    case 'single':
      return await putSingle(work, chosen);
    case 'stream':
      return streams === undefined ? await runStream(await withIntent(work), chosen) : await handOver(work, streams);
    case 'pieces':
      return await startPieces(await withIntent(work), chosen);
  }
}
