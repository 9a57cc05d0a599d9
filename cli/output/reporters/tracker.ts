import { hasPiece } from '../../../lib/transfer/plan/piece-set.ts';
import { pieceCountOf } from '../../../lib/transfer/plan/plan.ts';
import type { PieceworkEvent } from '../../../lib/transfer/progress/events.ts';
import type { Progress } from '../../../lib/transfer/progress/progress.ts';
import { initialProgress, progressAfter } from '../../../lib/transfer/progress/progress.ts';
import type { MappedPieces } from '../piece-map.ts';

export type Phase = 'asking' | 'moving' | 'finishing';

export interface Tracked {
  readonly phase: Phase;
  readonly progress: Progress;
}

type Progressed = Extract<PieceworkEvent, { readonly type: 'piece.progress' }>;

/** Follows the events of one transfer. Of a piece's many progress events, only the last before a look is folded in. */
export class Tracker {
  readonly #now: () => number;
  readonly #latest = new Map<number, Progressed>();
  #progress: Progress;
  #phase: Phase = 'asking';

  constructor(now: () => number) {
    this.#now = now;
    this.#progress = initialProgress(now());
  }

  event(event: PieceworkEvent): void {
    if (event.type === 'piece.progress') {
      this.#latest.set(event.pieceNumber, event);
      return;
    }
    if ('pieceNumber' in event) this.#latest.delete(event.pieceNumber);
    if (event.type === 'planned') this.#latest.clear();
    if (event.type === 'planned' || event.type === 'restarted') this.#phase = 'moving';
    if (event.type === 'finalizing') this.#phase = 'finishing';
    this.#progress = progressAfter(this.#progress, event, this.#now());
  }

  look(): Tracked {
    const now = this.#now();
    for (const event of this.#latest.values()) this.#progress = progressAfter(this.#progress, event, now);
    this.#latest.clear();
    return { phase: this.#phase, progress: this.#progress };
  }
}

/** For the piece map; `undefined` where the pieces are not known beforehand. */
export function mappedPieces(progress: Progress): MappedPieces | undefined {
  const count = progress.plan === undefined ? undefined : pieceCountOf(progress.plan);
  if (count === undefined) return undefined;
  return {
    count,
    isDone: (number) => hasPiece(progress.done, number),
    inFlight: (number) => {
      const piece = progress.inFlight.get(number);
      return piece === undefined ? undefined : piece.bytes / Math.max(1, piece.sizeBytes);
    },
    isTroubled: (number) => progress.troubled.has(number),
  };
}
