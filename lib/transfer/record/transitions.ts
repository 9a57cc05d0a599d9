import type { ErrorCode } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import { lastSeen } from '../checks/stand-in.ts';
import type { Digests } from '../digests.ts';
import { notSilent } from '../patience.ts';
import type { PieceSet } from '../plan/piece-set.ts';
import type { PiecesPlan, SinglePlan, StreamPlan } from '../plan/plan.ts';
import type { TransferRequest } from '../request.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Ending, TransferRecord, TransferResult, UploadEntry } from './record.ts';
import type {
  Accepted,
  BeingPlanned,
  Cancelled,
  Completed,
  Failed,
  Finalizing,
  FinalizingPut,
  FinalizingUpload,
  LeavingFinalizing,
  Planning,
  Transferring,
} from './states.ts';
import { dropIntent, giveUpPromotions, intendUpload, withoutUpload } from './transitions-uploads.ts';

/*
 * The ways between the states. Nothing else changes `status` or `ending`
 * (tools/lint/records-change-by-transitions.grit).
 *
 *   accepted ──► planning ──► transferring ──► finalizing ──► completed
 *                   ▲  ▲            │              │
 *                   │  └── restart ─┘              │ ending, then proof that no object of ours appeared
 *                   └───────── restart ────────────┤
 *   failed, cancelled ◄── from any of the first three, at once ── and from finalizing ◄┘
 *   failed ──► accepted   (retry: run + 1)
 *
 * `finalizing` is left only by `completed` or through `ending` (rules 10 to 12): a completion may be on its way.
 */

/**
 * CAS before the probe, or after it where it is the first of a run: the intent to create an upload is recorded before
 * the upload is (protocol §2, §6). A stream that went before gives its upload up.
 */
export function beginPlanning(
  record: Accepted | Planning | Transferring<StreamPlan>,
  planId: string,
  now: Instant,
): BeingPlanned {
  return intendUpload(takenUp(record, planId), now);
}

/** A planner is at it, and creates nothing as yet. */
export function takenUp(record: Accepted | Planning | Transferring<StreamPlan>, planId: string): BeingPlanned {
  // Only a stream that is taken over has an upload to give up; that of an earlier run is still to be compared.
  const keepsUpload = record.status !== 'transferring';
  // What an earlier plan proved, it proved of its own bytes.
  const { proved: _, awaitsStream: __, ...rest } = keepsUpload ? record : withoutUpload(record);
  return { ...rest, status: 'planning', planId };
}

/** What it is to be is known, a stream, and another worker begins it: nothing is created by this planning. */
export function handedOver(record: Planning, planId: string, quietUntil: Instant): Planning {
  return { ...dropIntent(record, planId), awaitsStream: true, quietUntil: toIso(quietUntil) };
}

export interface Adoption<P extends PiecesPlan | StreamPlan> {
  readonly plan: P;
  readonly planId: string;
  readonly snapshot: Snapshot;
  readonly upload: UploadEntry;
  readonly doneThrough: number;
  /** What the ledger has after it: a look that gives places goes by this, and must not send it again. @default none */
  readonly reported?: PieceSet;
  readonly quietUntil: Instant;
}

/** Plan and upload enter the record together, and the intent leaves it. Pieces are sent by the next decision. */
export function adoptPlan<P extends PiecesPlan | StreamPlan>(record: Planning, adoption: Adoption<P>): Transferring<P> {
  const { plan, planId, snapshot, upload, doneThrough, reported = [], quietUntil } = adoption;
  // What the record has was reported of an earlier plan.
  const { reported: _, waiting: __, loads: ___, ...rest } = dropIntent(record, planId);
  return {
    ...notSilent(rest),
    status: 'transferring',
    plan,
    planId,
    snapshot,
    upload,
    cursor: doneThrough + 1,
    doneThrough,
    ...(reported.length > 0 ? { reported } : {}),
    trouble: {},
    requeues: 0,
    quietUntil: toIso(quietUntil),
  };
}

