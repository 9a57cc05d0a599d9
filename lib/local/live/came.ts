import type { PieceEvent } from '../../transfer/progress/events.ts';

/** Those of runs that were stopped stay behind. */
const MOST_PIECES = 10_000;

/** How many bytes of pieces have come, by their events; a piece that begins again counts again. */
export class BytesCame {
  /** Of pieces that are not done. */
  readonly #soFar = new Map<string, number>();

  /** Bytes that are new. */
  hear(event: PieceEvent): number {
    const piece = `${event.transferId}/${event.pieceNumber}`;
    switch (event.type) {
      case 'piece.started':
        if (this.#soFar.size >= MOST_PIECES) this.#soFar.clear();
        this.#soFar.set(piece, 0);
        return 0;
      case 'piece.progress':
        return this.#upTo(piece, event.bytes);
      case 'piece.done': {
        // What comes in one answer says no more than this.
        const more = event.serverSideCopy === true ? 0 : this.#upTo(piece, event.bytes);
        this.#soFar.delete(piece);
        return more;
      }
      case 'piece.failed':
        this.#soFar.delete(piece);
        return 0;
      default:
        return 0;
    }
  }

  #upTo(piece: string, bytes: number): number {
    const before = this.#soFar.get(piece) ?? 0;
    this.#soFar.set(piece, bytes);
    return Math.max(0, bytes - before);
  }
}

export function isOfPiece(event: { readonly type: string }): event is PieceEvent {
  return event.type.startsWith('piece.');
}
