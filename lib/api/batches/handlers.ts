import type { Context } from 'hono';
import { PieceworkError } from '../../errors/error.ts';
import { batchNotFound } from '../../pipeline/requests/batches/batch-errors.ts';
import { batchView } from '../../pipeline/requests/batches/batch-view.ts';
import { listBatches } from '../../pipeline/requests/batches/list-batches.ts';
import { outcomesPage } from '../../pipeline/requests/batches/outcomes-page.ts';
import { checkEntries } from '../../pipeline/shared/quotas/entries.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import { isBatchOver } from '../../transfer/batch/batch-record.ts';
import { stated } from '../../values/stated.ts';
import { WHOLE_ID } from '../../values/text/whole-id.ts';
import { viewBatch, viewBatchDetail, viewOutcome } from '../answers/batch.ts';
import { REPLAYED } from '../answers/header-names.ts';
import { mayWait } from '../answers/may-wait.ts';
import { ApiError } from '../answers/problem.ts';
import type { ApiDeps, ApiEnv, ApiRequests } from '../deps.ts';
import type { Ownership } from '../ownership.ts';
import { fromCursor, fromOutcomeCursor, toCursor, toOutcomeCursor } from '../requests/cursor.ts';
import { checkHooks } from '../requests/hooks.ts';
import type { Serve } from '../routing/serve.ts';
import { preferredOf } from '../service/preferred.ts';
import { checkBatchChange, findSeen, seesBatch, waitForBatch } from './find.ts';
import {
  arrangeBatchRoute,
  cancelBatchRoute,
  getBatchRoute,
  listBatchesRoute,
  outcomesRoute,
  pauseBatchRoute,
  reportRoute,
  resumeBatchRoute,
  retryBatchRoute,
  submitBatchRoute,
} from './routes.ts';

/** What the whole API has at hand. */
export interface BatchApi {
  readonly deps: ApiDeps;
  readonly requests: ApiRequests;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  basePathOf(context: Context): string;
}

