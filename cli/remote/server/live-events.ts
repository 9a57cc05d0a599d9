import type { PiecesEvent } from '../../../lib/api/schemas/events.ts';
import type { Transfer } from '../../../lib/api/schemas/transfer.ts';
import { isErrorCode } from '../../../lib/errors/codes.ts';
import type { LocalStatus } from '../../../lib/index.ts';
import type { PieceSet } from '../../../lib/transfer/plan/piece-set.ts';
import { hasPiece, NO_PIECES } from '../../../lib/transfer/plan/piece-set.ts';
import type { Plan } from '../../../lib/transfer/plan/plan.ts';
import { pieceRange } from '../../../lib/transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../../lib/transfer/progress/events.ts';
import { fromIso } from '../../../lib/values/time.ts';

type Hear = (event: PieceworkEvent) => void;

/** What a server says of a transfer, as the events that it would have here: the same reporters show both. */
export class LiveEvents {
  readonly #transferId: string;
  readonly #now: () => number;
  readonly #hear: Hear;
  #plan: Plan | undefined;
  #done: PieceSet = NO_PIECES;
  #flying = new Map<number, number>();
  #tries = 0;
  #isFinalizing = false;

  constructor(transferId: string, now: () => number, hear: Hear) {
    this.#transferId = transferId;
    this.#now = now;
    this.#hear = hear;
  }

  /** It has a plan, which its record has in full. */
  get needsPlan(): boolean {
    return this.#plan === undefined;
  }

  /** @param isFresh it was begun only now: no piece was there before */
  planned({ record: { plan, snapshot }, pieces }: LocalStatus, isFresh: boolean): void {
    if (plan === undefined || snapshot === undefined) return;
    const transferId = this.#transferId;
    this.#plan = plan;
    const all = Array.from({ length: pieces?.count ?? 0 }, (_, index) => index + 1);
    const done = isFresh ? [] : all.filter((number) => pieces?.isDone(number) === true);
    this.#done = done.map((number) => [number, number] as const);
    if (done.length > 0)
      this.#hear({
        type: 'resuming',
        transferId,
        doneCount: done.length,
        pieceCount: all.length,
        doneBytes: pieces?.doneBytes ?? 0,
      });
    this.#hear({ type: 'planned', transferId, plan, snapshot, doneThrough: 0, done });
  }

  transfer({ status, waiting }: Pick<Transfer, 'status' | 'waiting'>): void {
    const transferId = this.#transferId;
    if (waiting !== undefined && waiting.tries > this.#tries) {
      const { code, message } = waiting.reason;
      const delayMs = Math.max(0, fromIso(waiting.nextTryAt) - this.#now());
      this.#hear({ type: 'retrying', transferId, reason: { code, message }, delayMs });
    }
    this.#tries = waiting?.tries ?? 0;
    if (status === 'finalizing' && !this.#isFinalizing) this.#hear({ type: 'finalizing', transferId });
    this.#isFinalizing = status === 'finalizing';
  }

  pieces({ doneRanges, inFlight, trouble }: PiecesEvent): void {
    const plan = this.#plan;
    const transferId = this.#transferId;
    if (plan === undefined) return;
    const before = this.#done;
    this.#done = doneRanges;
    for (const [first, last] of doneRanges)
      for (let pieceNumber = first; pieceNumber <= last; pieceNumber += 1) {
        if (hasPiece(before, pieceNumber)) continue;
        this.#flying.delete(pieceNumber);
        this.#hear({ type: 'piece.done', transferId, pieceNumber, bytes: bytesOf(plan, pieceNumber), elapsedMs: 0 });
      }
    const now = new Map(inFlight.map(({ pieceNumber, doneBytes = 0 }) => [pieceNumber, doneBytes]));
    for (const pieceNumber of this.#flying.keys()) {
      if (now.has(pieceNumber)) continue;
      const { code = '', attempt = 1 } = trouble.find((one) => one.pieceNumber === pieceNumber) ?? {};
      const error = { code: isErrorCode(code) ? code : 'Internal', message: 'it is asked for again' } as const;
      this.#hear({ type: 'piece.requeued', transferId, pieceNumber, attempt, delayMs: 0, error });
    }
    for (const [pieceNumber, bytes] of now) {
      if (!this.#flying.has(pieceNumber))
        this.#hear({ type: 'piece.started', transferId, pieceNumber, attempt: 1, bytes: bytesOf(plan, pieceNumber) });
      if (bytes !== this.#flying.get(pieceNumber))
        this.#hear({ type: 'piece.progress', transferId, pieceNumber, bytes });
    }
    this.#flying = now;
  }
}

function bytesOf(plan: Plan, pieceNumber: number): number {
  if (plan.mode !== 'pieces') return 0;
  const { start, end } = pieceRange(plan, pieceNumber);
  return end - start;
}
