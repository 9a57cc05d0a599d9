import type { ErrorCode } from '../../errors/codes.ts';
import type { ErrorDetails } from '../../errors/error.ts';
import { PieceworkError } from '../../errors/error.ts';
import { redactUrl } from '../../errors/redact.ts';
import type { Answer } from '../../http/answer.ts';
import { askedWaitMs } from '../../http/grammar/asked-wait.ts';
import { lengthOf } from '../../http/grammar/headers.ts';
import { looksSigned, signatureExpiry } from '../../http/grammar/signature-expiry.ts';
import { codeOfStatus } from '../../http/grammar/status.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Instant } from '../../values/time.ts';

const ADVICE: Readonly<Record<number, string>> = {
  400: 'the server finds the request wrong (400); check the URL and the headers given',
  401: 'the server asks for credentials, or for other ones (401)',
  403: 'the server denies access (403); the credentials may lack the right, or it refuses programs (--user-agent names another one)',
  404: 'there is nothing at this URL (404)',
  407: 'the proxy asks for credentials (407); put user and password into its URL',
  410: 'what was at this URL is gone for good (410)',
  416: 'the server refuses the range (416)',
  429: 'the server asks for fewer requests (429)',
  503: 'the server is busy (503)',
};

interface Doubt {
  /** The same server has given bytes of it before: what it refuses now was good then. */
  readonly wasServed: boolean;
  readonly isLimit: boolean;
}

function adviceOn(answer: Answer, now: Instant, { wasServed, isLimit }: Doubt): string {
  const { status, headers, url, redirected } = answer;
  const stayedAt = redirected?.credentialsStayedAt;
  if ((status === 401 || status === 403) && stayedAt !== undefined) {
    const asks = status === 401 ? 'asks for credentials' : 'denies access';
    return `the server ${asks} (${status}), and was not sent what was given for ${stayedAt}, since it is another origin, where a redirect led; give that URL and what it asks for`;
  }
  const known = ADVICE[status] ?? `the server answers ${status}`;
  const expiry = status === 403 ? signatureExpiry(url) : undefined;
  if (expiry !== undefined && (wasServed || expiry <= now))
    return 'the server denies access (403); the link may have expired';
  if (isLimit && wasServed)
    return 'the server denies access (403) to what it served before; it may be asked too much, or the link may have expired';
  const asked = status === 401 ? schemesOf(headers['www-authenticate'] ?? '') : [];
  return asked.length === 0 || asked.some((scheme) => SPOKEN.has(scheme.toLowerCase()))
    ? known
    : `the server asks for credentials by ${asked.join(', ')} (401), and Piecework knows Basic and Bearer only`;
}

const SPOKEN: ReadonlySet<string> = new Set(['basic', 'bearer']);

/** The schemes of some challenges: the words that stand alone or before a parameter (RFC 9110 §11.6.1). */
function schemesOf(challenges: string): readonly string[] {
  const words = challenges.slice(0, 1000).matchAll(/(?:^|,)[\t ]*([A-Za-z][\w-]{0,30})(?=[\t ]+[^\s=]|[\t ]*(?:,|$))/g);
  return [...words].map(([, scheme = '']) => scheme);
}

/** A 403 that names a time is a limit, and no denial: some servers answer so where others answer 429. */
export function asksToWait({ status, headers }: Answer, now: Instant): boolean {
  return status === 403 && askedWaitMs(status, headers, now) !== undefined;
}

/**
 * Some servers say so that too much was asked. None of it where the link may have expired, where credentials were not
 * sent, or where the answer is that of a store, which denies a right.
 */
function mayBeLimit({ status, headers, url, redirected }: Answer, from: SourceLocator): boolean {
  if (status !== 403 || from.secretPath === true || redirected?.credentialsStayedAt !== undefined) return false;
  return headers['x-amz-request-id'] === undefined && !looksSigned(from.url) && !looksSigned(url.href);
}

/** Throws an answer away and makes an error of its status. */
export async function refuse(
  answer: Answer,
  now: Instant,
  { from, wasServed = false }: { readonly from: SourceLocator; readonly wasServed?: boolean },
): Promise<PieceworkError> {
  const { status, headers } = answer;
  if (status === 202 && headers['retry-after'] !== undefined) {
    return refuseFor(
      answer,
      'SourceBusy',
      'the server is still making it ready (202) and says when to come again',
      now,
    );
  }
  if (asksToWait(answer, now)) {
    return refuseFor(answer, 'SourceBusy', 'the server denies access for now (403) and says when to come again', now);
  }
  if (status < 400) {
    const empty = status === 204 || status === 205 ? ' without content' : '';
    return refuseFor(answer, 'SourceMalformed', `the server answers ${status}${empty}, which is not the bytes`, now);
  }
  const isLimit = mayBeLimit(answer, from);
  const advice = adviceOn(answer, now, { wasServed, isLimit });
  return refuseFor(answer, codeOfStatus(status), advice, now, isLimit ? { mayBeLimit: true } : {});
}

export async function refuseFor(
  answer: Answer,
  code: ErrorCode,
  because: string,
  now: Instant,
  more: ErrorDetails = {},
): Promise<PieceworkError> {
  await answer.body.discard(lengthOf(answer.headers));
  const target = redactUrl(answer.url.href);
  const retryAfterMs = askedWaitMs(answer.status, answer.headers, now);
  return new PieceworkError(code, `${target}: ${because}`, {
    details: {
      target,
      sourceStatus: answer.status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...more,
    },
  });
}
