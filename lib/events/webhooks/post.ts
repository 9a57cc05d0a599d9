import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { PieceworkError } from '../../errors/error.ts';
import type { Guard } from '../../guard/guard.ts';
import type { Webhook } from '../../transfer/hooks.ts';
import { shownHooks } from '../../transfer/hooks.ts';
import { WEBHOOK_TYPE } from './body.ts';
import { signedHeaders } from './sign.ts';

export interface PostOptions {
  /** What may be contacted. @default anything, as on one machine */
  readonly guard?: Guard;
  readonly userAgent: string;
  /** From the connection to the answer's head. @default 15 s */
  readonly timeoutMs?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Why a notification was not taken. The sentence shows the receiver's host and status, and nothing that it said. */
export interface Refusal {
  readonly message: string;
  /** Its `Retry-After`. */
  readonly askedMs?: number;
  /** Trying again can't help: the receiver is gone (410), or may not be contacted. */
  readonly isFinal: boolean;
}

const TIMEOUT_MS = 15_000;

/**
 * Posts a notification, signed anew at each try, to a webhook whose secret is filled in. Only a 2xx has taken it. A
 * redirect is not followed: the guard and the signature are for the URL that was given.
 * @returns `undefined` = it was taken
 */
export async function postWebhook(
  { url, secret }: Webhook,
  notification: { readonly id: string; readonly body: string },
  options: PostOptions,
): Promise<Refusal | undefined> {
  const { guard, userAgent, timeoutMs = TIMEOUT_MS, now = Date.now } = options;
  const { id, body } = notification;
  const shown = shownHooks({ webhook: { url, secret } }).webhook ?? '';
  try {
    guard?.checkUrl(url);
  } catch (error) {
    return refusedByGuard(shown, error);
  }
  // Its lookup gives checked addresses only, as the connection is made.
  const connect = guard === undefined ? {} : { lookup: guard.lookup as LookupFunction };
  await using agent = disposable(new Agent({ connect: { timeout: timeoutMs, ...connect }, pipelining: 0 }));
  try {
    const answer = await request(url, {
      method: 'POST',
      dispatcher: agent.value,
      headers: { 'content-type': WEBHOOK_TYPE, 'user-agent': userAgent, ...signedHeaders(id, body, secret, now()) },
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
    // What it says is not ours to read; the connection is closed with it.
    answer.body.destroy();
    answer.body.on('error', () => {});
    const { statusCode: status } = answer;
    if (status >= 200 && status <= 299) return undefined;
    const isRedirect = status >= 300 && status <= 399;
    return {
      message: `${shown} answered ${status}${isRedirect ? ', and redirects are not followed' : ''}`,
      isFinal: status === 410,
      ...askedOf(answer.headers['retry-after']),
    };
  } catch (thrown) {
    return refusalOf(shown, thrown);
  }
}

function disposable(agent: Agent): AsyncDisposable & { readonly value: Agent } {
  return { value: agent, [Symbol.asyncDispose]: () => agent.destroy() };
}

function askedOf(field: string | string[] | undefined): { readonly askedMs?: number } {
  const seconds = /^\d{1,6}$/.exec(String(field))?.[0];
  return seconds === undefined ? {} : { askedMs: Number(seconds) * 1000 };
}

function refusalOf(shown: string, thrown: unknown): Refusal {
  // An error of a lookup comes as it is, or as a cause.
  const cause = thrown instanceof Error && thrown.cause instanceof PieceworkError ? thrown.cause : thrown;
  if (cause instanceof PieceworkError) return refusedByGuard(shown, cause);
  const { code, name } = Object(thrown) as { code?: unknown; name?: unknown };
  const why = name === 'TimeoutError' ? 'no answer in time' : String(code ?? name ?? 'unknown error');
  return { message: `${shown} can't be reached (${why})`, isFinal: false };
}

/** A name that is not public now may be so later; what the rules refuse stays refused. */
function refusedByGuard(shown: string, error: unknown): Refusal {
  if (!(error instanceof PieceworkError)) throw error;
  return { message: `${shown} may not be contacted (${error.code})`, isFinal: true };
}
