import { wholeLocator } from '../../pipeline/requests/retry.ts';
import { transferEnded } from '../../pipeline/requests/transfer-errors.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { CopyReport } from '../api.ts';
import { runToReport } from '../copy/run-to-report.ts';
import { goOn } from '../copy/unfinished.ts';
import { needsOf } from '../engine/engine.ts';
import type { Home } from '../home/home.ts';
import { find } from './find.ts';

/** Runs a failed or interrupted transfer to its end, in this process. */
export async function retry(
  home: Home,
  transferId: string,
  source: SourceLocator | undefined,
  signal: AbortSignal,
): Promise<CopyReport> {
  const before = await findUnended(home, transferId);
  const locator = source ?? wholeLocator(before);
  const { request } = before;
  await using run = await home.engine.openInTurn(needsOf(request.destination, request.options, locator.url), signal);
  await using _lock = await home.locks.acquire(request.destination);
  const record = await findUnended(home, transferId);
  const startedAt = home.clock.now();
  await goOn(run.ports, record, locator, record.request, signal);
  return await runToReport(home, run, transferId, startedAt, signal);
}

/** @throws PieceworkError `TransferNotFound`, `TransferEnded`. */
async function findUnended(home: Home, transferId: string): Promise<TransferRecord> {
  const record = await find(home, transferId);
  if (record.status === 'completed' || record.status === 'cancelled') throw transferEnded(record);
  return record;
}