/** A single put of proved bytes is about to be sent: from here on the object may appear. */
export function beginSingle(
  record: Planning,
  planId: string,
  put: {
    readonly plan: SinglePlan;
    readonly snapshot: Snapshot;
    readonly proved: Digests;
    readonly quietUntil: Instant;
  },
): FinalizingPut {
  const { plan, snapshot, proved, quietUntil } = put;
  const { waiting: _, loads: __, ...rest } = dropIntent(withoutUpload(record), planId);
  return {
    ...notSilent(rest),
    status: 'finalizing',
    plan,
    planId,
    snapshot,
    proved,
    requeues: 0,
    quietUntil: toIso(quietUntil),
  };
}

/** All parts are there. Stored before anything completes (rule 10). */
export function beginFinalizing(
  record: Transferring,
  last: Partial<Pick<TransferRecord, 'cursor' | 'doneThrough' | 'proved'>> & { readonly plan?: StreamPlan },
  quietUntil: Instant,
): FinalizingUpload {
  const { reported: _, loads: __, ...rest } = record;
  return {
    ...notSilent(rest),
    ...last,
    status: 'finalizing',
    trouble: {},
    requeues: 0,
    planFailures: 0,
    quietUntil: toIso(quietUntil),
  };
}

export function completed(
  record: BeingPlanned | Transferring | Finalizing,
  result: TransferResult,
  now: Instant,
): Completed {
  const { ending: _, reason: __, loads: ___, ...rest } = giveUpPromotions(record);
  return { ...rest, status: 'completed', planId: record.planId, result, endedAt: toIso(now), trouble: {} };
}

/** Ends what is not `finalizing`. The upload is held for `retry` where going on with it could make sense. */
export function failed(record: Accepted | Planning | Transferring, reason: ErrorRecord, now: Instant): Failed {
  const hold =
    record.upload !== undefined &&
    record.request.options.holdMs > 0 &&
    mayBeContinued(reason.code) &&
    record.plan?.mode === 'pieces';
  const kept = hold ? { ...record, heldUntil: toIso(now + record.request.options.holdMs) } : withoutUpload(record);
  return { ...kept, status: 'failed', reason, endedAt: toIso(now) };
}

export function cancelled(
  record: Accepted | Planning | Transferring,
  reason: ErrorRecord,
  now: Instant,
  actedBy?: string,
): Cancelled {
  return {
    ...withoutUpload(record),
    ...stated({ actedBy }),
    status: 'cancelled',
    reason,
    endedAt: toIso(now),
    trouble: {},
  };
}

/** Out of `finalizing` without success is a way, not a step (rule 12). */
export function ending(
  record: Finalizing,
  wanted: Pick<Ending, 'to' | 'reason' | 'isRefused' | 'actedBy'>,
): LeavingFinalizing {
  return { ...record, ending: wanted };
}

/** The destination does not let the proof be made that rule 12 asks for. */
export function proofHindered(record: LeavingFinalizing, now: Instant): LeavingFinalizing {
  return { ...record, ending: { ...record.ending, unprovedSince: toIso(now) } };
}

/** What the ending aborts was aborted: when its grace is over, `settle` looks whether that held. */
export function endingAborted(record: LeavingFinalizing, now: Instant): LeavingFinalizing {
  const { unprovedSince: _, ...ending } = record.ending;
  return { ...record, ending: { ...ending, abortedAt: toIso(now) } };
}

/** It was aborted before, and stood all the same: a part came late, or the destination lists what is gone. */
export function endingAbortedAgain(record: LeavingFinalizing, now: Instant): LeavingFinalizing {
  return { ...record, ending: { unprovedSince: toIso(now), ...record.ending, abortedAt: toIso(now) } };
}

/** What became of the upload: `left` where the destination does not let it be made sure that it is gone. */
export type UploadEnd = 'gone' | 'left';

