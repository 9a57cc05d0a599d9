import { reactionTo } from '../../errors/codes.ts';
import type { ErrorRecord } from '../../errors/error.ts';
import { stated } from '../../values/stated.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';
import { deniedWaitMs } from '../denial.ts';
import { failedOf, isWith } from '../loads/loads.ts';
import type { PieceTask } from '../messages.ts';
import type { TransferRecord, Trouble } from '../record/record.ts';
import { attemptOf } from '../record/record.ts';
import type { Transferring } from '../record/states.ts';
import type { BackoffPolicy } from '../retry.ts';
import { backoffAfter, waitMs } from '../retry.ts';
import type { Input } from './decision.ts';
import { reactionToPiece } from './ladder.ts';
import { mayFetchInstead } from './outcomes.ts';

export interface CurrentFailure {
  readonly pieceNumber: number;
  readonly error: ErrorRecord;
  /** Of whose worker it is. */
  readonly ofLoad?: number;
}

/**
 * Rule 4: a failure counts once, and only if plan and attempt are current and the piece is not done after all. Nor does
 * it where another worker has the piece by now, or no worker: it is fetched anyway.
 */
export function currentFailures(
  record: Transferring,
  missing: readonly number[],
  inputs: readonly Input[],
): readonly CurrentFailure[] {
  const open = new Set(missing);
  const failures: CurrentFailure[] = [];
  for (const input of inputs) {
    for (const { planId, pieceNumber, attempt, ofLoad } of failedTasks(record, input)) {
      if (!isWith(record.loads, pieceNumber, ofLoad)) continue;
      if (planId !== record.planId || attempt !== attemptOf(record, pieceNumber) || !open.delete(pieceNumber)) continue;
      const reported = input.kind === 'result' ? input.error : undefined;
      failures.push({ pieceNumber, error: reported ?? workerDied(record, pieceNumber), ...stated({ ofLoad }) });
    }
  }
  return failures;
}

type Failed = Pick<PieceTask, 'planId' | 'pieceNumber' | 'attempt'> & Pick<CurrentFailure, 'ofLoad'>;

function failedTasks({ loads }: Transferring, input: Input): readonly Failed[] {
  if (input.kind === 'result' && input.outcome === 'failed') return [input];
  if (input.kind !== 'dead') return [];
  const { task } = input;
  if (task.load === undefined) return [task];
  const { number: ofLoad } = task.load;
  return failedOf(loads, ofLoad).map((pieceNumber) => ({ ...task, pieceNumber, attempt: 1, ofLoad }));
}

/** No worker was left to say why; the function's log does. */
function workerDied({ request }: TransferRecord, pieceNumber: number): ErrorRecord {
  return {
    code: 'WorkerDied',
    message:
      `each worker that fetched piece ${pieceNumber} of ${request.source.url} died: out of memory, cut off at its time-out, or killed. ` +
      "The fetcher's log says which; retry the transfer, or start it anew with a smaller piece size, or give the fetcher more memory or time",
  };
}

/**
 * Holds of every part of the plan: also of one that the store put into the ledger, since what it says of that can't be
 * relied on.
 */
export function copyRefusal(record: Transferring, inputs: readonly Input[]): ErrorRecord | undefined {
  if (!mayFetchInstead(record)) return undefined;
  for (const input of inputs) {
    if (input.kind !== 'result' || input.planId !== record.planId || input.error === undefined) continue;
    if (reactionTo(input.error.code) === 'fetch') return input.error;
  }
  return undefined;
}

/** The piece again from scratch, after a wait; or the error with which it ends the transfer. */
export type Answer =
  | { readonly trouble: Trouble; readonly delayMs: number; readonly closesHostForMs?: number }
  | { readonly fatal: ErrorRecord };

/** @param isLimit the source was reading out pieces just now, on this only connection: its denial is a limit */
export function answerTo(
  { pieceNumber, error }: CurrentFailure,
  { id, trouble, request, isLimit }: Pick<TransferRecord, 'id' | 'trouble' | 'request'> & { readonly isLimit: boolean },
  now: Instant,
  backoff: BackoffPolicy,
): Answer {
  const first: Trouble = { attempt: 1, failures: 0, waits: 0, code: error.code };
  const before = trouble[String(pieceNumber)] ?? first;
  const reaction = isLimit ? 'wait' : reactionToPiece(error.code);
  if (reaction === 'fail') return { fatal: error };
  const waits = before.waits + (reaction === 'wait' ? 1 : 0);
  const failures = before.failures + (reaction === 'wait' ? 0 : 1);
  const twiceWrong = error.code === 'ChecksumMismatch' && before.code === 'ChecksumMismatch' && before.failures > 0;
  if (failures >= request.options.maxFailures || twiceWrong) return { fatal: afterAttempts(error, failures) };
  const seed = `${id}/${pieceNumber}/${before.attempt}`;
  const retryAfterMs = error.details?.retryAfterMs;
  const delayMs = isLimit
    ? deniedWaitMs(waits, seed, backoff)
    : reaction === 'wait'
      ? waitMs(waits, seed, retryAfterMs, backoff)
      : backoffAfter(error.code, failures, seed, backoff);
  const attempt = before.attempt + 1;
  const next: Trouble = { attempt, failures, waits, code: error.code, notBefore: toIso(now + delayMs) };
  // What was only put off until the host opens does not close it for longer.
  const isAsked = error.code === 'SourceBusy' && error.details?.postponed !== true;
  return retryAfterMs !== undefined && isAsked
    ? { trouble: next, delayMs, closesHostForMs: retryAfterMs }
    : { trouble: next, delayMs };
}

function afterAttempts(error: ErrorRecord, failures: number): ErrorRecord {
  return failures > 1 ? { ...error, message: `${error.message} (after ${failures} attempts)` } : error;
}
