import { piecesOf } from '../../lib/transfer/loads/loads.ts';
import type { FinalizerMessage, PieceTask } from '../../lib/transfer/messages.ts';
import { hasPiece } from '../../lib/transfer/plan/piece-set.ts';
import type { Status, TransferRecord } from '../../lib/transfer/record/record.ts';
import { attemptOf, isOver } from '../../lib/transfer/record/record.ts';
import { brokenLoads, connectionsOn } from './load-invariants.ts';
import type { SimUpload } from './sim-store.ts';

/** What must hold of any write of a transfer record, by any process: the first thing that does not, or nothing. */
export function brokenByWrite(
  before: TransferRecord | undefined,
  after: TransferRecord,
  places: number,
): string | undefined {
  if (JSON.stringify(after).includes('SECRET')) return 'a record holds a secret';
  if (before === undefined) return after.rev === 1 ? undefined : `a new record begins at rev ${after.rev}`;
  return (
    brokenHistory(before, after) ??
    brokenWay(before, after) ??
    brokenLadder(before, after) ??
    brokenCounts(before, after, places) ??
    brokenLoads(after)
  );
}

function brokenHistory(before: TransferRecord, after: TransferRecord): string | undefined {
  if (after.rev !== before.rev + 1) return `rev ${before.rev} was followed by ${after.rev}`;
  if (after.writeId === before.writeId) return 'two writes with one writeId';
  if (after.run < before.run) return `run ${before.run} was followed by ${after.run}`;
  if (isOver(before) && isOver(after) && JSON.stringify(before.reason) !== JSON.stringify(after.reason))
    return 'the reason of an end changed';
  return undefined;
}

const WAYS: Readonly<Record<Status, readonly Status[]>> = {
  // An object that is already there, or one put, ends a transfer without pieces; where the first look shows it,
  // without a planning of its own.
  accepted: ['planning', 'finalizing', 'completed', 'failed', 'cancelled'],
  planning: ['transferring', 'finalizing', 'completed', 'failed', 'cancelled'],
  transferring: ['planning', 'finalizing', 'completed', 'failed', 'cancelled'],
  finalizing: ['completed', 'planning', 'failed', 'cancelled'],
  completed: [],
  failed: ['accepted'],
  cancelled: [],
};

function brokenWay(before: TransferRecord, after: TransferRecord): string | undefined {
  if (before.status === after.status) return undefined;
  if (!WAYS[before.status].includes(after.status)) return `${before.status} → ${after.status}`;
  if (before.status === 'failed' && after.run !== before.run + 1)
    return `a retry of run ${before.run} made run ${after.run}`;
  const leaves = before.status === 'finalizing' && after.status !== 'completed';
  if (leaves && before.ending?.abortedAt === undefined)
    return `finalizing → ${after.status} without an ending that was carried out (rule 12)`;
  const { reason } = after;
  const mayFetch = before.copyRefused === undefined && after.request.options.serverSideCopy !== 'always';
  if (reason?.code === 'ServerSideCopyRefused' && mayFetch)
    return 'a copy that was refused was not fetched instead (ADR 9)';
  if (reason?.code === 'Internal') return `a defect: ${reason.message}`;
  if (isOver(after) && after.status !== 'completed' && reason === undefined) return `${after.status} without a reason`;
  return undefined;
}

/** The ladder goes down only, within a run, and its last rung is one stream. */
function brokenLadder(before: TransferRecord, after: TransferRecord): string | undefined {
  if (after.run !== before.run) return undefined;
  if (before.oneStream !== undefined && after.oneStream === undefined) return 'one stream is no more to be one';
  if (before.narrowedTo !== undefined && (after.narrowedTo ?? Number.POSITIVE_INFINITY) > before.narrowedTo)
    return `${before.narrowedTo} connections at most became ${after.narrowedTo}`;
  if (after.oneStream === undefined) return undefined;
  if (after.status === 'transferring' && after.plan?.mode !== 'stream') return 'what is to be one stream is in pieces';
  const { version, unchanged } = after.result ?? {};
  return after.status === 'completed' && unchanged !== true && version !== 'one-answer' && version !== 'digest'
    ? `one stream claims ${version}`
    : undefined;
}

