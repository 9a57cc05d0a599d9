import type { TransferStatus } from '../../pipeline/requests/query.ts';
import type { Part } from '../../transfer/plan/ledger.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { fromIso } from '../../values/time.ts';
import type { LiveTransfer } from '../live.ts';
import type { TransferDetail } from '../schemas/transfer.ts';

const SPAN_MS = 60_000;
/** Shorter than this, a speed is an accident. */
const LEAST_SPAN_MS = 1_000;

/**
 * Bytes per second, from the times at which parts came into the ledger: since the part that came a minute ago, or
 * the `few`th newest where that is longer ago; but not from before `since`. It falls while nothing comes.
 * `undefined` before anything did.
 */
export function landingRate(parts: readonly Part[], since: Instant, now: Instant, few: number): number | undefined {
  const landed = parts
    .flatMap(({ sizeBytes, modifiedAt }) => (modifiedAt === undefined ? [] : [{ sizeBytes, at: fromIso(modifiedAt) }]))
    .filter(({ at }) => at > since)
    .sort((a, b) => b.at - a.at);
  if (landed.length === 0) return undefined;
  const begin = landed.find(({ at }, index) => index >= few && at <= now - SPAN_MS)?.at ?? since;
  const spanMs = now - begin;
  if (spanMs < LEAST_SPAN_MS) return undefined;
  const bytes = landed.reduce((sum, { sizeBytes, at }) => (at > begin ? sum + sizeBytes : sum), 0);
  return (bytes * 1000) / spanMs;
}

/**
 * How far a transfer is. Where it does not run in this process, its record and ledger alone say that: there are no
 * counters.
 */
export function progressOf(
  { record, pieces }: TransferStatus,
  now: Instant,
  live?: LiveTransfer,
): TransferDetail['progress'] {
  if (live !== undefined && record.status !== 'completed') return progressNow(live);
  const { status, result, plan, request } = record;
  if (status === 'completed' && result !== undefined)
    return { doneBytes: result.sizeBytes, sizeBytes: result.sizeBytes, percent: 100 };
  const sizeBytes = plan?.sizeBytes;
  if (pieces === undefined) return stated({ sizeBytes });
  const { doneBytes, parts, listedAfter } = pieces;
  const since = Math.max(runStartedAt(record), listedAfter === 0 ? 0 : firstLanding(parts));
  const rate = status === 'transferring' ? landingRate(parts, since, now, 2 * request.options.parallelism) : undefined;
  const remaining =
    sizeBytes === undefined || rate === undefined || rate <= 0 ? undefined : (sizeBytes - doneBytes) / rate;
  return {
    doneBytes,
    ...stated({
      sizeBytes,
      percent: percentOf(doneBytes, sizeBytes),
      bytesPerSecond: rate === undefined ? undefined : Math.round(rate),
      remainingSeconds: remaining === undefined ? undefined : Math.ceil(remaining),
    }),
  };
}

/** Of those that are listed: what came before that is not known here. */
function firstLanding(parts: readonly Part[]): Instant {
  const landings = parts.flatMap(({ modifiedAt }) => (modifiedAt === undefined ? [] : [fromIso(modifiedAt)]));
  return landings.reduce((first, at) => Math.min(first, at), Number.POSITIVE_INFINITY);
}

/** How far one is that runs in this process. */
export function progressNow({ doneBytes, receivedBytes, sizeBytes, bytesPerSecond }: LiveTransfer) {
  const isMoving = sizeBytes !== undefined && bytesPerSecond > 0;
  return {
    doneBytes,
    receivedBytes,
    bytesPerSecond: Math.round(bytesPerSecond),
    ...stated({
      sizeBytes,
      percent: percentOf(doneBytes, sizeBytes),
      remainingSeconds: isMoving ? Math.ceil(Math.max(0, sizeBytes - receivedBytes) / bytesPerSecond) : undefined,
    }),
  };
}

/** Each run has its own deadline. */
function runStartedAt({ deadlineAt, request }: TransferRecord): Instant {
  return fromIso(deadlineAt) - request.options.deadlineMs;
}

function percentOf(doneBytes: number, sizeBytes: number | undefined): number | undefined {
  if (sizeBytes === undefined) return undefined;
  return doneBytes >= sizeBytes ? 100 : Math.min(99, Math.floor((doneBytes * 100) / sizeBytes));
}
