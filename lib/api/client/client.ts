import { randomUUID } from 'node:crypto';
import type { Status } from '../../transfer/record/record.ts';
import type { SubmitRequest } from '../schemas/request.ts';
import type { Health, Transfer, TransferDetail, TransferPage } from '../schemas/transfer.ts';
import type { ClientAuth } from './asking.ts';
import { openAsking } from './asking.ts';

export interface ClientOptions {
  /** What stands before `/v1`, such as `https://….execute-api.….amazonaws.com/prod`. */
  readonly url: string;
  /** @default none */
  readonly auth?: ClientAuth;
  /** @default 'piecework' */
  readonly userAgent?: string;
}

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
  /** @param options.waitSeconds answer only when it has ended or changed, after this time at the latest; 0 to 20 */
  get(transferId: string, options?: Calling & { readonly waitSeconds?: number }): Promise<TransferDetail>;
  list(
    options?: Calling & { readonly status?: Status; readonly limit?: number; readonly cursor?: string },
  ): Promise<TransferPage>;
  cancel(transferId: string, options?: Calling): Promise<Transfer>;
  retry(transferId: string, options?: Calling & { readonly source?: SubmitRequest['source'] }): Promise<Transfer>;
  health(options?: Calling): Promise<Health>;
}

/** @throws PieceworkError `InvalidOption` when the URL is none. */
export function createClient(options: ClientOptions): ApiClient {
  const asking = openAsking(options.url, options.auth ?? { kind: 'none' }, options.userAgent ?? 'piecework');
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
    get: (id, { waitSeconds, signal } = {}) =>
      ask({
        method: 'GET',
        path: pathOf(id),
        query: { waitSeconds },
        repeatable: true,
        signal,
        ...(waitSeconds === undefined ? {} : { waitSeconds }),
      }),
    list: ({ status, limit, cursor, signal } = {}) =>
      ask({ method: 'GET', path: '/v1/transfers', query: { status, limit, cursor }, repeatable: true, signal }),
    cancel: (id, { signal } = {}) => ask({ method: 'POST', path: `${pathOf(id)}/cancel`, repeatable: false, signal }),
    retry: (id, { source, signal } = {}) =>
      ask({
        method: 'POST',
        path: `${pathOf(id)}/retry`,
        repeatable: false,
        signal,
        ...(source === undefined ? {} : { body: { source } }),
      }),
    health: ({ signal } = {}) => ask({ method: 'GET', path: '/v1/health', repeatable: true, signal }),
    [Symbol.asyncDispose]: () => asking[Symbol.asyncDispose](),
  };
}

function pathOf(transferId: string): string {
  return `/v1/transfers/${encodeURIComponent(transferId)}`;
}