function brokenCounts(before: TransferRecord, after: TransferRecord, places: number): string | undefined {
  const { maxFailures } = after.request.options;
  if (after.run === before.run && after.restarts > 1) return `${after.restarts} restarts`;
  for (const [number, { attempt, failures, waits }] of Object.entries(after.trouble)) {
    if (attempt !== 1 + failures + waits)
      return `piece ${number}: attempt ${attempt} after ${failures} failures and ${waits} waits`;
    if (failures >= maxFailures) return `piece ${number} goes on after ${failures} failures of ${maxFailures}`;
  }
  const troubled = Object.keys(after.trouble).length;
  if (after.status === 'transferring' && troubled > places) return `${troubled} pieces in trouble, ${places} places`;
  if (before.planId !== after.planId || before.status !== 'transferring') return undefined;
  if (after.cursor < before.cursor) return `the cursor went back from ${before.cursor} to ${after.cursor}`;
  for (const [number, { attempt }] of Object.entries(before.trouble)) {
    const now = after.trouble[number]?.attempt;
    if (now !== undefined && (now < attempt || now > attempt + 1))
      return `piece ${number}: attempt ${attempt} was followed by ${now}`;
  }
  return undefined;
}

/** The ledger as it really is: what the record says of it must be so. */
export function brokenAgainstLedger(
  record: TransferRecord,
  ledger: SimUpload | undefined,
  places: number,
): string | undefined {
  const { plan, doneThrough, cursor, status } = record;
  if (plan?.mode !== 'pieces' || ledger?.state !== 'open') return undefined;
  const missing = (through: number) =>
    Array.from({ length: through }, (_, index) => index + 1).filter((number) => {
      const size = Math.min(plan.pieceSizeBytes, plan.sizeBytes - (number - 1) * plan.pieceSizeBytes);
      return ledger.parts.get(number)?.bytes.length !== size;
    });
  if (missing(doneThrough).length > 0)
    return `doneThrough ${doneThrough}, and the ledger lacks ${missing(doneThrough).join(', ')}`;
  const lacking = missing(plan.pieceCount);
  const invented = lacking.filter((number) => hasPiece(record.reported ?? [], number));
  if (invented.length > 0) return `${invented.join(', ')} reported, and the ledger lacks them`;
  if (status === 'finalizing' && lacking.length > 0) return `finalizing, and the ledger lacks ${lacking.join(', ')}`;
  const inFlight = connectionsOn(record, missing(cursor - 1));
  return status === 'transferring' && inFlight > places
    ? `${inFlight} connections in use, ${places} places (rule 3)`
    : undefined;
}

/**
 * ADR 9: after a refusal of a copy nothing goes on by its plan, not even when the piece is there: it may be
 * there because of what is refused.
 */
export function refusalPassedOver(record: TransferRecord, inputs: readonly FinalizerMessage[]): string | undefined {
  const { status, planId, copyRefused, request } = record;
  if (status !== 'transferring' || copyRefused !== undefined || request.options.serverSideCopy === 'always')
    return undefined;
  const isRefused = inputs.some(
    (input) => input.kind === 'result' && input.planId === planId && input.error?.code === 'ServerSideCopyRefused',
  );
  return isRefused ? 'a copy was refused, and the transfer goes on by its plan (ADR 9)' : undefined;
}

/** Rule 4: an answer to a piece is an answer to something that a finalizer was given, of this plan and this attempt. */
export function answeredWithoutCause(
  before: TransferRecord | undefined,
  after: TransferRecord,
  inputs: readonly FinalizerMessage[],
): string | undefined {
  if (before?.status !== 'transferring' || before.plan?.mode !== 'pieces') return undefined;
  const tasks = inputs.flatMap(failedTask);
  const isReported = (number: number) =>
    tasks.some(
      ({ planId, pieceNumber, attempt }) =>
        planId === before.planId && pieceNumber === number && attempt === attemptOf(before, number),
    );
  for (const number of Object.keys(after.trouble).map(Number)) {
    const attempt = attemptOf(before, number);
    if (attemptOf(after, number) > attempt && !isReported(number))
      return `attempt ${attempt} of piece ${number} is answered, and no worker reported it (rules 4, 6)`;
  }
  const isByItself = after.reason === undefined || BY_ITSELF.has(after.reason.code);
  if (after.status !== 'failed' || isByItself || tasks.some(({ pieceNumber }) => isReported(pieceNumber)))
    return undefined;
  return `failed by ${after.reason?.code}, and no failure counts (rule 4)`;
}

const BY_ITSELF: ReadonlySet<string> = new Set(['DeadlineExceeded', 'UploadLost']);

function failedTask(input: FinalizerMessage): readonly Pick<PieceTask, 'planId' | 'pieceNumber' | 'attempt'>[] {
  const { task } = input.kind === 'dead' ? input : {};
  if (task !== undefined) return piecesOf(task).map((pieceNumber) => ({ ...task, pieceNumber }));
  return input.kind === 'result' && input.outcome === 'failed' ? [input] : [];
}
