import type { ApiClient } from '../../lib/api/client/client.ts';
import type { Batch } from '../../lib/api/schemas/batches/answers.ts';
import type { Transfer } from '../../lib/api/schemas/transfer.ts';
import { PieceworkError } from '../../lib/errors/error.ts';
import { BATCH_STATUSES } from '../../lib/transfer/batch/batch-record.ts';
import { stated } from '../../lib/values/stated.ts';
import { refuseSource } from '../options/given-id.ts';
import { listFilter, meansBatch } from '../options/list-filter.ts';
import { retrySource } from '../options/request.ts';
import { batchLine } from '../output/batch/batches.ts';
import { writeLine } from '../output/lines.ts';
import { readsUnicode } from '../output/paint.ts';
import { BLOCKS, LETTERS } from '../output/piece-map.ts';
import { withReason } from '../output/reason-of-row.ts';
import { writeJson } from '../output/reporters/json-reporter.ts';
import { transferTable } from '../output/transfer-table.ts';
import type { VerbCall } from '../verb.ts';
import { limitOf, merged, SHOWN_BY_DEFAULT } from '../verbs/list-limit.ts';
import { remoteBatchLines, remoteBatchRow } from './batches.ts';
import { resolveRemoteId } from './remote-id.ts';
import { remoteRow, remoteStatusLines } from './show.ts';
import { remoteSource } from './source.ts';
import { throwUnlessWhole, watchBatch } from './watch/watch-batch.ts';
import { watchTransfer } from './watch/watch-transfer.ts';
import type { Remote } from './with-deployment.ts';

const WATCH = { name: 'watch', help: 'follow it until it has ended, and end as it did (deployments)' };
const MOST_ON_PAGE = 100;

export const remoteList: Remote = {
  isOfServer: true,
  examples: [{ command: 'piecework list --stack piecework --status failed', what: 'of a deployment' }],
  async run({ context, settings, extras }, client) {
    const limit = limitOf(extras, settings.json === true ? 50 : SHOWN_BY_DEFAULT);
    const filter = listFilter(extras, context.now());
    const { words, ...rest } = filter;
    const batch = textOf(extras['batch']);
    const of = batch === undefined ? undefined : (await resolveRemoteId(client, batch, context.signal)).id;
    const { signal } = context;
    const statuses = words?.flatMap((word) => (word === 'running' ? [] : [word]));
    const transfers =
      statuses?.length === 0
        ? NO_PAGES
        : await pages(limit, async (page) => {
            const wanted = stated({ status: statuses, batch: of, ...rest });
            const { transfers: found, nextCursor } = await client.list({ ...page, ...wanted, signal });
            return { found, ...stated({ nextCursor }) };
          });
    const meant = of === undefined ? BATCH_STATUSES.filter((status) => meansBatch(filter, status)) : [];
    // The API takes one, or none for all.
    const status = meant.length === 1 ? meant[0] : undefined;
    const batches =
      meant.length > 0
        ? await pages(limit, async (page) => {
            const { batches: all, nextCursor } = await client.listBatches({ ...page, ...stated({ status }), signal });
            return { found: all.filter((batch) => meant.includes(batch.status)), ...stated({ nextCursor }) };
          }).catch(noneWhereUnknown)
        : NO_PAGES;
    if (settings.json === true) {
      // All of each, so that a cursor goes on where it ends.
      writeJson(context.stdout, {
        type: 'result',
        home: client.url,
        transfers: transfers.found,
        batches: batches.found,
        ...stated({ nextCursor: transfers.nextCursor, nextBatchCursor: batches.nextCursor }),
      });
      return;
    }
    const all = merged<Transfer | Batch>(transfers.found, batches.found, ({ id }) => id);
    const shown = all.slice(0, limit);
    const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
    const now = context.now();
    const rows = shown.map((one) =>
      withReason('source' in one ? remoteRow(one, now) : remoteBatchRow(one), one, filter),
    );
    if (rows.length > 0) for (const line of transferTable(rows, now, columns)) writeLine(context.stdout, line);
    if (settings.quiet === true) return;
    if (shown.length === 0) writeLine(context.stderr, 'no transfers');
    if ((transfers.nextCursor ?? batches.nextCursor) !== undefined || shown.length < all.length)
      writeLine(context.stderr, 'there are older ones; --all or --limit N shows more');
  },
};

interface Pages<T> {
  readonly found: readonly T[];
  /** Of the page that follows. */
  readonly nextCursor?: string;
}

const NO_PAGES: Pages<never> = { found: [] };

