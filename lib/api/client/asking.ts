import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { parseRetryAfter } from '../../http/grammar/retry-after.ts';
import { backoffMs } from '../../transfer/retry.ts';
import { withoutEnd } from '../../values/text/without-end.ts';
import type { ApiAnswer } from './answers.ts';
import { answerOf } from './answers.ts';
import type { ClientAuth } from './authorizer.ts';
import { authorizer } from './authorizer.ts';
import type { Connections } from './connections.ts';

/** One request of the API. */
export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Doing it twice is doing it once. */
  readonly repeatable: boolean;
  readonly waitSeconds?: number;
  readonly signal: AbortSignal | undefined;
}

const TRIES = 4;
/** API Gateway gives up on an answer after 29 s. */
const ANSWER_MS = 40_000;

export interface Asking extends AsyncDisposable {
  /** What stands before `/v1`, without a trailing slash. */
  readonly base: string;
  ask<T>(asked: Asked): Promise<T>;
  /** The body of an answer that does not end by itself, as it comes. @throws PieceworkError also when it breaks */
  stream(asked: Asked): AsyncGenerator<string>;
}

/**
 * Requests to one API: signed, with patience, sent again where that does no harm.
 * @throws PieceworkError `InvalidOption` when the URL is none.
 */
export function openAsking(apiUrl: string, auth: ClientAuth, userAgent: string, socketPath?: string): Asking {
  const base = baseOf(apiUrl);
  let connections: Promise<Connections> | undefined;
  const authorize = authorizer(auth);

  async function headersOf(asked: Asked, url: URL, body: string | undefined): Promise<Record<string, string>> {
    const headers = {
      accept: 'application/json, application/problem+json',
      'user-agent': userAgent,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...asked.headers,
    };
    return await authorize({ method: asked.method, url, headers, ...(body === undefined ? {} : { body }) });
  }

  async function open(asked: Asked, signal: AbortSignal | undefined) {
    const url = new URL(`${base}${asked.path}`);
    for (const [name, value] of Object.entries(asked.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
    const headers = await headersOf(asked, url, body);
    // Loaded with the first request: most of those who import the library send none.
    connections ??= import('./connections.ts').then(({ connectTo }) => connectTo(base, socketPath));
    const { dispatcher, request } = await connections;
    const sent = { method: asked.method, headers, dispatcher };
    return await request(url, {
      ...sent,
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined ? {} : { body }),
    });
  }

  async function once(asked: Asked): Promise<ApiAnswer> {
    const patience = AbortSignal.timeout(ANSWER_MS + (asked.waitSeconds ?? 0) * 1000);
    const signal = asked.signal === undefined ? patience : AbortSignal.any([patience, asked.signal]);
    try {
      const answer = await open(asked, signal);
      const retryAfter = answer.headers['retry-after'];
      return {
        status: answer.statusCode,
        text: await answer.body.text(),
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      };
    } catch (cause) {
      throw unreachable(asked, cause);
    }
  }

  function unreachable({ signal }: Asked, cause: unknown): PieceworkError {
    // Of the answer, or of the credentials.
    if (cause instanceof PieceworkError) return cause;
    if (signal?.aborted === true) return new PieceworkError('Interrupted', 'interrupted', { cause });
    const why = `${base} does not answer (${reasonOf(cause)}); check the URL and the network`;
    return new PieceworkError('ApiUnreachable', why, { cause });
  }

  async function* stream(asked: Asked): AsyncGenerator<string> {
    try {
      const { statusCode: status, body } = await open(asked, asked.signal);
      if (status !== 200) answerOf({ status, text: await body.text(), retryAfter: undefined }, base);
      body.setEncoding('utf8');
      for await (const chunk of body) yield String(chunk);
    } catch (cause) {
      throw unreachable(asked, cause);
    }
  }

  async function ask<T>(asked: Asked): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await once(asked);
        const early = answer.status === 200 && asked.waitSeconds !== undefined ? answer.retryAfter : undefined;
        if (early === undefined) return answerOf<T>(answer, base);
        return await later<T>(asked, asked.waitSeconds ?? 0, early);
      } catch (error) {
        if (!(error instanceof PieceworkError) || tries >= TRIES || !mayPass(error, asked)) throw error;
        const waitMs = error.details.retryAfterMs ?? backoffMs(tries, randomUUID());
        await pause(Math.min(waitMs, 20_000), asked.signal);
      }
    }
  }

  /** Too many wait there: this one waits here, and looks once more. */
  async function later<T>(asked: Asked, waitSeconds: number, retryAfter: string): Promise<T> {
    const waitMs = parseRetryAfter(retryAfter, Date.now()) ?? 0;
    await pause(Math.min(waitMs, waitSeconds * 1000), asked.signal);
    const { waitSeconds: _, ...rest } = asked;
    return await ask<T>({ ...rest, query: { ...asked.query, waitSeconds: undefined } });
  }

  return { base, ask, stream, [Symbol.asyncDispose]: async () => (await connections)?.dispatcher.close() };
}

/**
 * A cancel or retry whose answer was lost may have been done; only one that
 * was turned away is sent again.
 */
function mayPass({ code }: PieceworkError, { repeatable }: Asked): boolean {
  return code === 'ApiBusy' || (repeatable && (code === 'ApiUnreachable' || code === 'HomeUnavailable'));
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new PieceworkError('Interrupted', 'interrupted', { cause });
  }
}

export function baseOf(text: string): string {
  const url = URL.parse(text);
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== ''
  ) {
    throw new PieceworkError(
      'InvalidOption',
      `${redactUrl(text)} is no URL of an API: it is http: or https:, without user, password and query`,
    );
  }
  return `${url.origin}${withoutEnd(url.pathname, (character) => character === '/').replace(/\/v1$/, '')}`;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error && cause.name === 'TimeoutError' ? 'no answer in time' : 'unknown error';
}
