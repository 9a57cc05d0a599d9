import type { ErrorCode } from '../../../errors/codes.ts';
import type { PieceworkError } from '../../../errors/error.ts';
import { asPieceworkError, toErrorRecord } from '../../../errors/error.ts';
import { backoffMs } from '../../../transfer/retry.ts';
import type { ByteReader } from '../../../values/bytes.ts';
import type { ByteRange } from '../../../values/ranges.ts';
import type { Ports } from '../ports.ts';

/** One answer to one range, its head checked against the snapshot. */
export type OpenRange = (range: ByteRange, signal: AbortSignal) => Promise<ByteReader>;

export interface ContinuedBody {
  readonly ports: Pick<Ports, 'clock' | 'events' | 'policy'>;
  readonly transferId: string;
  /** Absent = of a body that is read in planning. */
  readonly pieceNumber?: number;
  readonly range: ByteRange;
  /** Asks for what is lacking. */
  readonly openAgain: OpenRange;
  readonly signal: AbortSignal;
}

/** The connection is at fault, or what stands between: what had come is as good as before. */
const BREAKS: ReadonlySet<ErrorCode> = new Set(['SourceReset', 'SourceStalled', 'BodyShort']);

/** A round that brings less than this is poor: the next one waits. */
const POOR_BYTES = 16 * 1024;
/** So many poor rounds one after the other are borne. */
const MOST_POOR_ROUNDS = 8;

/**
 * A body that goes on where its connection broke: what had come is kept, and the rest is asked for under the same
 * condition and with the same checks as any range, so that all of it is of the snapshot's version. Each round must
 * bring a byte; poor ones wait by the back-off, and are bounded. Throws what broke the last round that brought any,
 * unless the rest is refused for a reason of its own.
 */
export function continuedReader(first: ByteReader, body: ContinuedBody): ByteReader {
  return new ContinuedReader(first, body);
}

class ContinuedReader implements ByteReader {
  readonly #body: ContinuedBody;
  #reader: ByteReader | undefined;
  /** Next byte to come. */
  #at: number;
  #roundBytes = 0;
  #poorRounds = 0;
  /** What ended the last round that brought bytes. */
  #broke: PieceworkError | undefined;

  constructor(first: ByteReader, body: ContinuedBody) {
    this.#reader = first;
    this.#body = body;
    this.#at = body.range.start;
  }

  async read(into: Uint8Array): Promise<number> {
    for (;;) {
      try {
        const reader = this.#reader ?? (await this.#openRest());
        const got = await reader.read(into);
        this.#at += got;
        this.#roundBytes += got;
        return got;
      } catch (thrown) {
        this.#body.signal.throwIfAborted();
        const error = asPieceworkError(thrown);
        if (!this.#mayGoOn(error))
          throw this.#roundBytes === 0 && error.reaction === 'retry' ? (this.#broke ?? error) : error;
        await this.#endRound(error);
      }
    }
  }

  #mayGoOn({ code, details }: PieceworkError): boolean {
    if (!BREAKS.has(code) || details.belowMinSpeed === true) return false;
    if (this.#roundBytes === 0 || this.#at >= this.#body.range.end) return false;
    this.#poorRounds = this.#roundBytes < POOR_BYTES ? this.#poorRounds + 1 : 0;
    return this.#poorRounds <= MOST_POOR_ROUNDS;
  }

  /** Nothing of the old connection lands in a buffer any more when this resolves. */
  async #endRound(error: PieceworkError): Promise<void> {
    const { ports, transferId, pieceNumber, range, signal } = this.#body;
    this.#broke = error;
    await this[Symbol.asyncDispose]();
    const seed = `${transferId}/${this.#at}`;
    const delayMs = this.#poorRounds === 0 ? 0 : backoffMs(this.#poorRounds, seed, ports.policy.decide.backoff);
    await ports.events.emit({
      type: 'piece.continued',
      transferId,
      restBytes: range.end - this.#at,
      delayMs,
      error: toErrorRecord(error),
      ...(pieceNumber === undefined ? {} : { pieceNumber }),
    });
    if (delayMs > 0) await ports.clock.sleep(delayMs, signal);
  }

  async #openRest(): Promise<ByteReader> {
    const { range, openAgain, signal } = this.#body;
    this.#roundBytes = 0;
    const reader = await openAgain({ start: this.#at, end: range.end }, signal);
    this.#reader = reader;
    return reader;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.[Symbol.asyncDispose]();
  }
}
