import { ERROR_CODES } from '../errors/codes.ts';
import type { ErrorRecord } from '../errors/error.ts';
import type { Instant } from '../values/time.ts';
import { fromIso, toIso } from '../values/time.ts';
import { formatDuration } from '../values/units.ts';
import type { TransferRecord, Trouble } from './record/record.ts';

/*
 * How long a source that gives nothing is waited for (`maxWaitMs`). What counts is the time since its last byte, of the
 * whole transfer: `silentSince` in the record begins with the first failure or wait after it, and ends with what comes.
 */

export interface PatiencePolicy {
  /** Where the request says nothing. @default to the deadline */
  readonly maxWaitMs?: number;
}

/** A piece that was tried anew for longer than this, and has not answered, is likely to bring bytes. */
const ANSWERED_WITHIN_MS = 120_000;

/** The source, or the way to it, is why nothing came. A store that asks for patience had its bytes. */
export function isOfSource({ code }: Pick<ErrorRecord, 'code'>): boolean {
  const { group } = ERROR_CODES[code];
  return group === 'source' || group === 'network';
}

/** From now on the source is waited for, unless it has been before. */
export function silentFrom<R extends TransferRecord>(record: R, now: Instant): R {
  return record.silentSince === undefined ? { ...record, silentSince: toIso(now) } : record;
}

/** The source has given something. */
export function notSilent<R extends TransferRecord>(record: R): R {
  if (record.silentSince === undefined) return record;
  const { silentSince: _, ...rest } = record;
  return rest as R;
}

/**
 * Why the transfer ends here: the next try comes when patience is used up. `undefined` = it is tried.
 * @param record with the failure taken into account.
 */
export function outOfPatience(
  { silentSince, request }: Pick<TransferRecord, 'silentSince' | 'request'>,
  error: ErrorRecord,
  next: { readonly delayMs: number; readonly now: Instant },
  policy: PatiencePolicy,
): ErrorRecord | undefined {
  if (silentSince === undefined || !isOfSource(error)) return undefined;
  const why = whyNotWait({ silentSince, request }, next, policy);
  return why === undefined ? undefined : { ...error, message: `${error.message}${why}` };
}

/** What is said of it, behind the last reason. */
export function ofPatience(waitedMs: number, delayMs: number, maxWaitMs: number): string {
  return (
    `; nothing has come for ${formatDuration(waitedMs)}, the next try would be in ${formatDuration(delayMs)}, and --max-wait allows ` +
    `${formatDuration(maxWaitMs)} without a byte: try later, or give a longer --max-wait`
  );
}

/**
 * Why the transfer ends although nothing failed just now: all that was sent and is not done waits for the source longer
 * than patience lasts, since the piece that came last was the only one that still brought bytes.
 */
export function allWaitTooLong(
  record: Pick<TransferRecord, 'silentSince' | 'request'>,
  missing: readonly number[],
  trouble: Readonly<Record<string, Trouble>>,
  now: Instant,
  policy: PatiencePolicy,
): ErrorRecord | undefined {
  const waiting = missing.map((pieceNumber) => trouble[String(pieceNumber)]);
  const delays = waiting.map((one) =>
    one?.notBefore === undefined || !isOfSource(one) ? 0 : fromIso(one.notBefore) - now,
  );
  const [first] = waiting;
  if (first === undefined) return undefined;
  const why = whyNotWait(record, { delayMs: Math.min(...delays), now }, policy);
  if (why === undefined) return undefined;
  return { code: first.code, message: `${record.request.source.url}: the source asks for patience${why}` };
}

/** The end of its sentence; `undefined` = the next try comes within patience. */
function whyNotWait(
  { silentSince, request }: Pick<TransferRecord, 'silentSince' | 'request'>,
  { delayMs, now }: { readonly delayMs: number; readonly now: Instant },
  policy: PatiencePolicy,
): string | undefined {
  const maxWaitMs = request.options.maxWaitMs ?? policy.maxWaitMs;
  const waitedMs = silentSince === undefined ? 0 : Math.max(0, now - fromIso(silentSince));
  if (maxWaitMs === undefined || waitedMs + delayMs <= maxWaitMs) return undefined;
  return ofPatience(waitedMs, delayMs, maxWaitMs);
}

/** Of pieces that were sent and not done: all of them wait, or have been tried again only just now. */
export function allWait(missing: readonly number[], trouble: Readonly<Record<string, Trouble>>, now: Instant): boolean {
  return missing.every((pieceNumber) => {
    const notBefore = trouble[String(pieceNumber)]?.notBefore;
    return notBefore !== undefined && fromIso(notBefore) >= now - ANSWERED_WITHIN_MS;
  });
}
