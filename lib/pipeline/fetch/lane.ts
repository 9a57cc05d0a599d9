import type { ByteReader } from '../../values/bytes.ts';
import type { ByteRange } from '../../values/ranges.ts';
import type { Instant } from '../../values/time.ts';
import type { OpenRange } from '../shared/bodies/continued-reader.ts';

/** One connection's way through a range, asked for at once. */
export class Lane {
  readonly range: ByteRange;
  readonly startedAt: Instant;
  readonly opened: Promise<ByteReader>;
  /** The next byte that it will bring. */
  at: number;
  readonly #closing = new AbortController();
  readonly #outer: AbortSignal;
  #reading: Promise<unknown>;

  constructor(open: OpenRange, range: ByteRange, outer: AbortSignal, now: Instant) {
    this.range = range;
    this.at = range.start;
    this.startedAt = now;
    this.#outer = outer;
    if (outer.aborted) this.#follow();
    else outer.addEventListener('abort', this.#follow, { once: true });
    this.opened = open(range, this.#closing.signal);
    this.#reading = this.opened;
    // The reader gets it.
    this.opened.catch(() => {});
  }

  readonly #follow = (): void => this.#closing.abort(this.#outer.reason);

  read(into: Uint8Array): Promise<number> {
    const reading = this.#read(into);
    this.#reading = reading;
    return reading;
  }

  async #read(into: Uint8Array): Promise<number> {
    const reader = await this.opened;
    const got = await reader.read(into);
    this.at += got;
    return got;
  }

  /**
   * Closes the connection, so that no piece is given it any more; when this resolves,
   * nothing of it lands in any buffer.
   */
  async cut(because: Error): Promise<void> {
    this.#closing.abort(because);
    await this.#reading.catch(() => {});
    await this.end();
  }

  /** Done with it: the connection may serve another piece, if all was read. */
  async end(): Promise<void> {
    this.#outer.removeEventListener('abort', this.#follow);
    const reader = await this.opened.catch(() => undefined);
    await reader?.[Symbol.asyncDispose]();
  }
}
