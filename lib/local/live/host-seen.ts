import type { PieceEvent } from '../../transfer/progress/events.ts';
import type { Instant } from '../../values/time.ts';
import { ConnectionRate, RecentRate } from './rate.ts';

/** In flight: those of runs that were stopped stay behind. */
const MOST_PIECES = 10_000;

/** What this process has seen of one host, by the events of pieces that are fetched from it. */
export class HostSeen {
  requests = 0;
  bytes = 0;
  readonly errors = new Map<string, number>();
  lastSeenAt: Instant;
  readonly #rate = new RecentRate();
  readonly #connection = new ConnectionRate();
  /** Bytes of those that are not done. */
  readonly #came = new Map<string, number>();

  constructor(now: Instant) {
    this.lastSeenAt = now;
    this.#rate.begin(0, now);
  }

  hear(event: PieceEvent, now: Instant): void {
    const piece = `${event.transferId}/${event.pieceNumber}`;
    this.lastSeenAt = now;
    switch (event.type) {
      case 'piece.started':
        this.requests += 1;
        if (this.#came.size >= MOST_PIECES) this.#came.clear();
        this.#came.set(piece, 0);
        return;
      case 'piece.progress':
        this.#add(piece, event.bytes, now);
        this.#came.set(piece, event.bytes);
        return;
      case 'piece.done':
        // What comes in one answer says no more than this.
        if (event.serverSideCopy !== true) {
          this.#add(piece, event.bytes, now);
          this.#connection.add(event.bytes, event.elapsedMs);
        }
        this.#came.delete(piece);
        return;
      case 'piece.failed':
        this.errors.set(event.error.code, (this.errors.get(event.error.code) ?? 0) + 1);
        this.#came.delete(piece);
        return;
      default:
        return;
    }
  }

  /** Of the last seconds. */
  bytesPerSecond(now: Instant): number {
    return this.#rate.perSecond(this.bytes, now);
  }

  /** Of one connection, by the pieces that came last; `undefined` = none has. */
  get connectionBytesPerSecond(): number | undefined {
    return this.#connection.perSecond;
  }

  #add(piece: string, soFar: number, now: Instant): void {
    this.bytes += Math.max(0, soFar - (this.#came.get(piece) ?? 0));
    this.#rate.add(this.bytes, now);
  }
}
