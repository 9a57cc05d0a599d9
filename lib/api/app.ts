import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { asPieceworkError, PieceworkError } from '../errors/error.ts';
import { cancelBatch } from '../pipeline/requests/batches/cancel-batch.ts';
import { retryBatch } from '../pipeline/requests/batches/retry-batch.ts';
import { submitBatch } from '../pipeline/requests/batches/submit-batch.ts';
import { cancel } from '../pipeline/requests/cancel.ts';
import { retry } from '../pipeline/requests/retry.ts';
import { submit } from '../pipeline/requests/submit.ts';
import type { Ports } from '../pipeline/shared/ports.ts';
import type { TransferRecord } from '../transfer/record/record.ts';
import { stated } from '../values/stated.ts';
import { look, waitForChange } from './answers/look.ts';
import { mayWait } from './answers/may-wait.ts';
import { retryAfterOf, toProblem } from './answers/problem.ts';
import { viewDetail, viewTransfer } from './answers/view.ts';
import { serveBatches } from './batches/handlers.ts';
import type { ApiDeps, ApiEnv, ApiRequests } from './deps.ts';
import { dryRun } from './dry-run/answer.ts';
import { serveEvents } from './events/handlers.ts';
import { serveHosts } from './hosts/routes.ts';
import { openApiOf } from './openapi.ts';
import { checkChange, DEFAULT_OWNERSHIP, seesAs } from './ownership.ts';
import { BATCH_BODY, jsonBodies, TRANSFER_BODY } from './requests/body.ts';
import { checkedId } from './requests/checked-id.ts';
import { fromCursor, toCursor } from './requests/cursor.ts';
import { checkHooks } from './requests/hooks.ts';
import { listPage } from './requests/list.ts';
import { checkDestination, checkObject, idempotencyOf, toSource, toSubmission } from './requests/submission.ts';
import { onInvalid } from './requests/validation.ts';
import { cancelRoute, getRoute, healthRoute, listRoute, retryRoute, submitRoute } from './routes.ts';
import { REPLAYED, REQUEST_ID } from './schemas/headers.ts';
import type { Transfer } from './schemas/transfer.ts';
import { serveService } from './service/handlers.ts';
import { preferredOf } from './service/preferred.ts';
import { trail } from './trail.ts';

/**
 * The REST API, wherever it is served: Lambda, a local service, a test with `app.request()`. Every error
 * is `application/problem+json`.
 */
