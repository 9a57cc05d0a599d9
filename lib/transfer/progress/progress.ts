import type { Instant } from '../../values/time.ts';
import type { PieceSet } from '../plan/piece-set.ts';
import { hasPiece, NO_PIECES, pieceSet, pieceSetSize, withPiece } from '../plan/piece-set.ts';
import type { Plan } from '../plan/plan.ts';
import { pieceRange } from '../plan/plan.ts';
import type { PieceworkEvent } from './events.ts';

/** How far a transfer is, folded from its events: nothing is stored, and any subscriber can have its own. */
export interface Progress {
  readonly plan?: Plan;
  /** When the subscriber began to listen. */
  readonly startedAt: Instant;
  readonly done: PieceSet;
  readonly doneCount: number;
  /** Bytes of finished pieces, those of an earlier run included. */
  readonly doneBytes: number;
  /** Bytes that passed through us into finished pieces in this run: none of what a store copied by itself. */
  readonly fetchedBytes: number;
  /** Pieces that were there when this run began. */
  readonly resumedPieces: number;
  /** What is being fetched right now: one connection each. */
  readonly inFlight: ReadonlyMap<number, PieceInFlight>;
  /** Pieces waiting to be fetched again. */
  readonly troubled: ReadonlySet<number>;
  /** How often a piece was fetched again, or put off as the source asked. */
  readonly retries: number;
  /** (time, bytes that had come in by then) of the last seconds. */
  readonly samples: readonly Sample[];
}

export interface PieceInFlight {
  readonly startedAt: Instant;
  readonly sizeBytes: number;
  readonly bytes: number;
}

interface Sample {
  readonly at: Instant;
  readonly bytes: number;
}

export function initialProgress(now: Instant): Progress {
  return {
    startedAt: now,
    done: NO_PIECES,
    doneCount: 0,
    doneBytes: 0,
    fetchedBytes: 0,
    resumedPieces: 0,
    inFlight: new Map(),
    troubled: new Set(),
    retries: 0,
    samples: [],
  };
}

type EventOf<T extends PieceworkEvent['type']> = Extract<PieceworkEvent, { readonly type: T }>;

/** The progress after one more event; the same object when it changes nothing. Events may come twice. */
export function progressAfter(before: Progress, event: PieceworkEvent, now: Instant): Progress {
  switch (event.type) {
    case 'planned':
      return planned(before, event, now);
    case 'piece.started': {
      if (hasPiece(before.done, event.pieceNumber)) return before;
      const piece = { startedAt: now, sizeBytes: event.bytes, bytes: 0 };
      const inFlight = new Map(before.inFlight).set(event.pieceNumber, piece);
      return { ...before, inFlight, troubled: without(before.troubled, event.pieceNumber) };
    }
    case 'piece.progress': {
      const piece = before.inFlight.get(event.pieceNumber);
      if (piece === undefined || piece.bytes === event.bytes) return before;
      const inFlight = new Map(before.inFlight).set(event.pieceNumber, { ...piece, bytes: event.bytes });
      return sampled({ ...before, inFlight }, now);
    }
    case 'piece.done':
      return pieceDone(before, event, now);
    case 'piece.failed':
      return troubled(before, event.pieceNumber, 0);
    case 'piece.requeued':
      return troubled(before, event.pieceNumber, 1);
    default:
      return before;
  }
}

/** A plan begins, also one that goes on: what is there already counts as done and not as speed. */
function planned(before: Progress, event: EventOf<'planned'>, now: Instant): Progress {
  const { plan } = event;
  const done = pieceSet(event.doneThrough, event.done);
  const doneCount = pieceSetSize(done);
  const doneBytes = bytesOf(plan, done);
  const { startedAt, fetchedBytes, retries } = before;
  const samples = [{ at: now, bytes: doneBytes }];
  const fresh = { startedAt, fetchedBytes, retries, samples, plan, done, doneCount, doneBytes };
  return { ...initialProgress(now), ...fresh, resumedPieces: doneCount };
}

function pieceDone(before: Progress, event: EventOf<'piece.done'>, now: Instant): Progress {
  if (hasPiece(before.done, event.pieceNumber)) return before;
  const after = {
    ...before,
    inFlight: withoutKey(before.inFlight, event.pieceNumber),
    troubled: without(before.troubled, event.pieceNumber),
    done: withPiece(before.done, event.pieceNumber),
    doneCount: before.doneCount + 1,
    doneBytes: before.doneBytes + event.bytes,
    fetchedBytes: before.fetchedBytes + (event.serverSideCopy === true ? 0 : event.bytes),
  };
  return sampled(after, now);
}

function troubled(before: Progress, pieceNumber: number, retries: number): Progress {
  if (hasPiece(before.done, pieceNumber)) return before;
  return {
    ...before,
    inFlight: withoutKey(before.inFlight, pieceNumber),
    troubled: new Set(before.troubled).add(pieceNumber),
    retries: before.retries + retries,
  };
}

/**
 * Bytes that have come in, those of unfinished pieces included: what a bar shows. They can go down
 * when a piece is fetched again.
 */
export function bytesIn(progress: Progress): number {
  let bytes = progress.doneBytes;
  for (const piece of progress.inFlight.values()) bytes += piece.bytes;
  return bytes;
}

/** Of all connections together, over the last seconds; 0 before anything came. */
export function bytesPerSecond(progress: Progress, now: Instant): number {
  const first = progress.samples[0];
  return first === undefined ? 0 : perSecond(bytesIn(progress) - first.bytes, now - first.at);
}

/** Of one connection, since its piece began. */
export function pieceBytesPerSecond(piece: PieceInFlight, now: Instant): number {
  return perSecond(piece.bytes, now - piece.startedAt);
}

/** At the present speed; `undefined` when size or speed is unknown. */
export function remainingMs(progress: Progress, now: Instant): number | undefined {
  const sizeBytes = progress.plan?.sizeBytes;
  const speed = bytesPerSecond(progress, now);
  return sizeBytes === undefined || speed <= 0
    ? undefined
    : (Math.max(0, sizeBytes - bytesIn(progress)) * 1000) / speed;
}

function perSecond(bytes: number, elapsedMs: number): number {
  return elapsedMs <= 0 ? 0 : (Math.max(0, bytes) * 1000) / elapsedMs;
}

const SAMPLE_EVERY_MS = 250;
const SAMPLE_SPAN_MS = 5_000;

/** Keeps one sample from before the span, so that the speed is always one over the whole of it. */
function sampled(progress: Progress, now: Instant): Progress {
  const last = progress.samples.at(-1);
  if (last !== undefined && now - last.at < SAMPLE_EVERY_MS) return progress;
  const inSpan = progress.samples.findIndex(({ at }) => now - at < SAMPLE_SPAN_MS);
  const recent = progress.samples.slice(inSpan === -1 ? -1 : Math.max(0, inSpan - 1));
  return { ...progress, samples: [...recent, { at: now, bytes: bytesIn(progress) }] };
}

function bytesOf(plan: Plan, done: PieceSet): number {
  return done.reduce((bytes, [first, last]) => bytes + pieceRange(plan, last).end - pieceRange(plan, first).start, 0);
}

function without(numbers: ReadonlySet<number>, number: number): ReadonlySet<number> {
  const rest = new Set(numbers);
  rest.delete(number);
  return rest;
}

function withoutKey<V>(map: ReadonlyMap<number, V>, key: number): ReadonlyMap<number, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
