import { PieceworkError } from '../../../errors/error.ts';
import type { TransferRecord } from '../../../transfer/record/record.ts';
import { formatBytes, formatDuration } from '../../../values/units.ts';
import type { Policy } from '../../shared/ports.ts';

/** The rate of a stream is not judged before this. */
const RUN_IN_MS = 60_000;

/**
 * What one worker can't bring in its life fails as soon as it shows: it would begin again and again, and never end.
 * Where the size is not known, only the end of that life shows it.
 * @throws PieceworkError `DeadlineExceeded`.
 */
export function checkPace(
  { streamLifeMs }: Pick<Policy, 'streamLifeMs'>,
  { request, snapshot }: Pick<TransferRecord, 'request' | 'snapshot'>,
  sentBytes: number,
  elapsedMs: number,
): void {
  if (streamLifeMs === undefined || elapsedMs < Math.min(RUN_IN_MS, streamLifeMs)) return;
  const wholeMs = (elapsedMs * (snapshot?.sizeBytes ?? sentBytes)) / Math.max(1, sentBytes);
  if (Math.max(wholeMs, elapsedMs) < streamLifeMs) return;
  throw new PieceworkError(
    'DeadlineExceeded',
    `${request.source.url} gives no ranges, so one worker must bring it on one connection, and this one lives for ${formatDuration(streamLifeMs)}: ` +
      `in ${formatDuration(elapsedMs)} it brought ${formatBytes(sentBytes)}; take a worker without that limit (piecework copy)`,
  );
}
