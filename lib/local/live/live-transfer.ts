import type { LivePiece, LiveTransfer } from '../../api/live.ts';
import type { PieceSet } from '../../transfer/plan/piece-set.ts';
import { hasPiece, NO_PIECES, pieceSet, pieceSetSize, withPiece } from '../../transfer/plan/piece-set.ts';
import type { Plan } from '../../transfer/plan/plan.ts';
import { pieceRange } from '../../transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../transfer/progress/events.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import { RecentRate } from './rate.ts';

interface Flying {
  readonly startedAt: Instant;
  readonly sizeBytes: number;
  bytes: number;
  isRescued: boolean;
}

/**
 * How far a transfer is that runs in this process, from its events. What is done is kept as ranges, and pieces in
 * flight are no more than connections: it stays small, however many pieces there are.
 */
export class PiecesNow {
  #plan: Plan | undefined;
  #done: PieceSet = NO_PIECES;
  #doneBytes = 0;
  #flyingBytes = 0;
  readonly #flying = new Map<number, Flying>();
  readonly #rate = new RecentRate();

  hear(event: PieceworkEvent, now: Instant): void {
    switch (event.type) {
      case 'planned':
        this.#begin(event.plan, pieceSet(event.doneThrough, event.done), now);
        return;
      case 'piece.started':
        this.#land(event.pieceNumber);
        if (hasPiece(this.#done, event.pieceNumber)) return;
        this.#flying.set(event.pieceNumber, { startedAt: now, sizeBytes: event.bytes, bytes: 0, isRescued: false });
        return;
      case 'piece.progress': {
        const piece = this.#flying.get(event.pieceNumber);
        if (piece === undefined) return;
        this.#flyingBytes += event.bytes - piece.bytes;
        piece.bytes = event.bytes;
        break;
      }
      case 'piece.rescued': {
        const piece = this.#flying.get(event.pieceNumber);
        if (piece !== undefined) piece.isRescued = true;
        return;
      }
      case 'piece.done':
        this.#land(event.pieceNumber);
        if (hasPiece(this.#done, event.pieceNumber)) return;
        this.#done = withPiece(this.#done, event.pieceNumber);
        this.#doneBytes += event.bytes;
        break;
      case 'piece.failed':
      case 'piece.requeued':
        this.#land(event.pieceNumber);
        return;
      default:
        return;
    }
    this.#rate.add(this.#doneBytes + this.#flyingBytes, now);
  }

  get inFlightCount(): number {
    return this.#flying.size;
  }

  /** As it is now; `undefined` = it has no plan yet. */
  view(connections: ReadonlyMap<number, string>, now: Instant): LiveTransfer | undefined {
    if (this.#plan === undefined) return undefined;
    const receivedBytes = this.#doneBytes + this.#flyingBytes;
    return {
      doneBytes: this.#doneBytes,
      receivedBytes,
      bytesPerSecond: this.#rate.perSecond(receivedBytes, now),
      doneRanges: this.#done,
      inFlight: this.#piecesInFlight(connections),
      ...stated({ sizeBytes: this.#plan.sizeBytes }),
    };
  }

  #piecesInFlight(connections: ReadonlyMap<number, string>): readonly LivePiece[] {
    return [...this.#flying]
      .sort(([a], [b]) => a - b)
      .map(([pieceNumber, { startedAt, sizeBytes, bytes, isRescued }]) => ({
        pieceNumber,
        doneBytes: Math.min(bytes, sizeBytes),
        sizeBytes,
        startedAt: toIso(startedAt),
        ...stated({ connection: connections.get(pieceNumber), rescue: isRescued ? (true as const) : undefined }),
      }));
  }

  #begin(plan: Plan, done: PieceSet, now: Instant): void {
    this.#plan = plan;
    this.#done = done;
    this.#doneBytes = bytesOf(plan, done);
    this.#flyingBytes = 0;
    this.#flying.clear();
    this.#rate.begin(this.#doneBytes, now);
  }

  #land(pieceNumber: number): void {
    this.#flyingBytes -= this.#flying.get(pieceNumber)?.bytes ?? 0;
    this.#flying.delete(pieceNumber);
  }
}

function bytesOf(plan: Plan, done: PieceSet): number {
  if (pieceSetSize(done) === 0) return 0;
  return done.reduce((bytes, [first, last]) => bytes + pieceRange(plan, last).end - pieceRange(plan, first).start, 0);
}