export function createApi(deps: ApiDeps): OpenAPIHono<ApiEnv> {
  const { ports, version, locate } = deps;
  const signal = deps.signal ?? new AbortController().signal;
  const requests = deps.requests ?? requestsOn(ports);
  const ownership = deps.ownership ?? DEFAULT_OWNERSHIP;
  const basePathOf = (context: Context) => deps.basePathOf?.(context) ?? '';
  const shown = (record: TransferRecord, context: Context): Transfer => ({
    ...viewTransfer(record, basePathOf(context), deps.live),
    ...deps.machine?.standingOf(record),
  });
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });

  app.use(trail({ ...deps, now: () => ports.clock.now() }));
  app.use(async (context, next) => {
    context.set('requestId', deps.requestIdOf?.(context) ?? ports.ids.ulid());
    await next();
    for (const [name, value] of Object.entries(headersOfAll(context))) context.res.headers.set(name, value);
  });
  // Each matches the path without the star, too.
  for (const [path, body] of [
    ['/v1/service/*', TRANSFER_BODY],
    ['/v1/transfers/*', TRANSFER_BODY],
    ['/v1/batches/*', BATCH_BODY],
  ] as const) {
    app.use(path, async (context, next) => {
      const owner = deps.ownerOf(context);
      if (owner === undefined) throw new PieceworkError('NotAuthorized', 'the API does not know who is asking');
      context.set('owner', owner);
      await next();
    });
    app.use(path, jsonBodies(body));
  }

  app.openapi(submitRoute, async (context) => {
    const body = context.req.valid('json');
    const owner = context.get('owner');
    if (context.req.valid('query').dryRun) {
      const stopping = AbortSignal.any([signal, context.req.raw.signal]);
      return context.json(await dryRun(deps, body, owner, stopping), 200);
    }
    const submission = toSubmission(body, owner, locate);
    const preferred = preferredOf(body, deps.machine);
    checkObject(submission.object);
    checkDestination(ports, submission.destination, submission.options);
    await deps.checkSource(submission.source.url, submission.source);
    await checkHooks(deps, submission.hooks);
    const key = context.req.valid('header')['idempotency-key'];
    const idempotency = key === undefined ? undefined : idempotencyOf(owner, key, body);
    const record = await requests.submit(
      { ...submission, ...stated({ idempotency, trace: deps.traceOf?.() }) },
      preferred,
      () => context.header(REPLAYED, 'true'),
    );
    context.set('transferId', record.id);
    const transfer = shown(record, context);
    return context.json(transfer, 202, { location: transfer.links.self });
  });

  app.openapi(listRoute, async (context) => {
    const { status: statuses, label: labels, cursor, ...query } = context.req.valid('query');
    const sees = seesAs(context.get('owner'), ownership);
    const before = cursor === undefined ? undefined : fromCursor(cursor);
    const list = deps.list ?? ((asked) => listPage(ports, asked));
    const page = await list({ ...stated(query), limit: query.limit, sees, ...stated({ before, statuses, labels }) });
    const transfers = page.records.map((record) => shown(record, context));
    return context.json(page.next === undefined ? { transfers } : { transfers, nextCursor: toCursor(page.next) }, 200);
  });

  app.openapi(getRoute, async (context) => {
    const id = checkedId(context, context.req.valid('param').id);
    const { waitSeconds } = context.req.valid('query');
    const stopping = AbortSignal.any([signal, context.req.raw.signal]);
    const sees = seesAs(context.get('owner'), ownership);
    if (await mayWait(context, deps, waitSeconds)) await waitForChange(ports, id, waitSeconds * 1000, sees, stopping);
    const found = await look(ports, id, sees, stopping);
    const detail = viewDetail(found, basePathOf(context), ports.clock.now(), deps.live);
    return context.json({ ...detail, ...deps.machine?.standingOf(found.record) }, 200);
  });

  app.openapi(cancelRoute, async (context) => {
    const id = checkedId(context, context.req.valid('param').id);
    const caller = context.get('owner');
    await checkChange(ports, id, caller, ownership);
    const record = await requests.cancel(id, caller, signal);
    return context.json(shown(record, context), 202);
  });

  app.openapi(retryRoute, async (context) => {
    const id = checkedId(context, context.req.valid('param').id);
    const { source: given } = context.req.valid('json');
    const caller = context.get('owner');
    await checkChange(ports, id, caller, ownership);
    const source = given === undefined ? undefined : toSource(given);
    if (source !== undefined) await deps.checkSource(source.url, source);
    const transfer = shown(await requests.retry(id, source, caller), context);
    return context.json(transfer, 202, { location: transfer.links.self });
  });

  serveBatches(app, { deps, requests, ownership, signal, basePathOf });

  serveService(app, deps, shown);
  if (deps.feed !== undefined) serveEvents(app, deps.feed);
  if (deps.hosts !== undefined) serveHosts(app, deps.hosts);

  app.openapi(healthRoute, (context) => context.json({ status: 'ok' as const, version }, 200));
  app.get('/v1/openapi.json', (context) => context.json(openApiOf(app, version, basePathOf(context))));

  app.notFound((context) => {
    throw new PieceworkError(
      'RouteNotFound',
      `there is no ${context.req.method} here; /v1/openapi.json says what there is`,
    );
  });
  app.onError((thrown, context) => {
    const error = stopped(signal, thrown) ?? fromHono(thrown) ?? asPieceworkError(thrown);
    const instance = `${basePathOf(context)}${shownPath(context.req.path)}`;
    const problem = toProblem(error, instance, context.get('requestId'));
    const retryAfter = retryAfterOf(error, problem.status);
    context.set('failure', error);
    return context.body(JSON.stringify(problem), problem.status as 400, {
      'content-type': 'application/problem+json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...headersOfAll(context),
    });
  });
  return app;
}

/** Of every answer. */
function headersOfAll(context: Context<ApiEnv>): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    [REQUEST_ID]: context.get('requestId'),
  };
}

function requestsOn(ports: Ports): ApiRequests {
  return {
    submit: (submission, _preferred, onRepeated) => submit(ports, submission, onRepeated),
    cancel: (transferId, actedBy, signal) => cancel(ports, transferId, signal, actedBy),
    retry: (transferId, source, actedBy) => retry(ports, transferId, source, { actedBy }),
    submitBatch: (submission, onRepeated) => submitBatch(ports, submission, onRepeated),
    cancelBatch: (batchId, actedBy, signal) => cancelBatch(ports, batchId, actedBy, signal),
    retryBatch: (batchId, actedBy) => retryBatch(ports, batchId, actedBy),
  };
}

/** What a path that is none of ours holds is not known. */
function shownPath(path: string): string {
  return /^\/v1(\/service(\/(pause|resume))?|\/(transfers|batches)(\/[0-9A-Za-z]{26}(\/(cancel|retry|pause|resume|outcomes|report))?)?)?$/.test(
    path,
  )
    ? path
    : '/v1';
}

function stopped(signal: AbortSignal, thrown: unknown): PieceworkError | undefined {
  if (!signal.aborted || thrown instanceof PieceworkError) return undefined;
  return new PieceworkError('Interrupted', 'the service is shutting down; ask again', { cause: thrown });
}

/** What the framework refuses by itself, such as a media type. */
function fromHono(thrown: unknown): PieceworkError | undefined {
  if (!(thrown instanceof HTTPException) || thrown.status >= 500) return undefined;
  return new PieceworkError('InvalidOption', 'the body is to be JSON, sent with "Content-Type: application/json"', {
    cause: thrown,
  });
}
