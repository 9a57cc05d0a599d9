import type { ErrorCode } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import type { Digests } from '../digests.ts';
import type { Plan } from '../plan/plan.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Ending, TransferRecord, TransferResult, UploadEntry } from './record.ts';

/*
 * The ways between the states; nothing else changes `status`.
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

type Open = TransferRecord;

/** CAS before the probe: the intent to create an upload is recorded before the upload is (protocol §2, §6). A stream that went before gives its upload up. */
export function beginPlanning(record: Open, planId: string, now: Instant): TransferRecord {
  // Only a stream that is taken over has an upload to give up; that of an earlier run is still to be compared.
  const keepsUpload = record.status !== 'transferring';
  // What an earlier plan proved, it proved of its own bytes.
  const { proved: _, ...rest } = keepsUpload ? record : giveUpUpload(record);
  return {
    ...rest,
    status: 'planning',
    planId,
    creating: [...record.creating, { planId, at: toIso(now) }],
  };
}

export interface Adoption {
  readonly plan: Plan;
  readonly planId: string;
  readonly snapshot: Snapshot;
  readonly upload: UploadEntry;
  readonly doneThrough: number;
  readonly quietUntil: Instant;
}

/** The plan and its upload enter the record together, and the intent leaves it. Pieces are sent by the next decision. */
export function adoptPlan(record: Open, adoption: Adoption): TransferRecord {
  const { plan, planId, snapshot, upload, doneThrough, quietUntil } = adoption;
  // What was reported, was reported of an earlier plan.
  const { reported: _, ...rest } = withoutIntent(record, planId);
  return {
    ...rest,
    status: 'transferring',
    plan,
    planId,
    snapshot,
    upload,
    cursor: doneThrough + 1,
    doneThrough,
    trouble: {},
    requeues: 0,
    quietUntil: toIso(quietUntil),
  };
}

/** A single put of proved bytes is about to be sent: from here on the object may appear. */
export function beginSingle(
  record: Open,
  planId: string,
  put: { readonly plan: Plan; readonly snapshot: Snapshot; readonly proved: Digests; readonly quietUntil: Instant },
): TransferRecord {
  const { plan, snapshot, proved, quietUntil } = put;
  return {
    ...withoutIntent(giveUpUpload(record), planId),
    status: 'finalizing',
    plan,
    planId,
    snapshot,
    proved,
    requeues: 0,
    quietUntil: toIso(quietUntil),
  };
}

export function withoutIntent(record: Open, planId: string): TransferRecord {
  return { ...record, creating: record.creating.filter((intent) => intent.planId !== planId) };
}

/** Nobody may use the upload again; `settle` aborts it because the record says so here (rule 14). */
export function giveUpUpload(record: TransferRecord): TransferRecord {
  if (record.upload === undefined) return record;
  const { upload, heldUntil: _, ...rest } = record;
  return { ...rest, toAbort: [...record.toAbort, { upload }] };
}

/** A multipart copy onto the real key is about to be begun: its upload, too, is intended before it is created (protocol §5). */
export function intendPromotion(record: TransferRecord, at: string): TransferRecord {
  return { ...record, creating: [...record.creating, { planId: record.planId ?? '', at }] };
}

/** Its upload is there, and nothing is in it as yet. */
export function namePromotion(record: TransferRecord, at: string, upload: UploadEntry): TransferRecord {
  return { ...dropPromotionIntent(record, at), promotions: [...(record.promotions ?? []), upload] };
}

/** One only: another worker may have intended its own at the same moment. */
export function dropPromotionIntent(record: TransferRecord, at: string): TransferRecord {
  const own = record.creating.findIndex((intent) => intent.planId === record.planId && intent.at === at);
  return { ...record, creating: record.creating.filter((_, index) => index !== own) };
}

/** Whatever they came to: that of a copy which was completed is gone, and nobody minds its abort. */
function giveUpPromotions(record: TransferRecord): TransferRecord {
  const { promotions = [], ...rest } = record;
  return promotions.length === 0
    ? rest
    : { ...rest, toAbort: [...rest.toAbort, ...promotions.map((upload) => ({ upload }))] };
}

export function completed(record: TransferRecord, result: TransferResult, now: Instant): TransferRecord {
  const { ending: _, reason: __, ...rest } = giveUpPromotions(record);
  return { ...rest, status: 'completed', result, endedAt: toIso(now), trouble: {} };
}

/** Ends an open transfer that is not `finalizing`. The upload is held for `retry` where going on with it could make sense. */
export function failed(record: Open, reason: ErrorRecord, now: Instant): TransferRecord {
  const hold =
    record.upload !== undefined &&
    record.request.options.holdMs > 0 &&
    mayBeContinued(reason.code) &&
    record.plan?.mode === 'pieces';
  const kept = hold ? { ...record, heldUntil: toIso(now + record.request.options.holdMs) } : giveUpUpload(record);
  return { ...kept, status: 'failed', reason, endedAt: toIso(now) };
}

export function cancelled(record: Open, reason: ErrorRecord, now: Instant): TransferRecord {
  return { ...giveUpUpload(record), status: 'cancelled', reason, endedAt: toIso(now), trouble: {} };
}

/** Out of `finalizing` without success is a way, not a step (rule 12). */
export function ending(record: TransferRecord, to: Ending['to'], reason: ErrorRecord): TransferRecord {
  return { ...record, ending: { to, reason } };
}

/** The ending's last step: no object of ours is there and the upload is gone. */
export function ended(record: TransferRecord, end: Ending, now: Instant): TransferRecord {
  const { ending: _, upload: __, ...rest } = giveUpPromotions(record);
  switch (end.to) {
    case 'restart':
      return startedOver(rest, now);
    case 'failed':
      return { ...rest, status: 'failed', reason: end.reason, endedAt: toIso(now), trouble: {} };
    case 'cancelled':
      return { ...rest, status: 'cancelled', reason: end.reason, endedAt: toIso(now), trouble: {} };
  }
}

/** Over from the beginning with a new plan; parts of two versions never meet (protocol §4, one CAS). */
export function startedOver(record: Open, now: Instant): TransferRecord {
  const { plan: _, planId: __, snapshot, ...rest } = giveUpUpload(record);
  const typeBefore = snapshot?.contentType ?? record.typeBefore;
  return {
    ...rest,
    ...(typeBefore === undefined ? {} : { typeBefore }),
    status: 'planning',
    cursor: 1,
    doneThrough: 0,
    trouble: {},
    requeues: 0,
    quietUntil: toIso(now),
  };
}

/** `retry`: the plan, the snapshot and a held upload stay for the planner to compare (protocol §4). */
export function retried(record: TransferRecord, now: Instant): TransferRecord {
  const { reason: _, endedAt: __, heldUntil: ___, result: ____, ...rest } = record;
  return {
    ...rest,
    run: record.run + 1,
    status: 'accepted',
    deadlineAt: toIso(now + record.request.options.deadlineMs),
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
  'DigestMismatch',
  'UnexpectedSize',
  'DestinationExists',
  'DestinationClosed',
  'UploadLost',
  'InvalidUrl',
]);
