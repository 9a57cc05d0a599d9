import type { Progress, ShownBatch, ShownTransfer } from '../api/shapes.ts';
import { hostOf, lastSegment, nameOf, placeOf } from '../words/names.ts';
import type { Tone } from '../words/status.ts';
import { statusWord, toneOf } from '../words/status.ts';

/** A transfer or batch, as a line of the list. */
export interface Row {
  readonly kind: 'transfer' | 'batch';
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly place: string;
  readonly tone: Tone;
  readonly status: string;
  readonly word: string;
  readonly isOver: boolean;
  readonly sizeBytes: number | undefined;
  readonly doneBytes: number | undefined;
  readonly percent: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly remainingSeconds: number | undefined;
  /** `37 / 100`, of pieces or entries; what is known of it. */
  readonly parts: { readonly done: number | undefined; readonly count: number } | undefined;
  readonly run: number;
  readonly createdAt: string;
  readonly endedAt: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly paused: boolean;
  readonly priority: number;
  readonly waitingPosition: number | undefined;
  /** In lower case: all that a search looks at. */
  readonly text: string;
}

export function rowOfTransfer(transfer: ShownTransfer): Row {
  const { id, status, source, run, createdAt, plan, result, reason, waiting } = transfer;
  const progress: Progress = transfer.progress ?? {};
  const place = placeOf(transfer.destination);
  const tone = toneOf(transfer);
  const isOver = tone === 'done' || tone === 'failed' || tone === 'cancelled';
  const sizeBytes = result?.sizeBytes ?? progress.sizeBytes ?? plan?.sizeBytes;
  const doneBytes = tone === 'done' ? sizeBytes : progress.doneBytes;
  return {
    kind: 'transfer',
    id,
    name: nameOf(transfer),
    host: hostOf(source.url),
    place,
    tone,
    status,
    word: statusWord(transfer),
    isOver,
    sizeBytes,
    doneBytes,
    percent: tone === 'done' ? 100 : (progress.percent ?? percentOf(doneBytes, sizeBytes)),
    bytesPerSecond: tone === 'moving' ? progress.bytesPerSecond : undefined,
    remainingSeconds: tone === 'moving' ? progress.remainingSeconds : undefined,
    parts:
      plan?.pieceCount === undefined ? undefined : { done: donePieces(tone, doneBytes, plan), count: plan.pieceCount },
    run,
    createdAt,
    endedAt: transfer.endedAt,
    code: reason?.code ?? waiting?.reason.code,
    message: reason?.message ?? waiting?.reason.message,
    paused: transfer.paused === true,
    priority: transfer.priority ?? 0,
    waitingPosition: transfer.waitingPosition,
    text: `${id} ${source.url} ${place}`.toLowerCase(),
  };
}

export function rowOfBatch(batch: ShownBatch): Row {
  const { id, status, list, destination, counters, run, createdAt, endedAt, reason } = batch;
  const tone: Tone =
    status === 'completed' && counters !== undefined && counters.failed > 0 ? 'trouble' : toneOf(batch);
  const over =
    counters === undefined ? undefined : counters.done + counters.unchanged + counters.failed + counters.cancelled;
  const isOver = ['completed', 'failed', 'cancelled'].includes(status);
  return {
    kind: 'batch',
    id,
    // A list that stood in the request has no name of its own.
    name: lastSegment(list.from.includes('/') ? list.from : destination),
    host: hostOf(list.from),
    place: destination,
    tone,
    status,
    word: tone === 'trouble' && isOver ? 'Some failed' : statusWord(batch),
    isOver,
    sizeBytes: undefined,
    doneBytes: counters?.bytes,
    percent: isOver ? 100 : percentOf(over, list.entries),
    bytesPerSecond: undefined,
    remainingSeconds: undefined,
    parts: list.entries === undefined ? undefined : { done: over, count: list.entries },
    run,
    createdAt,
    endedAt,
    code: reason?.code,
    message: reason?.message,
    paused: batch.paused === true,
    priority: batch.priority ?? 0,
    waitingPosition: batch.waitingPosition,
    text: `${id} ${list.from} ${destination}`.toLowerCase(),
  };
}

function percentOf(done: number | undefined, whole: number | undefined): number | undefined {
  if (done === undefined || whole === undefined || whole === 0) return undefined;
  return done >= whole ? 100 : Math.min(99, Math.floor((done * 100) / whole));
}

/** Of equal pieces: what a list says only in bytes. */
function donePieces(
  tone: Tone,
  doneBytes: number | undefined,
  { pieceCount, pieceSizeBytes }: NonNullable<ShownTransfer['plan']>,
): number | undefined {
  if (tone === 'done') return pieceCount;
  if (doneBytes === undefined || pieceSizeBytes === undefined || pieceCount === undefined) return undefined;
  return Math.min(pieceCount, Math.round(doneBytes / pieceSizeBytes));
}
