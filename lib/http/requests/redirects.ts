import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import { stated } from '../../values/stated.ts';
import type { Answer } from '../answer.ts';
import type { Dispatchers } from '../connections/dispatcher.ts';
import { exchange } from '../connections/exchange.ts';
import type { Headers } from '../grammar/headers.ts';
import { lengthOf } from '../grammar/headers.ts';
import { harmlessHeaders, hasCredentials } from './request-headers.ts';

export interface RedirectPolicy {
  /** 0 = follow none. */
  readonly maxRedirects: number;
  /** From `https:` to `http:`. */
  readonly allowInsecure: boolean;
}

/** Where to begin: the URL that was given, or one that redirects from it led to before. */
export interface Start {
  readonly url: URL;
  /** For this URL's own origin. */
  readonly headers: Headers;
  /** @see Redirected.credentialsStayedAt */
  readonly credentialsStayedAt?: string;
}

export interface FollowOptions extends Start {
  /** What the transfer itself asks (`range`, …): goes to every origin. */
  readonly ownHeaders: Headers;
  readonly policy: RedirectPolicy;
  readonly signal: AbortSignal;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Asks, and follows redirects by hand (RFC 9110 §15.4), because every hop decides anew what it may be sent and whether
 * it may be contacted.
 * @throws PieceworkError `TooManyRedirects`, `RedirectLoop`, `RedirectRefused`, and what `exchange` throws.
 */
export async function follow(dispatchers: Dispatchers, options: FollowOptions): Promise<Answer> {
  let { url, headers, credentialsStayedAt } = options;
  const visited = [url];
  for (;;) {
    const answer = await exchange(dispatchers, url, { ...headers, ...options.ownHeaders }, options.signal);
    if (!REDIRECTS.has(answer.status)) {
      const wasRedirected = visited.length > 1 || credentialsStayedAt !== undefined;
      if (!wasRedirected) return answer;
      const hosts = visited.map(({ host }) => host).filter((host, index, all) => host !== all[index - 1]);
      return { ...answer, redirected: { headers, hosts, ...stated({ credentialsStayedAt }) } };
    }
    await answer.body.discard(lengthOf(answer.headers));
    const target = nextUrl(visited, answer.headers['location'], answer.status, options.policy);
    // Once dropped, they stay dropped: a chain that comes back was steered by another server.
    if (target.origin !== url.origin) {
      if (hasCredentials(headers)) credentialsStayedAt ??= url.host;
      headers = harmlessHeaders(headers);
    }
    visited.push(target);
    url = target;
  }
}

/** Where a redirect leads from the last of `visited`, or why it isn't followed. Pure. */
export function nextUrl(
  visited: readonly URL[],
  location: string | undefined,
  status: number,
  policy: RedirectPolicy,
): URL {
  const from = visited.at(-1);
  if (from === undefined) throw new RangeError('a redirect comes from somewhere');
  const shown = redactUrl(from.href);
  const fail = (code: 'RedirectRefused' | 'SourceMalformed', because: string): PieceworkError =>
    new PieceworkError(code, `${shown}: ${because}`, { details: { target: shown, sourceStatus: status } });

  const target = location === undefined ? null : URL.parse(withBytesEncoded(location), from.href);
  if (target === null) {
    throw fail(
      'SourceMalformed',
      `the server redirects (${status}) ${location === undefined ? 'without saying where' : 'to something that is not a URL'}`,
    );
  }
  target.hash = '';
  const to = redactUrl(target.href);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw fail('RedirectRefused', `the server redirects to ${to}; only http: and https: are followed`);
  }
  if (target.username !== '' || target.password !== '') {
    throw fail('RedirectRefused', `the server redirects to a URL with a user name in it (${to}); it is not followed`);
  }
  if (from.protocol === 'https:' && target.protocol === 'http:' && !policy.allowInsecure) {
    throw fail(
      'RedirectRefused',
      `the server redirects from https to http (${to}), where any machine on the way can change the bytes; allow insecure redirects to follow it`,
    );
  }
  if (visited.some((url) => url.href === target.href)) {
    throw new PieceworkError('RedirectLoop', `${redactUrl(visited[0]?.href ?? '')}: the redirects lead back to ${to}`, {
      details: { target: shown, sourceStatus: status },
    });
  }
  // `visited` holds the first URL and each hop followed so far.
  if (visited.length > policy.maxRedirects) {
    throw new PieceworkError(
      'TooManyRedirects',
      `${redactUrl(visited[0]?.href ?? '')}: more than ${policy.maxRedirects} redirects; the last one led to ${to}. Give that URL, or allow more with --max-redirects`,
      { details: { target: shown, sourceStatus: status } },
    );
  }
  return target;
}

/** Bytes beyond ASCII, which are in no URL, stay the bytes that they are, be they UTF-8 or not. */
function withBytesEncoded(location: string): string {
  return location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
