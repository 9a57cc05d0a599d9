import { decideByLedger } from '../../transfer/decide/decide-pieces.ts';
import type { Outcome } from '../../transfer/decide/decision.ts';
import type { LedgerView } from '../../transfer/plan/ledger.ts';
import { viewLedger } from '../../transfer/plan/ledger.ts';
import { pieceSet } from '../../transfer/plan/piece-set.ts';
import type { PiecesPlan } from '../../transfer/plan/plan.ts';
import { samePlan } from '../../transfer/plan/plan.ts';
import type { UploadEntry } from '../../transfer/record/record.ts';
import type { BeingPlanned } from '../../transfer/record/states.ts';
import { adoptPlan } from '../../transfer/record/transitions.ts';
import { giveUpUpload } from '../../transfer/record/transitions-uploads.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import { sameVersion } from '../../values/web/validator.ts';
import { carryOut } from '../advance/carry-out.ts';
import { takePlaces } from '../shared/hosts/look.ts';
import { listAllParts } from '../shared/list-parts.ts';
import { needsStaging } from '../shared/object/object-spec.ts';
import type { PlanningWork } from './planning-work.ts';
import { createUpload, saveOrAbort, storePlan } from './planning-work.ts';

/** Opens (or takes over) the upload, and puts plan, upload and the first pieces into the record with one swap. */
export async function startPieces(work: PlanningWork, plan: PiecesPlan): Promise<void> {
  const { ports, loaded, planId, destination, probe, digests, signal } = work;
  const { snapshot } = probe;
  // The body in hand is only a look; its connection is not worth keeping open while the pieces are fetched.
  await probe[Symbol.asyncDispose]();
  const staged = needsStaging(digests, destination, plan);
  const held = await heldUpload(work, plan, { staged });
  const upload = held?.upload ?? (await createUpload(work, plan, { staged }));
  const ledger: LedgerView = held?.ledger ?? { doneThrough: 0, done: new Set() };
  const piecesLeft = plan.pieceCount - ledger.doneThrough - ledger.done.size;
  const { facts: host } = await takePlaces(ports, loaded.record, { inputs: [], piecesLeft }, signal);
  const now = ports.clock.now();
  const quietUntil = now + ports.policy.decide.quietMs;
  const start = (current: BeingPlanned): Outcome => {
    const base = held === undefined ? giveUpUpload(current) : current;
    const adopted = adoptPlan(base, {
      plan,
      planId,
      snapshot,
      upload,
      doneThrough: ledger.doneThrough,
      reported: pieceSet(0, ledger.done),
      quietUntil,
    });
    return decideByLedger(adopted, ledger, host, [], now, ports.policy.decide);
  };
  const named = (current: BeingPlanned) => start(current).record;
  const stored = await (held === undefined ? saveOrAbort(work, named, upload) : storePlan(work, named));
  // The same commands whatever else the record says: they follow from the plan and the ledger alone.
  const { record, commands } = start(loaded.record);
  const done = [...ledger.done];
  await ports.events.emit({
    type: 'planned',
    transferId: record.id,
    plan,
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
}

/**
 * The upload of an earlier run, if it still stands, holds parts of exactly this plan, and a validator proves that they
 * are of this version (protocol §4).
 */
async function heldUpload(
  { ports, loaded, probe, signal }: PlanningWork,
  plan: PiecesPlan,
  { staged }: { readonly staged: boolean },
): Promise<{ readonly upload: UploadEntry; readonly ledger: LedgerView } | undefined> {
  const { upload, plan: before, snapshot } = loaded.record;
  if (upload === undefined || before === undefined || snapshot === undefined) return undefined;
  if (!samePlan(before, plan) || (upload.staged === true) !== staged || !isProvablySame(snapshot, probe.snapshot))
    return undefined;
  const parts = await listAllParts(ports, loaded.record, upload, 0, signal);
  return parts === 'gone' ? undefined : { upload, ledger: viewLedger(plan, 0, parts) };
}

export function isProvablySame(a: Snapshot, b: Snapshot): boolean {
  return a.sizeBytes === b.sizeBytes && a.validator.kind !== 'none' && sameVersion(a.validator, b.validator);
}
