import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { outcomesInOrder } from '../../../pipeline/batch/outcomes-in-order.ts';
import type { ShardIndex } from '../../../pipeline/batch/run-shards.ts';
import { reportName } from '../../../transfer/batch/batch-place.ts';
import type { BatchRecord } from '../../../transfer/batch/batch-record.ts';
import { copy } from '../../copy/copy.ts';
import type { Home } from '../../home/home.ts';
import type { BatchFolder } from '../batch-folder.ts';
import { reportAsCsv, reportAsLines } from './formats.ts';

/** Of which batch. */
export interface ReportOf {
  readonly batch: BatchRecord;
  readonly folder: BatchFolder;
  readonly shards: readonly ShardIndex[];
}

/**
 * Writes the report of a batch, in list order.
 * @returns where it is; `undefined` = none was asked for
 */
export async function storeReport(
  home: Home,
  { batch, folder, shards }: ReportOf,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { reportTo: report } = batch;
  if (report === false) return undefined;
  const format = report?.toLowerCase().endsWith('.csv') === true ? reportAsCsv : reportAsLines;
  const destination = report ?? `${folder.text}${reportName(batch.id)}`;
  const text = format(outcomesInOrder({ records: home.records }, batch.id, shards));
  const of = { text, destination, what: 'report', keptAs: `${batch.id}.jsonl`, batchId: batch.id };
  return await storeText(home, of, signal);
}

/** Where reports lie until they are at their place. */
export function keptReports({ stateDir }: Pick<Home, 'stateDir'>): string {
  return join(stateDir, 'reports');
}

/**
 * Writes a text first into the state folder: from there it is copied to its place like any other file, whole or not at
 * all, and it stays where that fails.
 * @returns where it is
 */
export async function storeText(
  home: Home,
  of: {
    readonly text: AsyncIterable<string>;
    readonly destination: string;
    readonly what: string;
    readonly keptAs: string;
    readonly batchId: string;
  },
  signal: AbortSignal,
): Promise<string> {
  const { text, destination, what, keptAs, batchId } = of;
  const kept = join(keptReports(home), keptAs);
  await mkdir(keptReports(home), { recursive: true, mode: 0o700 });
  await pipeline(Readable.from(text), createWriteStream(kept, { mode: 0o600, flush: true }), { signal });
  try {
    const copied = await copy(home, { source: { url: pathToFileURL(kept).href }, destination }, signal, {
      batch: { id: batchId, entry: 0 },
      // It is small, and the batch has its turn already.
      atOnce: true,
    });
    await rm(kept, { force: true });
    return home.destinations.describe(copied.destination);
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    await home.events.emit({
      type: 'warning',
      message: `the ${what} could not be written (${message}); it is ${kept}`,
    });
    return kept;
  }
}