async function pages<T>(
  limit: number,
  read: (page: { readonly limit: number; readonly cursor?: string }) => Promise<Pages<T>>,
): Promise<Pages<T>> {
  const found: T[] = [];
  let nextCursor: string | undefined;
  do {
    const most = Math.min(MOST_ON_PAGE, limit - found.length);
    const page: Pages<T> = await read({ limit: most, ...stated({ cursor: nextCursor }) });
    found.push(...page.found);
    nextCursor = page.nextCursor;
  } while (nextCursor !== undefined && found.length < limit);
  return { found, ...stated({ nextCursor }) };
}

/** A deployment from before there were batches. */
function noneWhereUnknown(error: unknown): Pages<Batch> {
  if (error instanceof PieceworkError && error.code === 'RouteNotFound') return NO_PAGES;
  throw error;
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export const remoteStatus: Remote = {
  isOfServer: true,
  extras: [WATCH],
  examples: [{ command: 'piecework status 01JZ8 --stack piecework --watch', what: "follows a deployment's transfer" }],
  async run(call, client) {
    const { context, settings } = call;
    const { kind, id } = await resolveRemoteId(client, call.arguments[0] ?? '', context.signal);
    if (kind === 'batch') return await showBatch(call, client, id);
    const transfer =
      call.extras['watch'] === true
        ? await watchTransfer(call, client, id)
        : await client.get(id, { signal: context.signal });
    if (settings.json === true) {
      writeJson(context.stdout, { type: 'result', home: client.url, transfer });
      return;
    }
    const glyphs = readsUnicode(context.environment) ? BLOCKS : LETTERS;
    const columns = context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : 80;
    for (const line of remoteStatusLines(transfer, { columns, glyphs }, context.now())) writeLine(context.stdout, line);
    if (transfer.endedAt === undefined) await sayPaused(call, client);
  },
};

/** What does not move in a deployment that its operator has paused is not stuck. */
async function sayPaused({ context, settings }: VerbCall, client: ApiClient): Promise<void> {
  if (settings.quiet === true) return;
  // The transfer has been shown: that this can't be said is no failure.
  const service = await client.service({ signal: context.signal }).catch(() => undefined);
  if (service?.home !== 'aws' || service.paused !== true) return;
  const { pausedSince = '', pausedBecause } = service;
  const because = pausedBecause === undefined ? '' : `: ${pausedBecause}`;
  writeLine(context.stderr, `the deployment is paused since ${pausedSince}${because}`);
}

export const remoteCancel: Remote = {
  async run({ context, settings, arguments: [given = ''] }, client) {
    const { signal } = context;
    const { kind, id } = await resolveRemoteId(client, given, signal);
    if (kind === 'batch') {
      const batch = await client.cancelBatch(id, { signal });
      if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, batch });
      else writeLine(context.stdout, batchLine(batch));
      return;
    }
    const transfer = await client.cancel(id, { signal });
    if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, transfer });
    else writeLine(context.stdout, `${transfer.id} ${transfer.status}`);
  },
};

export const remoteRetry: Remote = {
  extras: [WATCH],
  async run(call, client) {
    const { context, settings, extras } = call;
    const { signal } = context;
    const { kind, id } = await resolveRemoteId(client, call.arguments[0] ?? '', signal);
    if (kind === 'batch') return await retryRemoteBatch(call, client, id);
    const url = typeof extras['source'] === 'string' ? extras['source'] : undefined;
    const given = retrySource(url, settings, (await client.get(id, { signal })).source.url);
    const transfer = await client.retry(id, {
      signal,
      ...(given === undefined ? {} : { source: remoteSource(given, settings) }),
    });
    if (settings.json !== true) writeLine(context.stdout, `${transfer.id} ${transfer.status}`);
    const last = extras['watch'] === true ? await watchTransfer(call, client, id) : transfer;
    if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, transfer: last });
  },
};

async function showBatch(call: VerbCall, client: ApiClient, id: string): Promise<void> {
  const { context, settings, extras } = call;
  const isWatched = extras['watch'] === true;
  const batch = isWatched ? await watchBatch(call, client, id) : await client.getBatch(id, { signal: context.signal });
  if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, batch });
  else for (const line of remoteBatchLines(batch)) writeLine(context.stdout, line);
  if (isWatched) throwUnlessWhole(batch);
}

async function retryRemoteBatch(call: VerbCall, client: ApiClient, id: string): Promise<void> {
  const { context, settings, extras } = call;
  refuseSource(extras['source'], id);
  const batch = await client.retryBatch(id, { signal: context.signal });
  if (settings.json !== true) writeLine(context.stdout, `${id} ${batch.status}`);
  if (extras['watch'] === true) return await showBatch(call, client, id);
  if (settings.json === true) writeJson(context.stdout, { type: 'result', home: client.url, batch });
}
