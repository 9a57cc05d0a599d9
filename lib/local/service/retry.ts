import { retry, wholeLocator } from '../../pipeline/requests/retry.ts';
import { transferEnded } from '../../pipeline/requests/transfer-errors.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isOver, isTombstone } from '../../transfer/record/record.ts';
import { goOn } from '../copy/unfinished.ts';
import { needsOf } from '../engine/engine.ts';
import type { Home } from '../home/home.ts';
import { find } from '../requests/find.ts';
import type { Background } from './background.ts';

/**
 * Sets a failed or interrupted transfer going again, and answers before it has ended.
 * @throws PieceworkError `DestinationLocked`, and those of a deployment's retry.
 */
export async function retryInBackground(
  home: Home,
  looking: Ports,
  work: Background,
  transferId: string,
  source: SourceLocator | undefined,
): Promise<TransferRecord> {
  const record = await find(home, transferId);
  const { destination, options } = record.request;
  const isAtWork = !isOver(record) && (await home.locks.isHeld(destination));
  // Says why not.
  if (isAtWork || isTombstone(record)) return await retry(looking, transferId, source);
  if (record.status === 'completed' || record.status === 'cancelled') throw transferEnded(record);
  const locator = source ?? wholeLocator(record);
  const wanted = { needs: needsOf(destination, options, locator.url), place: destination, source: locator };
  return await work.start(wanted, async ({ ports }) => {
    await goOn(ports, record, locator, record.request, work.signal);
    return (await loadTransfer(ports, transferId))?.record ?? record;
  });
}
