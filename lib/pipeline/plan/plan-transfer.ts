import type { Destination } from '../../destinations/destination.ts';
import { asPieceworkError, PieceworkError, toErrorRecord } from '../../errors/error.ts';
import type { Probe } from '../../sources/source.ts';
import { decideByLedger } from '../../transfer/decide/decide-pieces.ts';
import type { Outcome } from '../../transfer/decide/decision.ts';
import type { Digests } from '../../transfer/digests.ts';
import { sequentialDigests } from '../../transfer/digests.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import { isPageInstead } from '../../transfer/page-instead.ts';
import type { LedgerView } from '../../transfer/plan/ledger.ts';
import { viewLedger } from '../../transfer/plan/ledger.ts';
import type { PiecesPlan, Plan, StreamPlan } from '../../transfer/plan/plan.ts';
import { samePlan } from '../../transfer/plan/plan.ts';
import type { TransferRecord, UploadEntry } from '../../transfer/record/record.ts';
import { isOver, sealedRunOf } from '../../transfer/record/record.ts';
import type { Accepted, BeingPlanned, Planning, Transfer, Transferring } from '../../transfer/record/states.ts';
import { isStream } from '../../transfer/record/states.ts';
import { adoptPlan, beginPlanning, completed } from '../../transfer/record/transitions.ts';
import { dropIntent, giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import { sameVersion } from '../../values/validator.ts';
import { advance } from '../advance/advance.ts';
import { carryOut } from '../advance/carry-out.ts';
import { joinHost } from '../shared/hosts/change.ts';
import { lookBeforeJoining } from '../shared/hosts/look.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { markActive } from '../shared/markers.ts';
import { checkExpectations, needsStaging, objectSpec, pageInstead, wantedDigests } from '../shared/object-spec.ts';
import type { Ports } from '../shared/ports.ts';
import { sourceNeeded } from '../shared/source-needed.ts';
import type { Loaded } from '../shared/store.ts';
import { loadTransfer, updateTransfer } from '../shared/store.ts';
import { divide } from './divide.ts';
import type { Intent, PlanningWork } from './planning.ts';
import { createUpload, isPlannedBy, saveOrAbort, storePlan } from './planning.ts';
import { putSingle } from './put-single.ts';
import { runStream } from './run-stream.ts';

/**
 * Probe → plan → upload → first pieces (protocol §2). Run again it continues what is recorded: at most one upload is ever in the record.
 * Failures go through the finalizer's decision like any other; throws only when the signal was aborted or the store failed.
 */
export async function planTransfer(ports: Ports, transferId: string, signal: AbortSignal): Promise<void> {
  const planId = ports.ids.ulid();
  const begun = await updateTransfer(ports, transferId, (record) =>
    mayPlan(record) ? beginPlanning(record, planId, ports.clock.now()) : undefined,
  );
  if (begun === undefined || isOver(begun.record) || begun.record.status === 'finalizing') return;
  const { record, version }: Loaded<TransferRecord> = begun;
  if (!isPlannedBy(record, planId)) return await advance(ports, transferId, [{ kind: 'tick' }], signal);
  await markActive(ports, transferId, record.run);
  const intent: Intent = { mayHaveUpload: false };
  try {
    await plan(ports, { record, version }, intent, signal);
  } catch (thrown) {
    // The intent is all that tells of an upload whose Create or recording is unsure: `settle` looks for it (protocol §6). Where nothing
    // was created it goes first: a worker that is stopped at its failure would leave it behind, and the marker with it.
    if (!intent.mayHaveUpload) await forgetIntent(ports, transferId, planId);
    signal.throwIfAborted();
    const error = asPieceworkError(thrown);
    // Somebody cancelled, or another planner took over: the record goes on without this plan.
    if (error.code === 'Conflict' && isPlannedBy((await loadTransfer(ports, transferId))?.record ?? record, planId))
      throw error;
    if (error.code !== 'Conflict')
      await advance(ports, transferId, [{ kind: 'unplanned', planId, error: toErrorRecord(error) }], signal);
  }
}

async function forgetIntent(ports: Ports, transferId: string, planId: string): Promise<void> {
  await updateTransfer(ports, transferId, (record) =>
    record.creating.some((intent) => intent.planId === planId) ? dropIntent(record, planId) : undefined,
  );
}

function mayPlan(record: Transfer): record is Accepted | Planning | Transferring<StreamPlan> {
  // A stream is taken over by each delivery, with a plan and an upload of its own (protocol §5).
  return (
    record.status === 'accepted' ||
    record.status === 'planning' ||
    (record.status === 'transferring' && isStream(record))
  );
}

async function plan(ports: Ports, loaded: Loaded<BeingPlanned>, intent: Intent, signal: AbortSignal): Promise<void> {
  const { record } = loaded;
  const { request, planId } = record;
  const locator = await ports.secrets.unseal(record.id, sealedRunOf(record));
  if (locator === undefined) throw sourceNeeded(record);
  const destination = ports.destinations(request.destination);
  await using probe = await probeSource(ports, record, locator, signal);
  const { snapshot } = probe;
  checkExpectations(request, snapshot);
  const typeBefore = record.snapshot?.contentType ?? record.typeBefore;
  if (isPageInstead(typeBefore, snapshot.contentType))
    throw pageInstead(probe.finalUrl, typeBefore, snapshot.contentType);
  const { copyRefused, withoutRanges } = record;
  const inOrder = mustBeInOrder(wantedDigests(request, snapshot), request.options.expect.digests, destination);
  const ranges = snapshot.ranges && withoutRanges !== true && !inOrder;
  const pair = { source: ports.sources(locator.url), from: locator, destination, to: request.destination, snapshot };
  const policy = { ...ports.policy.plan, singleMaxBytes: singleMaxBytes(ports) };
  const known = copyRefused === undefined ? { ranges } : { ranges, copyRefused };
  const { plan: divided, warning } = await divide(pair, request.options, policy, known, signal);
  const digests = wantedDigests(request, snapshot, divided);
  const told = warning === undefined ? probe : withWarning(probe, warning);
  const planning: PlanningWork = { ports, loaded, planId, intent, destination, probe: told, digests, signal };
  await destination.check(objectSpec(record, planId, snapshot, divided, request.destination), { signal });
  if (await isAlreadyThere(planning)) return;
  switch (divided.mode) {
    case 'single':
      return await putSingle(planning, divided);
    case 'stream':
      return await runStream(planning, divided);
    case 'pieces':
      return await startPieces(planning, divided);
  }
}

/** The same probe; disposing of it is still up to whoever made it. */
function withWarning(probe: Probe, warning: string): Probe {
  return { ...probe, snapshot: { ...probe.snapshot, warnings: [...probe.snapshot.warnings, warning] } };
}

/** A single put waits in one window until its bytes are proved. */
function singleMaxBytes(ports: Ports): number {
  return Math.min(ports.policy.plan.singleMaxBytes, ports.windows.windowBytes);
}

/** Where nothing can be read back, a digest the caller asked for is proved on the way, in order, on one connection. */
function mustBeInOrder(wanted: Digests, given: Digests, destination: Destination): boolean {
  return (
    destination.proof.kind === 'none' && sequentialDigests(wanted).some((algorithm) => given[algorithm] !== undefined)
  );
}

async function probeSource(
  ports: Ports,
  record: TransferRecord,
  locator: SourceLocator,
  signal: AbortSignal,
): Promise<Probe> {
  const firstBytes = record.withoutRanges === true ? 'all' : Math.max(1, singleMaxBytes(ports));
  return await ports.sources(locator.url).probe(locator, firstBytes, { signal });
}

/** The overwrite policy, before any byte moves; `fail` is held again, atomically, at completion. */
async function isAlreadyThere(planning: PlanningWork): Promise<boolean> {
  const { ports, loaded, planId, destination, probe, signal } = planning;
  const { request } = loaded.record;
  if (request.options.ifExists === 'replace') return false;
  const there = await destination.head(request.destination, { signal });
  if (there === undefined) return false;
  if (request.options.ifExists === 'fail') throw destinationExists(destination.describe(request.destination));
  const { snapshot } = probe;
  const isSameSize = there.sizeBytes === snapshot.sizeBytes;
  const isSameVersion =
    there.validator === undefined
      ? there.modifiedAt !== undefined && there.modifiedAt === snapshot.modifiedAt
      : snapshot.validator.kind !== 'none' && sameVersion(there.validator, snapshot.validator);
  if (!isSameSize || !isSameVersion) return false;
  const result = {
    sizeBytes: there.sizeBytes,
    version: 'validator',
    digests: {},
    unchanged: true,
    ...(there.etag === undefined ? {} : { etag: there.etag }),
  } as const;
  const stored = await storePlan(planning, (record) =>
    completed(dropIntent(giveUpUpload({ ...record, snapshot }), planId), result, ports.clock.now()),
  );
  await carryOut(ports, stored, [{ kind: 'settle' }], signal);
  return true;
}

function destinationExists(name: string): PieceworkError {
  return new PieceworkError(
    'DestinationExists',
    `${name} exists already, and --if-exists is fail; choose another name, or --if-exists replace`,
    { details: { target: name } },
  );
}

/** Opens (or takes over) the upload, and puts plan, upload and the first pieces into the record with one swap. */
async function startPieces(planning: PlanningWork, divided: PiecesPlan): Promise<void> {
  const { ports, loaded, planId, destination, probe, digests, signal } = planning;
  const { snapshot } = probe;
  // The body in hand is only a look; its connection is not worth keeping open while the pieces are fetched.
  await probe[Symbol.asyncDispose]();
  const staged = needsStaging(digests, destination, divided);
  const held = await heldUpload(planning, divided, staged);
  const upload = held?.upload ?? (await createUpload(planning, divided, staged));
  const ledger: LedgerView = held?.ledger ?? { doneThrough: 0, done: new Set() };
  const now = ports.clock.now();
  const quietUntil = now + ports.policy.decide.quietMs;
  const host = await lookBeforeJoining(ports, loaded.record);
  const start = (current: BeingPlanned): Outcome => {
    const base = held === undefined ? giveUpUpload(current) : current;
    const adopted = adoptPlan(base, {
      plan: divided,
      planId,
      snapshot,
      upload,
      doneThrough: ledger.doneThrough,
      quietUntil,
    });
    return decideByLedger(adopted, ledger, host, [], now, ports.policy.decide);
  };
  const named = (current: BeingPlanned) => start(current).record;
  const stored = await (held === undefined ? saveOrAbort(planning, named, upload) : storePlan(planning, named));
  // The same commands whatever else the record says: they follow from the plan and the ledger alone.
  const { record, commands } = start(loaded.record);
  const done = [...ledger.done];
  await ports.events.emit({
    type: 'planned',
    transferId: record.id,
    plan: divided,
    snapshot,
    doneThrough: ledger.doneThrough,
    done,
  });
  await carryOut(
    ports,
    stored,
    [...commands, ...(stored.record.toAbort.length > 0 ? [{ kind: 'settle' } as const] : [])],
    signal,
  );
  await joinHost(ports, stored.record);
}

/**
 * The upload of an earlier run, if it still stands, holds parts of exactly this plan, and a validator proves that they are of this version (protocol §4).
 */
async function heldUpload(
  planning: PlanningWork,
  divided: Plan,
  staged: boolean,
): Promise<{ readonly upload: UploadEntry; readonly ledger: LedgerView } | undefined> {
  const { ports, loaded, probe, signal } = planning;
  const { upload, plan: before, snapshot } = loaded.record;
  if (upload === undefined || before === undefined || snapshot === undefined) return undefined;
  if (!samePlan(before, divided) || (upload.staged === true) !== staged || !isProvablySame(snapshot, probe.snapshot))
    return undefined;
  const parts = await listAllParts(ports, loaded.record, upload, 0, signal);
  return parts === 'gone' ? undefined : { upload, ledger: viewLedger(divided, 0, parts) };
}

export function isProvablySame(a: Snapshot, b: Snapshot): boolean {
  return a.sizeBytes === b.sizeBytes && a.validator.kind !== 'none' && sameVersion(a.validator, b.validator);
}
