import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ErrorCode } from '../errors/codes.ts';
import type { PieceworkError } from '../errors/error.ts';
import { stated } from '../values/stated.ts';
import type { Instant } from '../values/time.ts';

/**
 * One request as a trail keeps it. Nothing in it is the caller's own words but the id of a transfer or batch, in the
 * form that ids have: no path, no query, no header and no body, since each of them may hold a secret.
 */
export interface AnsweredRequest {
  /** `OTHER` where it is none of HTTP's. */
  readonly method: string;
  /** As the API describes it, such as `/v1/transfers/{id}`; `none` where there is no such path. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** Who asked; absent where that is not known. */
  readonly principal?: string;
  /** Of the problem, where the answer is one. */
  readonly code?: ErrorCode;
  /** Of the transfer that was asked about or made. */
  readonly transferId?: string;
  /** Of the batch. */
  readonly batchId?: string;
  /** The home's own name of the request, such as API Gateway's. */
  readonly requestId?: string;
}

/** What handlers note for the trail. */
export interface Noted {
  owner: string;
  transferId: string;
  batchId: string;
  failure: PieceworkError;
  requestId: string;
}

export interface TrailOptions {
  readonly now: () => Instant;
  ownerOf(context: Context): string | undefined;
  requestIdOf?(context: Context): string | undefined;
  /** @param failure with its cause, where the answer is a failure of ours (5xx) */
  onAnswered?(request: AnsweredRequest, failure: PieceworkError | undefined): void;
}

/** Reports each request once it is answered, a refused one as any other. It goes before every other handler. */
export function trail({ now, ownerOf, requestIdOf, onAnswered }: TrailOptions): MiddlewareHandler {
  return async (context, next) => {
    const startedAt = now();
    await next();
    if (onAnswered === undefined) return;
    const { owner, transferId, batchId, failure, requestId } = context.var as Partial<Noted>;
    const { status } = context.res;
    const request: AnsweredRequest = {
      method: METHODS.has(context.req.method) ? context.req.method : 'OTHER',
      route: routeOf(context),
      status,
      durationMs: now() - startedAt,
      ...stated({
        principal: owner ?? unlessItThrows(() => ownerOf(context)),
        code: failure?.code,
        transferId,
        batchId,
        requestId: requestId ?? requestIdOf?.(context),
      }),
    };
    onAnswered(request, status >= 500 ? failure : undefined);
  };
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The last that matched is the handler itself; what goes before them all matches a star. */
function routeOf(context: Context): string {
  const path = matchedRoutes(context).findLast(({ path: matched }) => !matched.includes('*'))?.path;
  return path === undefined ? 'none' : path.replaceAll(/:(\w+)/g, '{$1}');
}

/** Its failure is the answer's to say. */
function unlessItThrows<T>(ask: () => T | undefined): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
