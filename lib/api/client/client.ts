import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '../../errors/codes.ts';
import type { OutcomeKind } from '../../transfer/batch/outcome.ts';
import type { Status } from '../../transfer/record/record.ts';
import type { Batch, BatchDetail, BatchPage, OutcomePage } from '../schemas/batches/answers.ts';
import type { SubmitBatchRequest } from '../schemas/batches/request.ts';
import type { DryRun } from '../schemas/dry-run.ts';
import type { Hosts } from '../schemas/hosts.ts';
import type { LimitsBody } from '../schemas/limits.ts';
import type { SubmitRequest } from '../schemas/request.ts';
import type { Service } from '../schemas/service.ts';
import type { Health, Transfer, TransferDetail, TransferPage } from '../schemas/transfer.ts';
import { openAsking } from './asking.ts';
import type { ClientAuth } from './authorizer.ts';
import type { ServerEvent } from './events.ts';
import { eventsOf } from './events.ts';

export interface ClientOptions {
  /** What stands before `/v1`, such as `https://….execute-api.….amazonaws.com/prod`. */
  readonly url: string;
  /** @default none */
  readonly auth?: ClientAuth;
  /** @default 'piecework' */
  readonly userAgent?: string;
  /** Unix socket on which the server listens, in place of the host in `url`. */
  readonly socketPath?: string;
}

type StatusWord = Status | 'active';

interface Calling {
  readonly signal?: AbortSignal;
}

/**
 * A deployment's API. What it refuses comes back as the `PieceworkError` that it was there, with the same code; what
 * stands in the way as `ApiUnreachable`, `ApiBusy`, `NotAuthorized`, `RouteNotFound`.
 */
export interface ApiClient extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  /** Sent again after a broken connection: its idempotency key makes it the same transfer. */
  submit(
    request: SubmitRequest,
    options?: Calling & { /** @default a new one */ readonly idempotencyKey?: string },
  ): Promise<Transfer>;
  /**
   * What a submit of the same would come to: asks the source, stores nothing. On a machine only (`InvalidOption`).
   * Rejects with what would end the transfer.
   */
  dryRun(request: SubmitRequest, options?: Calling): Promise<DryRun>;
  /** @param options.waitSeconds answer only when it has ended or changed, after this time at the latest; 0 to 20 */
  get(transferId: string, options?: Calling & { readonly waitSeconds?: number }): Promise<TransferDetail>;
  list(
    options?: Calling & {
      /** One or several; `active` = not over. */
      readonly status?: StatusWord | readonly StatusWord[];
      /** In the id, the URL as it is shown, or the destination. */
      readonly search?: string;
      /** Of the source. */
      readonly host?: string;
      /** Why it failed, or waits. */
      readonly code?: ErrorCode;
      /** `NAME`, or `NAME=VALUE`; several with commas, of which all must fit. */
      readonly label?: string;
      /** What the destination begins with, such as `s3://bucket/prefix/`. */
      readonly prefix?: string;
      /** ISO 8601: when it was submitted; both are included. */
      readonly since?: string;
      readonly until?: string;
      /** Of this batch. @default those of no batch */
      readonly batch?: string;
      readonly limit?: number;
      readonly cursor?: string;
    },
  ): Promise<TransferPage>;
  cancel(transferId: string, options?: Calling): Promise<Transfer>;
  retry(transferId: string, options?: Calling & { readonly source?: SubmitRequest['source'] }): Promise<Transfer>;
  /** On a machine only, as the next five: a deployment has no queue (`RouteNotFound`). */
  pause(transferId: string, options?: Calling): Promise<Transfer>;
  resume(transferId: string, options?: Calling): Promise<Transfer>;
  /** Gives it another priority, or moves it among those of its priority that wait. */
  arrange(
    transferId: string,
    arrangement: { readonly priority?: number; readonly position?: 'first' | 'last' },
    options?: Calling,
  ): Promise<Transfer>;
  /** They hold within a second, and over restarts. */
  limit(limits: LimitsBody, options?: Calling): Promise<Service>;
  pauseAll(options?: Calling): Promise<Service>;
  resumeAll(options?: Calling): Promise<Service>;
  /** Sent again after a broken connection: its idempotency key makes it the same batch. */
  submitBatch(
    request: SubmitBatchRequest,
    options?: Calling & { /** @default a new one */ readonly idempotencyKey?: string },
  ): Promise<Batch>;
  /** @param options.waitSeconds answer only when its status has changed, after this time at the latest; 0 to 20 */
  getBatch(batchId: string, options?: Calling & { readonly waitSeconds?: number }): Promise<BatchDetail>;
  listBatches(
    options?: Calling & { readonly status?: Batch['status']; readonly limit?: number; readonly cursor?: string },
  ): Promise<BatchPage>;
  /** What became of its entries, as far as it is written. */
  outcomes(
    batchId: string,
    options?: Calling & {
      readonly kind?: OutcomeKind;
      readonly code?: ErrorCode;
      readonly limit?: number;
      readonly cursor?: string;
    },
  ): Promise<OutcomePage>;
  cancelBatch(batchId: string, options?: Calling): Promise<Batch>;
  /** Runs again what failed, and nothing else. */
  retryBatch(batchId: string, options?: Calling): Promise<Batch>;
  /** What was learned of the hosts of sources, by name. On a machine only (`RouteNotFound`). */
  hosts(options?: Calling): Promise<Hosts>;
  /** On a machine only, as the next one. */
  /** As `arrange`, among the batches that wait. */
  arrangeBatch(batchId: string, arrangement: Parameters<ApiClient['arrange']>[1], options?: Calling): Promise<Batch>;
  pauseBatch(batchId: string, options?: Calling): Promise<Batch>;
  resumeBatch(batchId: string, options?: Calling): Promise<Batch>;
  /**
   * What happens on a machine, as it comes, until it ends or the signal is aborted.
   * @param options.transferId its pieces, too
   */
  events(options?: Calling & { readonly transferId?: string }): AsyncIterable<ServerEvent>;
  /** Which home answers, and what it has. */
  service(options?: Calling): Promise<Service>;
  health(options?: Calling): Promise<Health>;
}

