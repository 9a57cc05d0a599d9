import { fits, summaryOf } from '../../lib/api/requests/filter.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import type { Local, LocalBatch, LocalStatus } from '../../lib/index.ts';
import { stated } from '../../lib/values/stated.ts';
import { printable } from '../../lib/values/text/printable.ts';
import { resolveId } from '../options/given-id.ts';
import type { ListFilter } from '../options/list-filter.ts';
import { FILTER_EXTRAS, listFilter, meansBatch, transferFilter } from '../options/list-filter.ts';
import { localOptions } from '../options/request.ts';
import { batchJson, batchRow } from '../output/batch/batches.ts';
import { writeLine } from '../output/lines.ts';
import { withReason } from '../output/reason-of-row.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import type { TransferRow } from '../output/transfer-table.ts';
import { transferTable } from '../output/transfer-table.ts';
import { statusJson, transferRow } from '../output/transfers.ts';
import type { Verb } from '../verb.ts';
import { limitOf, merged, SHOWN_BY_DEFAULT } from './list-limit.ts';

export const listVerb: Verb = {
  name: 'list',
  alias: 'ls',
  summary: 'show the transfers and batches of this machine, newest first',
  arguments: [],
  settings: 'list',
  examples: [
    { command: 'piecework list', what: 'a table' },
    { command: 'piecework list --json | jq .transfers[].id', what: 'for a program' },
  ],
  extras: [
    { name: 'limit', placeholder: 'N', help: `at most so many; a table has ${SHOWN_BY_DEFAULT} else, JSON all` },
    { name: 'all', help: 'all of them' },
    ...FILTER_EXTRAS,
    { name: 'batch', placeholder: 'ID', help: 'the transfers of this batch, which are not shown else' },
  ],
  async run({ context, settings, extras }) {
    const limit = limitOf(extras, settings.json === true ? Number.POSITIVE_INFINITY : SHOWN_BY_DEFAULT);
    await using local = await context.openLocal(localOptions(settings));
    const filter = listFilter(extras, context.now());
    // One more says whether there are others.
    const found = await foundBy(local, { batch: textOf(extras['batch']), filter, limit: limit + 1 });
    const shown = found.slice(0, limit);
    if (settings.json === true) {
      writeJson(context.stdout, { type: 'result', ...listJson(shown) });
      return;
    }
    if (shown.length === 0) {
      if (settings.quiet !== true) writeLine(context.stderr, 'no transfers');
      return;
    }
    // The reader of a pipe cuts lines by itself.
    const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
    const now = context.now();
    for (const line of transferTable(
      shown.map((one) => withReason(rowOf(one, now), one.record, filter)),
      now,
      columns,
    ))
      writeLine(context.stdout, line);
    if (found.length > shown.length && settings.quiet !== true)
      writeLine(context.stderr, 'there are older ones; --all or --limit N shows more');
  },
};

type Found = LocalStatus | LocalBatch;

interface Asked {
  /** Only what belongs to it. */
  readonly batch: string | undefined;
  readonly filter: ListFilter;
  readonly limit: number;
}

/** Newest first. What belongs to a batch stands under it, and is shown only where it is asked for. */
async function foundBy(local: Local, { batch, filter, limit }: Asked): Promise<readonly Found[]> {
  const wanted = transferFilter(filter);
  const batchId = batch === undefined ? undefined : await idOfBatch(local, batch);
  const where = (record: LocalStatus['record']) =>
    record.batch?.id === batchId && fits(summaryOf(record), { ...wanted, ...stated({ batch: batchId }) });
  const own = await local.list({ limit, where });
  if (batchId !== undefined) return own;
  const batches = (await local.listBatches()).filter(({ record }) => meansBatch(filter, record.status));
  return merged<Found>(own, batches, ({ record }) => record.id);
}

async function idOfBatch(local: Local, given: string): Promise<string> {
  const { kind, id } = await resolveId(local, given);
  if (kind === 'batch') return id;
  throw new PieceworkError('BatchNotFound', `no batch has the id "${printable(given)}"; piecework list shows them`);
}

function isBatch(found: Found): found is LocalBatch {
  return 'list' in found.record;
}

function rowOf(found: Found, now: number): TransferRow {
  return isBatch(found) ? batchRow(found) : transferRow(found, now);
}

function listJson(found: readonly Found[]): object {
  return {
    transfers: found.flatMap((one) => (isBatch(one) ? [] : [statusJson(one)])),
    batches: found.flatMap((one) => (isBatch(one) ? [batchJson(one)] : [])),
  };
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
