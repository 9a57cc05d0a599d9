import { asPieceworkError, fromErrorRecord, PieceworkError } from '../../errors/error.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Instant } from '../../values/time.ts';
import type { CopyReport } from '../api.ts';
import type { Run } from '../engine/run.ts';
import type { Home } from '../home/home.ts';

/** Runs a transfer that has been set going, and says how it ended. Throws its reason when it failed. */
export async function runToReport(
  home: Home,
  run: Run,
  transferId: string,
  startedAt: Instant,
  signal: AbortSignal,
): Promise<CopyReport> {
  const record = await runOrInterrupted(home, run, transferId, signal);
  if (record.status !== 'completed' || record.result === undefined) {
    throw record.reason === undefined
      ? new PieceworkError('Internal', `transfer ${transferId} is ${record.status} without a reason`)
      : fromErrorRecord(record.reason);
  }
  const { plan, snapshot, result } = record;
  return {
    transferId,
    destination: record.request.destination,
    result,
    elapsedMs: run.ports.clock.now() - startedAt,
    fetchedBytes: run.tally.fetchedBytes,
    resumedPieces: run.tally.resumedPieces,
    ...(plan === undefined ? {} : { plan }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

async function runOrInterrupted(
  home: Home,
  run: Run,
  transferId: string,
  signal: AbortSignal,
): Promise<TransferRecord> {
  try {
    return await run.work(transferId, signal);
  } catch (thrown) {
    if (!signal.aborted) throw asPieceworkError(thrown);
    throw await interrupted(home, run, transferId, thrown);
  }
}

async function interrupted(
  { destinations }: Home,
  run: Run,
  transferId: string,
  cause: unknown,
): Promise<PieceworkError> {
  const to = (await loadTransfer(run.ports, transferId))?.record.request.destination;
  const hint =
    to === undefined || destinations.kind(to.kind).isResumable
      ? 'run the same command again to go on with the missing pieces'
      : `what went to ${destinations.describe(to)} is incomplete`;
  return new PieceworkError('Interrupted', `interrupted; ${hint}`, { cause, details: { transferId } });
}