/** @throws PieceworkError `InvalidOption` when the URL is none. */
export function createClient(options: ClientOptions): ApiClient {
  const asking = openAsking(
    options.url,
    options.auth ?? { kind: 'none' },
    options.userAgent ?? 'piecework',
    options.socketPath,
  );
  const { base, ask } = asking;
  return {
    url: base,
    submit: (body, { idempotencyKey = randomUUID(), signal } = {}) =>
      ask({
        method: 'POST',
        path: '/v1/transfers',
        body,
        headers: { 'idempotency-key': idempotencyKey },
        repeatable: true,
        signal,
      }),
    dryRun: (body, { signal } = {}) =>
      ask({ method: 'POST', path: '/v1/transfers', query: { dryRun: 'true' }, body, repeatable: true, signal }),
    get: (id, { waitSeconds, signal } = {}) =>
      ask({
        method: 'GET',
        path: pathOf(id),
        query: { waitSeconds },
        repeatable: true,
        signal,
        ...(waitSeconds === undefined ? {} : { waitSeconds }),
      }),
    list: ({ status, signal, ...query } = {}) =>
      ask({
        method: 'GET',
        path: '/v1/transfers',
        query: { status: typeof status === 'string' ? status : status?.join(','), ...query },
        repeatable: true,
        signal,
      }),
    cancel: (id, { signal } = {}) => ask({ method: 'POST', path: `${pathOf(id)}/cancel`, repeatable: false, signal }),
    retry: (id, { source, signal } = {}) =>
      ask({
        method: 'POST',
        path: `${pathOf(id)}/retry`,
        repeatable: false,
        signal,
        ...(source === undefined ? {} : { body: { source } }),
      }),
    pause: (id, { signal } = {}) => ask({ method: 'POST', path: `${pathOf(id)}/pause`, repeatable: true, signal }),
    resume: (id, { signal } = {}) => ask({ method: 'POST', path: `${pathOf(id)}/resume`, repeatable: true, signal }),
    arrange: (id, body, { signal } = {}) => ask({ method: 'PATCH', path: pathOf(id), body, repeatable: true, signal }),
    limit: (body, { signal } = {}) => ask({ method: 'PATCH', path: '/v1/service', body, repeatable: true, signal }),
    pauseAll: ({ signal } = {}) => ask({ method: 'POST', path: '/v1/service/pause', repeatable: true, signal }),
    resumeAll: ({ signal } = {}) => ask({ method: 'POST', path: '/v1/service/resume', repeatable: true, signal }),
    submitBatch: (body, { idempotencyKey = randomUUID(), signal } = {}) =>
      ask({
        method: 'POST',
        path: '/v1/batches',
        body,
        headers: { 'idempotency-key': idempotencyKey },
        repeatable: true,
        signal,
      }),
    getBatch: (id, { waitSeconds, signal } = {}) =>
      ask({
        method: 'GET',
        path: batchPathOf(id),
        query: { waitSeconds },
        repeatable: true,
        signal,
        ...(waitSeconds === undefined ? {} : { waitSeconds }),
      }),
    listBatches: ({ signal, ...query } = {}) =>
      ask({ method: 'GET', path: '/v1/batches', query, repeatable: true, signal }),
    outcomes: (id, { signal, ...query } = {}) =>
      ask({ method: 'GET', path: `${batchPathOf(id)}/outcomes`, query, repeatable: true, signal }),
    cancelBatch: (id, { signal } = {}) =>
      ask({ method: 'POST', path: `${batchPathOf(id)}/cancel`, repeatable: false, signal }),
    retryBatch: (id, { signal } = {}) =>
      ask({ method: 'POST', path: `${batchPathOf(id)}/retry`, repeatable: false, signal }),
    hosts: ({ signal } = {}) => ask({ method: 'GET', path: '/v1/hosts', repeatable: true, signal }),
    arrangeBatch: (id, body, { signal } = {}) =>
      ask({ method: 'PATCH', path: batchPathOf(id), body, repeatable: true, signal }),
    pauseBatch: (id, { signal } = {}) =>
      ask({ method: 'POST', path: `${batchPathOf(id)}/pause`, repeatable: true, signal }),
    resumeBatch: (id, { signal } = {}) =>
      ask({ method: 'POST', path: `${batchPathOf(id)}/resume`, repeatable: true, signal }),
    events: ({ transferId, signal } = {}) => eventsOf(asking, { transferId, signal }),
    service: ({ signal } = {}) => ask({ method: 'GET', path: '/v1/service', repeatable: true, signal }),
    health: ({ signal } = {}) => ask({ method: 'GET', path: '/v1/health', repeatable: true, signal }),
    [Symbol.asyncDispose]: () => asking[Symbol.asyncDispose](),
  };
}

function pathOf(transferId: string): string {
  return `/v1/transfers/${encodeURIComponent(transferId)}`;
}

function batchPathOf(batchId: string): string {
  return `/v1/batches/${encodeURIComponent(batchId)}`;
}
