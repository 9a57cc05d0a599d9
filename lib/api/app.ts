import type { Context } from 'hono';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { asPieceworkError, PieceworkError } from '../errors/error.ts';
import type { Ports } from '../pipeline/shared/ports.ts';
import type { TransferRecord } from '../transfer/record/record.ts';
import { stated } from '../values/stated.ts';
import { REPLAYED, REQUEST_ID } from './answers/header-names.ts';
import { look, waitForChange } from './answers/look.ts';
import { mayWait } from './answers/may-wait.ts';
import { retryAfterOf, toProblem } from './answers/problem.ts';
import { viewDetail, viewTransfer } from './answers/view.ts';
import { serveBatches } from './batches/handlers.ts';
import type { ApiDeps, ApiEnv, ApiRequests } from './deps.ts';
import { serveEvents } from './events/handlers.ts';
import { serveHosts } from './hosts/routes.ts';
import { checkChange, DEFAULT_OWNERSHIP, seesAs } from './ownership.ts';
import { BATCH_BODY, jsonBodies, TRANSFER_BODY } from './requests/body.ts';
import { checkedId } from './requests/checked-id.ts';
import { fromCursor, toCursor } from './requests/cursor.ts';
import { checkHooks } from './requests/hooks.ts';
import { listPage } from './requests/list.ts';
import { cancelRoute, getRoute, healthRoute, listRoute, retryRoute, submitRoute } from './routes.ts';
import type { Route } from './routing/route.ts';
import { serveOn } from './routing/serve.ts';
import type { Transfer } from './schemas/transfer.ts';
import { serveService } from './service/handlers.ts';
import { preferredOf } from './service/preferred.ts';
import { trail } from './trail.ts';

/**
 * The REST API, wherever it is served: Lambda, a local service, a test with `app.request()`. Every error
 * is `application/problem+json`.
 */
export function createApi(deps: ApiDeps): Hono<ApiEnv> {
  const { ports, version, locate } = deps;
  const signal = deps.signal ?? new AbortController().signal;
  const requests = deps.requests ?? requestsOn(ports);
  const ownership = deps.ownership ?? DEFAULT_OWNERSHIP;
  const basePathOf = (context: Context) => deps.basePathOf?.(context) ?? '';
  const shown = (record: TransferRecord, context: Context): Transfer => ({
    ...viewTransfer(record, basePathOf(context), deps.live),
    ...deps.machine?.standingOf(record),
  });
  const app = new Hono<ApiEnv>();
  const served: Route[] = [];
  const serve = serveOn(app, served);

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

  serve(submitRoute, async (context) => {
    const body = context.req.valid('json');
    const owner = context.get('owner');
    if (context.req.valid('query').dryRun) {
      const stopping = AbortSignal.any([signal, context.req.raw.signal]);
      const { dryRun } = await import('./dry-run/answer.ts');
      return context.json(await dryRun(deps, body, owner, stopping), 200);
    }
    const { checkDestination, checkObject, idempotencyOf, toSubmission } = await submissions();
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

  serve(listRoute, async (context) => {
    const { status: statuses, label: labels, cursor, ...query } = context.req.valid('query');
    const sees = seesAs(context.get('owner'), ownership);
    const before = cursor === undefined ? undefined : fromCursor(cursor);
    const list = deps.list ?? ((asked) => listPage(ports, asked));
    const page = await list({ ...stated(query), limit: query.limit, sees, ...stated({ before, statuses, labels }) });
    const transfers = page.records.map((record) => shown(record, context));
    return context.json(page.next === undefined ? { transfers } : { transfers, nextCursor: toCursor(page.next) }, 200);
  });

  serve(getRoute, async (context) => {
    const id = checkedId(context, context.req.valid('param').id);
    const { waitSeconds } = context.req.valid('query');
    const stopping = AbortSignal.any([signal, context.req.raw.signal]);
    const sees = seesAs(context.get('owner'), ownership);
    if (await mayWait(context, deps, waitSeconds)) await waitForChange(ports, id, waitSeconds * 1000, sees, stopping);
    const found = await look(ports, id, sees, stopping);
    const detail = viewDetail(found, basePathOf(context), ports.clock.now(), deps.live);
    return context.json({ ...detail, ...deps.machine?.standingOf(found.record) }, 200);
  });

  serve(cancelRoute, async (context) => {
    const id = checkedId(context, context.req.valid('param').id);
    const caller = context.get('owner');
    await checkChange(ports, id, caller, ownership);
    const record = await requests.cancel(id, caller, signal);
    return context.json(shown(record, context), 202);
  });

  serve(retryRoute, async (context) => {
    const id = checkedId(context, context.req.valid('param').id);
    const { source: given } = context.req.valid('json');
    const caller = context.get('owner');
    await checkChange(ports, id, caller, ownership);
    const source = given === undefined ? undefined : (await submissions()).toSource(given);
    if (source !== undefined) await deps.checkSource(source.url, source);
    const transfer = shown(await requests.retry(id, source, caller), context);
    return context.json(transfer, 202, { location: transfer.links.self });
  });

  serveBatches(serve, { deps, requests, ownership, signal, basePathOf });

  serveService(serve, deps, shown);
  if (deps.feed !== undefined) serveEvents(serve, deps.feed);
  if (deps.hosts !== undefined) serveHosts(serve, deps.hosts);

  serve(healthRoute, (context) => context.json({ status: 'ok' as const, version }, 200));
  app.get('/v1/openapi.json', async (context) => {
    const { openApiOf } = await import('./document/openapi.ts');
    return context.json(await openApiOf(served, version, basePathOf(context)));
  });

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

/** Few requests are submits. */
const submissions = () => import('./requests/submission.ts');

/** Of every answer. */
function headersOfAll(context: Context<ApiEnv>): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    [REQUEST_ID]: context.get('requestId'),
  };
}

/**
 * What decides on a transfer is loaded for the first request that changes anything: most only look, and it is a tenth
 * of what a function would read at its start.
 */
function requestsOn(ports: Ports): ApiRequests {
  const changes = async () => (await import('./requests/changes.ts')).changesOn(ports);
  return {
    submit: async (...args) => await (await changes()).submit(...args),
    cancel: async (...args) => await (await changes()).cancel(...args),
    retry: async (...args) => await (await changes()).retry(...args),
    submitBatch: async (...args) => await (await changes()).submitBatch(...args),
    cancelBatch: async (...args) => await (await changes()).cancelBatch(...args),
    retryBatch: async (...args) => await (await changes()).retryBatch(...args),
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
