import type { PieceEvent } from '../../transfer/progress/events.ts';
import type { Instant } from '../../values/time.ts';
import { BytesCame } from './came.ts';
import { ConnectionRate, RecentRate } from './rate.ts';

/** What this process has seen of one host, by the events of pieces that are fetched from it. */
export class HostSeen {
  /** Pieces that were begun. */
  requests = 0;
  /** Of pieces, by their code. */
  readonly errors = new Map<string, number>();
  lastSeenAt: Instant;
  #bytes = 0;
  readonly #came = new BytesCame();
  readonly #rate = new RecentRate();
  readonly #connection = new ConnectionRate();

  constructor(now: Instant) {
    this.lastSeenAt = now;
    this.#rate.begin(0, now);
  }

  hear(event: PieceEvent, now: Instant): void {
    this.lastSeenAt = now;
    const more = this.#came.hear(event);
    if (more > 0) {
      this.#bytes += more;
      this.#rate.add(this.#bytes, now);
    }
    if (event.type === 'piece.started') this.requests += 1;
    else if (event.type === 'piece.failed')
      this.errors.set(event.error.code, (this.errors.get(event.error.code) ?? 0) + 1);
    else if (event.type === 'piece.done' && event.serverSideCopy !== true)
      this.#connection.add(event.bytes, event.elapsedMs);
  }

  /** Of the last seconds. */
  bytesPerSecond(now: Instant): number {
    return this.#rate.perSecond(this.#bytes, now);
  }

  /** Of one connection, by the pieces that came last; `undefined` = none has. */
  get connectionBytesPerSecond(): number | undefined {
    return this.#connection.perSecond;
  }
}
