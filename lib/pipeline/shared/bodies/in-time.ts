import { PieceworkError } from '../../../errors/error.ts';
import type { Brought } from '../../../transfer/plan/pace.ts';
import { bytesPerSecond, isTooSlow } from '../../../transfer/plan/pace.ts';
import type { ByteReader } from '../../../values/bytes.ts';
import type { Clock, Instant } from '../../../values/time.ts';
import { formatBytes, formatDuration } from '../../../values/units.ts';

export interface InTime {
  readonly url: string;
  /** Of all that is read. */
  readonly sizeBytes: number;
  /** When the worker began. */
  readonly startedAt: Instant;
  /** How long it lives. @default for good: nothing is judged */
  readonly lifeMs: number | undefined;
  /** The smallest piece that the same bytes could come in. */
  readonly leastBytes: number;
  readonly clock: Clock;
}

/**
 * The same bytes, given up as soon as it shows that they will not all be there before the worker is
 * cut off: cut off, it could not say why, and the next one would begin again.
 * @throws PieceworkError `PieceTooSlow`, with the speed, and the smallest piece.
 */
export function inTime(reader: ByteReader, piece: InTime): ByteReader {
  const { sizeBytes, startedAt, lifeMs, clock } = piece;
  if (lifeMs === undefined) return reader;
  let bytes = 0;
  return {
    async read(into) {
      const got = await reader.read(into);
      bytes += got;
      const brought = { bytes, elapsedMs: clock.now() - startedAt };
      if (bytes < sizeBytes && got > 0 && isTooSlow(sizeBytes, brought, lifeMs)) throw tooSlow(piece, brought, lifeMs);
      return got;
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

function tooSlow({ url, sizeBytes, leastBytes }: InTime, brought: Brought, lifeMs: number): PieceworkError {
  const { bytes, elapsedMs } = brought;
  const speed = Math.max(1, Math.round(bytesPerSecond(brought)));
  return new PieceworkError(
    'PieceTooSlow',
    `${url} gave ${formatBytes(bytes)} of ${formatBytes(sizeBytes)} in ${formatDuration(elapsedMs)}, ${formatBytes(speed)} per second, and a worker has ${formatDuration(lifeMs)}; ` +
      "give workers more time (the deployment's pieceTimeout), or take a machine (piecework copy)",
    { details: { bytesPerSecond: speed, leastPieceBytes: leastBytes } },
  );
}