/** The ending's last step: no object of ours is there. An upload that is `left` is still to be aborted. */
export function ended(
  record: LeavingFinalizing,
  now: Instant,
  upload: UploadEnd = 'gone',
): Planning | Failed | Cancelled {
  const { to, reason } = record.ending;
  if (to === 'restart') return fromTheBeginning(withoutEnding(record, upload), now);
  if (to === 'failed') return endedUnknown(record, reason, now, upload);
  return { ...withoutEnding(record, upload), status: 'cancelled', reason, endedAt: toIso(now), trouble: {} };
}

/** It is not known whether an object of ours is there: neither a restart nor a cancel would be true (rule 12). */
export function endedUnknown(record: LeavingFinalizing, reason: ErrorRecord, now: Instant, upload: UploadEnd): Failed {
  return { ...withoutEnding(record, upload), status: 'failed', reason, endedAt: toIso(now), trouble: {} };
}

function withoutEnding(record: LeavingFinalizing, end: UploadEnd): TransferRecord {
  const { ending: given, upload: _, ...rest } = giveUpPromotions(end === 'gone' ? record : withoutUpload(record));
  return { ...rest, ...stated({ actedBy: given?.actedBy }) };
}

/** Over from the beginning with a new plan; parts of two versions never meet (protocol §4, one CAS). */
export function startedOver(record: Planning | Transferring, now: Instant): Planning {
  return fromTheBeginning(withoutUpload(record), now);
}

function fromTheBeginning(record: TransferRecord, now: Instant): Planning {
  const { plan: _, planId: __, loads: ___, snapshot, ...rest } = record;
  const typeBefore = snapshot?.contentType ?? record.typeBefore;
  return {
    ...rest,
    ...stated({ typeBefore, versionBefore: lastSeen(record) }),
    status: 'planning',
    cursor: 1,
    doneThrough: 0,
    trouble: {},
    requeues: 0,
    quietUntil: toIso(now),
  };
}

/** What differs in the next run from the one before. */
export interface NextRun {
  /** @default what was asked before */
  readonly request?: TransferRequest;
  /** The earlier run whose sealed source holds for this one too. @default this run has its own */
  readonly sealedRun?: number;
  /** The principal that asked for it. @default not said */
  readonly actedBy?: string;
  /** Of what a tombstone stands for, which does not know. @default as before */
  readonly owner?: string;
  /** Likewise. */
  readonly batch?: TransferRecord['batch'];
}

/** `retry`: the plan, the snapshot and a held upload stay for the planner to compare (protocol §4). */
export function retried(record: Failed, now: Instant, next: NextRun = {}): Accepted {
  const { reason: _, endedAt: __, heldUntil: ___, result: ____, sealedRun: _____, actedBy: ______, ...others } = record;
  // The source may be faster now, and is asked anew: what it did in the last run, it may not do in this one.
  const { bytesPerSecond: _b, waiting: _w, narrowedTo: _n, oneStream: _o, versionBefore: _v, ...more } = others;
  const { awaitsStream: _s, ...rest } = more;
  const { request = record.request, owner = record.owner, batch = record.batch, sealedRun, actedBy } = next;
  return {
    ...notSilent(rest),
    owner,
    request,
    run: record.run + 1,
    ...stated({ batch, sealedRun, actedBy }),
    status: 'accepted',
    deadlineAt: toIso(now + request.options.deadlineMs),
    quietUntil: toIso(now),
    requeues: 0,
    restarts: 0,
    planFailures: 0,
    trouble: {},
    announced: false,
  };
}

/** Codes after which the same bytes could still be fetched, once something outside has been mended. */
function mayBeContinued(code: ErrorCode): boolean {
  return !NEVER_CONTINUED.has(code);
}

const NEVER_CONTINUED: ReadonlySet<ErrorCode> = new Set([
  'SourceChanged',
  'RangesNotHonoured',
  'EndUnproved',
  'DigestMismatch',
  'UnexpectedSize',
  'DestinationExists',
  'DestinationClosed',
  'UploadLost',
  'InvalidUrl',
]);