export function serveBatches(serve: Serve, api: BatchApi): void {
  const { deps, requests, ownership, signal, basePathOf } = api;
  const { ports, machine } = deps;
  const sees = (context: Context<ApiEnv>) => seesBatch(context.get('owner'), ownership);
  const shown = (record: BatchRecord, context: Context) => ({
    ...viewBatch(record, basePathOf(context)),
    ...machine?.standingOfBatch(record),
  });

  serve(submitBatchRoute, async (context) => {
    const body = context.req.valid('json');
    const owner = context.get('owner');
    const [{ toBatchSubmission }, { idempotencyOf }] = await Promise.all([
      import('./submission.ts'),
      import('../requests/submission.ts'),
    ]);
    const submission = toBatchSubmission(body, owner, { locate: deps.locate, isMachine: machine !== undefined });
    if (submission.list.kind === 'inline') checkEntries(ports, owner, submission.list.entries.length);
    if (submission.list.kind === 'at') await deps.checkSource(submission.list.from.url, submission.list.from);
    await checkHooks(deps, submission.hooks);
    const key = context.req.valid('header')['idempotency-key'];
    const preferred = preferredOf({ priority: body.priority }, machine);
    const idempotency = key === undefined ? undefined : idempotencyOf(owner, key, body);
    const record = await requests.submitBatch(
      { ...submission, ...stated({ idempotency, trace: deps.traceOf?.() }) },
      () => context.header(REPLAYED, 'true'),
      preferred,
    );
    context.set('batchId', record.id);
    const batch = shown(record, context);
    return context.json(batch, 202, { location: batch.links.self });
  });

  serve(listBatchesRoute, async (context) => {
    const { status, limit, cursor } = context.req.valid('query');
    const isSeen = sees(context);
    const wanted = (batch: BatchRecord) => isSeen(batch) && (status === undefined || batch.status === status);
    const before = cursor === undefined ? undefined : fromCursor(cursor);
    const { records, next } = await listBatches(ports, { limit, wanted, ...stated({ before }) });
    const batches = records.map((record) => shown(record, context));
    return context.json(next === undefined ? { batches } : { batches, nextCursor: toCursor(next) }, 200);
  });

  serve(getBatchRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    const { waitSeconds } = context.req.valid('query');
    const stopping = AbortSignal.any([signal, context.req.raw.signal]);
    if (await mayWait(context, deps, waitSeconds))
      await waitForBatch(ports, id, waitSeconds * 1000, sees(context), stopping);
    const record = await findSeen(ports, id, sees(context));
    const sums = isBatchOver(record) ? undefined : machine?.sumsOfBatch(id);
    const view = sums ?? (await batchView(ports, record));
    const detail = viewBatchDetail(record, view, basePathOf(context), ports.clock.now());
    const { counters: _, ...standing } = machine?.standingOfBatch(record) ?? {};
    return context.json({ ...detail, ...standing, ...stated({ openLarge: sums?.openLarge }) }, 200);
  });

  serve(outcomesRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    const { kind, code, limit, cursor } = context.req.valid('query');
    const after = cursor === undefined ? undefined : fromOutcomeCursor(cursor);
    const record = await findSeen(ports, id, sees(context));
    const page = await outcomesPage(ports, record, { limit, ...stated({ kind, code, after }) });
    const outcomes = page.outcomes.map(viewOutcome);
    return context.json(
      page.next === undefined ? { outcomes } : { outcomes, nextCursor: toOutcomeCursor(page.next) },
      200,
    );
  });

  serve(reportRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    const record = await findSeen(ports, id, sees(context));
    const here = record.report === undefined ? undefined : await deps.report?.(record);
    if (here !== undefined) return context.body(here.body, 200, { 'content-type': here.type });
    return context.redirect(await linkTo(record, deps), 302);
  });

  serve(cancelBatchRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    const caller = context.get('owner');
    await checkBatchChange(ports, id, caller, ownership);
    return context.json(shown(await requests.cancelBatch(id, caller, signal), context), 202);
  });

  serve(retryBatchRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    const caller = context.get('owner');
    await checkBatchChange(ports, id, caller, ownership);
    const batch = shown(await requests.retryBatch(id, caller), context);
    return context.json(batch, 202, { location: batch.links.self });
  });

  if (machine === undefined) return;
  serve(pauseBatchRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    return context.json(shown(await machine.pauseBatch(id), context), 202);
  });

  serve(arrangeBatchRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    return context.json(shown(await machine.arrangeBatch(id, context.req.valid('json')), context), 200);
  });

  serve(resumeBatchRoute, async (context) => {
    const id = checkedBatchId(context, context.req.valid('param').id);
    return context.json(shown(await machine.resumeBatch(id), context), 202);
  });
}

/** @throws PieceworkError why there is no link. */
async function linkTo(record: BatchRecord, { reportLink }: ApiDeps): Promise<string> {
  const { id, report } = record;
  if (!isBatchOver(record))
    throw new PieceworkError(
      'BatchRunning',
      `batch ${id} has no report before its end; its outcomes can be read meanwhile`,
    );
  if (report === undefined)
    throw new ApiError(
      'BatchEnded',
      `batch ${id} has no report: none was asked for, or it could not be written; its outcomes can be read`,
    );
  if (reportLink === undefined)
    throw new ApiError(
      'BatchEnded',
      `no links are signed here; the report of batch ${id} is ${report}, to be read there`,
    );
  return await reportLink(record);
}

/** Anything else than an id can't be the name of a record, whatever it holds. */
function checkedBatchId(context: Context<ApiEnv>, text: string): string {
  const id = text.toUpperCase();
  if (!WHOLE_ID.test(id)) throw batchNotFound('with this id');
  context.set('batchId', id);
  return id;
}
