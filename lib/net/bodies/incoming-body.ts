/**
 * The body of an answer while it comes in: never decoded, not yet counted. Its owner reads it to the end or discards
 * it.
 */
export interface IncomingBody {
  /**
   * Writes the next bytes to the front of `into`; 0 = the end.
   * @throws PieceworkError, or the signal's reason: then nothing is written any more.
   */
  read(into: Uint8Array): Promise<number>;
  /** Frees the connection: by reading on when little is left (unknown `restBytes` are tried), else by closing it. */
  discard(restBytes?: number): Promise<void>;
}

/** For bodies that come in chunks of their sender's choice. `next` gives `undefined` at the end. */
export function readerOfChunks(next: () => Promise<Uint8Array | undefined>): IncomingBody['read'] {
  let rest: Uint8Array = new Uint8Array(0);
  return async (into) => {
    while (rest.length === 0) {
      const chunk = await next();
      if (chunk === undefined) return 0;
      rest = chunk;
    }
    const given = rest.subarray(0, into.length);
    into.set(given);
    rest = rest.subarray(given.length);
    return given.length;
  };
}
