import { PieceworkError } from '../../errors/error.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import { isSettled, isTombstone, sealedRunOf } from '../../transfer/record/record.ts';
import type { NextRun } from '../../transfer/record/transitions.ts';
import type { Ports } from '../shared/ports.ts';
import { sourceNeeded } from '../shared/source-needed.ts';
import { loadNarrowed, onConflictAgain } from '../shared/store.ts';
import { startNextRun } from './next-run.ts';
import { shownSource } from './shown-source.ts';
import { transferNotFound } from './transfer-errors.ts';

/**
 * Starts a failed transfer again as its next run. If the source's validator is unchanged and the upload still stands in
 * its hold, only the missing pieces are fetched (protocol §4).
 * @param source given again by the caller, else the sealed one. Another than before stands in the record from now on.
 * @param next.request holds from the next run on. @default what was asked before
 * @param next.actedBy the principal that asks for it. @default not said
 * @throws PieceworkError `TransferNotFound`; `TransferEnded` when it is completed or cancelled, `TransferRunning`
 * when it is open; `SourceNeeded`.
 */
export async function retry(
  ports: Ports,
  transferId: string,
  source?: SourceLocator,
  next: Pick<NextRun, 'request' | 'actedBy'> = {},
): Promise<TransferRecord> {
  const record = await nextRun(ports, transferId, source, next);
  await ports.events.emit({
    type: 'retried',
    transferId,
    run: record.run,
    source: record.request.source.url,
    ...(next.actedBy === undefined ? {} : { actedBy: next.actedBy }),
  });
  return record;
}

async function nextRun(
  ports: Ports,
  transferId: string,
  source: SourceLocator | undefined,
  next: Pick<NextRun, 'request' | 'actedBy'>,
): Promise<TransferRecord> {
  return await onConflictAgain(async () => {
    const loaded = await loadNarrowed(ports, transferId);
    if (loaded === undefined) throw transferNotFound(transferId);
    const { record, version } = loaded;
    // A tombstone does not know what was asked for: only a repeated submit can go on with it.
    if (isTombstone(record)) throw transferNotFound(transferId);
    if (record.status !== 'failed') throw notFailed(record);
    const failed = { record, version };
    const { keepsSealed = false } = ports.policy;
    // It is discarded only after the record says that everything is cleaned up, so a retry that wins its swap finds it.
    if (source === undefined && keepsSealed && !isSettled(record))
      return await startNextRun(ports, failed, undefined, next);
    const sealed = keepsSealed ? undefined : await ports.secrets.unseal(transferId, sealedRunOf(record));
    if (source === undefined) return await startNextRun(ports, failed, sealed ?? wholeLocator(record), next);
    const given = asSecretAs(record, source);
    const request = { ...(next.request ?? record.request), source: shownSource(given) };
    return await startNextRun(ports, failed, given, { ...next, request });
  });
}

/** A path that was a secret stays one, also where the caller does not say it again. */
export function asSecretAs({ request }: Pick<TransferRecord, 'request'>, source: SourceLocator): SourceLocator {
  return request.source.secretPath === true ? { ...source, secretPath: true } : source;
}

/** A source that held nothing secret stands whole in the record. @throws PieceworkError `SourceNeeded`. */
export function wholeLocator(record: TransferRecord): SourceLocator {
  if (record.request.source.withheld) throw sourceNeeded(record);
  return { url: record.request.source.url };
}

function notFailed(record: TransferRecord): PieceworkError {
  if (record.status === 'completed' || record.status === 'cancelled') {
    return new PieceworkError(
      'TransferEnded',
      `transfer ${record.id} is ${record.status}; only a failed one can be retried`,
    );
  }
  return new PieceworkError(
    'TransferRunning',
    `transfer ${record.id} is ${record.status}, not failed; it goes on by itself, or with the same copy command`,
  );
}
