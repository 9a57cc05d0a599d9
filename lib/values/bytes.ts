/**
 * How bytes travel: always into memory that the receiver was given. The windows are the only body memory
 * there is, so their number bounds concurrency, back-pressure and memory alike (invariant 5).
 */
export interface ByteReader extends AsyncDisposable {
  /**
   * Writes the next bytes to the front of `into` and returns how many, at least 1, at most `into.length`.
   * 0 = the end, and only after exactly the promised number of bytes: a body that is short, long or
   * broken throws a `PieceworkError`.
   */
  read(into: Uint8Array): Promise<number>;
}

export interface Window extends Disposable {
  readonly bytes: Uint8Array;
}

export interface WindowPool {
  readonly windowBytes: number;
  readonly count: number;
  /** Waits for a free window, first come first served. A holder of one window never borrows a second. */
  borrow(signal: AbortSignal): Promise<Window>;
  /**
   * All windows as one piece of memory, `windowBytes * count` long: for a stream whose parts must be
   * cut before their length is known.
   */
  borrowAll(signal: AbortSignal): Promise<Window>;
}

/** All of it is in memory and checksummed: the destination may send it again without asking the source. */
export interface WholeBody {
  readonly kind: 'whole';
  readonly bytes: Uint8Array;
  readonly crc32: number;
}

/** A body on its way into a destination, whose length is known before it starts. */
export type Body =
  | WholeBody
  /**
   * View after view of a window, each valid until the next call, and no longer than was asked for where anything was.
   * `undefined` = the end. Can be sent once only.
   */
  | { readonly kind: 'windows'; next(mostBytes?: number): Promise<Uint8Array | undefined> };
