import { toProblem } from '../../api/answers/problem.ts';
import { answerOf } from '../../api/client/answers.ts';
import { baseOf } from '../../api/client/asking.ts';
import type { ClientAuth } from '../../api/client/authorizer.ts';
import { authorizer } from '../../api/client/authorizer.ts';
import { connectTo } from '../../api/client/connections.ts';
import { asPieceworkError, PieceworkError } from '../../errors/error.ts';

/** Requests of the page, sent on to a deployment in the user's name. */
export interface Forwarder extends AsyncDisposable {
  /** What stands before `/v1`, without a trailing slash. */
  readonly base: string;
  forward(request: Request): Promise<Response>;
}

/** What the page says of a request; the rest is between it and us. */
const PASSED = ['accept', 'content-type', 'idempotency-key'];
/** What it is to know of the answer. */
const RETURNED = ['content-type', 'date', 'retry-after'];
const METHODS = ['GET', 'POST', 'PATCH'] as const;
const ANSWER_MS = 60_000;

/** @throws PieceworkError `InvalidOption` when the URL is none. */
export function openForwarder(apiUrl: string, auth: ClientAuth): Forwarder {
  const base = baseOf(apiUrl);
  const authorize = authorizer(auth);
  const { request: send, dispatcher } = connectTo(base);

  async function ask(request: Request): Promise<Response> {
    const method = METHODS.find((one) => one === request.method);
    const { pathname, search } = new URL(request.url);
    if (method === undefined || !/^\/v1\/[\w/.-]*$/.test(pathname) || pathname.includes('..'))
      throw new PieceworkError('RouteNotFound', 'there is nothing here; the API is below /v1');
    const url = new URL(`${base}${pathname}${search}`);
    const text = await request.text();
    const given = PASSED.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const body = text === '' ? {} : { body: text };
    const headers = { ...Object.fromEntries(given), 'user-agent': 'piecework-console' } as Record<string, string>;
    const signed = await authorize({ method, url, headers, ...body });
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_MS)]);
    const answer = await send(url, { method, headers: signed, dispatcher, signal, ...body }).catch((cause: unknown) => {
      throw new PieceworkError('ApiUnreachable', `${base} does not answer; check the URL and the network`, { cause });
    });
    const shown = RETURNED.flatMap((name) => {
      const value = answer.headers[name];
      return typeof value === 'string' ? [[name, value] as [string, string]] : [];
    });
    const answered = await answer.body.text();
    refuseInOurWords(base, answer, answered);
    return new Response(answered, {
      status: answer.statusCode,
      headers: [...shown, ['cache-control', 'no-store'], ['x-content-type-options', 'nosniff']],
    });
  }

  return {
    base,
    async forward(request) {
      try {
        return await ask(request);
      } catch (thrown) {
        return problem(asPieceworkError(thrown));
      }
    },
    [Symbol.asyncDispose]: () => dispatcher.close(),
  };
}

/**
 * What a gateway refuses in words of its own has no code, and its 401 would mean to the page that the page's token is
 * wrong. @throws PieceworkError
 */
function refuseInOurWords(base: string, { statusCode: status, headers }: Refusal, text: string): void {
  const type = String(headers['content-type'] ?? '');
  if (status < 400 || (status !== 401 && type.startsWith('application/problem+json'))) return;
  if (status === 401) {
    const message = `${base} does not take these credentials (401); log in again, or set PIECEWORK_API_KEY`;
    throw new PieceworkError('NotAuthorized', message);
  }
  const retryAfter = headers['retry-after'];
  answerOf({ status, text, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined }, base);
}

interface Refusal {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

function problem(error: PieceworkError): Response {
  const body = toProblem(error, '/v1');
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}
