import type { ErrorRecord, PieceworkError } from '../../errors/error.ts';
import { toErrorRecord } from '../../errors/error.ts';
import type { TransferStatus } from '../../pipeline/requests/query.ts';
import { shownUsage } from '../../transfer/cost/usage.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import { adviceFor } from '../../transfer/progress/waiting.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import type { Live } from '../live.ts';
import type { Transfer, TransferDetail } from '../schemas/transfer.ts';
import { commandFor } from './command.ts';
import { viewPieces } from './pieces.ts';
import { progressNow, progressOf } from './progress.ts';
import { viewSnapshot } from './snapshot.ts';
import { viewTimeline } from './timeline.ts';

/** A transfer as the API shows it: what a client can use, and nothing of how the engine keeps its books. */
export function viewTransfer(record: TransferRecord, basePath: string, live?: Live): Transfer {
  const running = live?.of(record.id);
  const {
    id,
    owner,
    actedBy,
    status,
    run,
    request,
    createdAt,
    deadlineAt,
    endedAt,
    heldUntil,
    ending,
    plan,
    used,
    result,
    reason,
  } = record;
  const warnings = record.snapshot?.warnings ?? [];
  const self = `${basePath}/v1/transfers/${id}`;
  return {
    id,
    owner,
    status,
    run,
    source: request.source,
    // What is submitted here is of a kind that the schema has, and so is what the local service shows.
    destination: request.destination as Transfer['destination'],
    createdAt,
    deadlineAt,
    ...stated({
      labels: request.labels === undefined ? undefined : { ...request.labels },
      batch: record.batch === undefined ? undefined : { id: record.batch.id, entry: record.batch.entry },
      actedBy,
      notified: request.hooks,
      endedAt,
      heldUntil: status === 'failed' && record.upload !== undefined ? heldUntil : undefined,
      progress: running === undefined ? undefined : progressNow(running),
      ending: ending?.to,
      waiting: viewWaiting(record),
      warnings: plan === undefined || warnings.length === 0 ? undefined : [...warnings],
      plan: plan === undefined ? undefined : viewPlan(plan),
      used: used === undefined ? undefined : shownUsage(used),
      result: result === undefined ? undefined : { ...result, digests: stated(result.digests) },
      reason: reason === undefined ? undefined : viewReason(reason),
    }),
    links: { self, cancel: `${self}/cancel`, retry: `${self}/retry` },
  };
}

/** Of what is not planned yet; a stream that broke off is planned again. */
function viewWaiting({ status, plan, waiting }: TransferRecord): Transfer['waiting'] {
  const isWaiting = status === 'planning' || (status === 'transferring' && plan?.mode === 'stream');
  if (waiting === undefined || !isWaiting) return undefined;
  return { ...waiting, reason: viewReason(waiting.reason), advice: adviceFor(waiting.reason.code) };
}

export interface Look extends TransferStatus {
  /** The ledger could not be read. */
  readonly unavailable?: PieceworkError;
}

/** @param live what the home knows beyond record and ledger; a deployment has nothing of it */
export function viewDetail(look: Look, basePath: string, now: Instant, live?: Live): TransferDetail {
  const { record, pieces, unavailable } = look;
  const { request, snapshot } = record;
  const running = live?.of(record.id);
  return {
    ...viewTransfer(record, basePath),
    progress: progressOf(look, now, running),
    ...(pieces === undefined ? {} : { pieces: viewPieces(record, pieces, running, now) }),
    ...(unavailable === undefined ? {} : { piecesUnavailable: viewReason(toErrorRecord(unavailable)) }),
    ...(snapshot === undefined ? {} : { snapshot: viewSnapshot(snapshot, request.source.url) }),
    timeline: viewTimeline(record, live?.timelineOf(record.id) ?? []),
    command: commandFor(request, live === undefined ? 'submit' : 'copy'),
  };
}

export function viewPlan(plan: Plan): NonNullable<Transfer['plan']> {
  switch (plan.mode) {
    case 'single':
      return { mode: plan.mode, sizeBytes: plan.sizeBytes };
    case 'pieces':
    case 'stream': {
      const { mode, sizeBytes, pieceSizeBytes, pieceCount } = plan;
      const serverSideCopy = plan.mode === 'pieces' ? plan.serverSideCopy : undefined;
      return { mode, pieceSizeBytes, ...stated({ sizeBytes, pieceCount, serverSideCopy }) };
    }
  }
}

export function viewReason({ code, message, details }: ErrorRecord): NonNullable<Transfer['reason']> {
  return {
    code,
    message,
    ...(details === undefined ? {} : { details: stated(details) as Record<string, string | number | boolean> }),
  };
}
