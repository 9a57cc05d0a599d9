import type { ErrorCode } from '../../errors/codes.ts';
import { isErrorCode } from '../../errors/codes.ts';
import type { ErrorDetails } from '../../errors/error.ts';
import { PieceworkError } from '../../errors/error.ts';
import { parseRetryAfter } from '../../http/grammar/retry-after.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/**
 * The body of a good answer.
 * @throws PieceworkError that of a problem document, with the same code; else by status, since a
 * gateway answers in words of its own.
 */
export function answerOf<T>({ status, text, retryAfter }: ApiAnswer, base: string): T {
  const body = parse(text);
  if (status >= 200 && status < 300) {
    if (body !== undefined) return body as T;
    throw new PieceworkError('RouteNotFound', `${base} answers, and not as a Piecework API; check the URL`);
  }
  throw problemOf(body, retryAfter) ?? byStatus(status, sentenceOf(body), retryAfter, base);
}

function problemOf(
  body: Record<string, unknown> | undefined,
  retryAfter: string | undefined,
): PieceworkError | undefined {
  if (body === undefined) return undefined;
  const { code, detail, errors, allowed, requestId } = body;
  const retryAfterMs = parseRetryAfter(retryAfter, Date.now());
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  const known = isErrorCode(code) ? code : 'Internal';
  const details: ErrorDetails = {
    ...(known === code ? {} : { apiCode: code.slice(0, 60) }),
    ...(Array.isArray(errors) && errors.length > 0 ? { errors: errors.map(fieldText).join('; ') } : {}),
    ...(Array.isArray(allowed) ? { allowed: allowed.map(String).join(', ') } : {}),
    ...(typeof requestId === 'string' ? { requestId: requestId.slice(0, 100) } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return new PieceworkError(known, detail, { details });
}

function fieldText(error: unknown): string {
  const { pointer, parameter, header, detail } = Object(error) as Record<string, unknown>;
  return `${String(pointer ?? parameter ?? header ?? '?')}: ${String(detail)}`;
}

function byStatus(status: number, sentence: string, retryAfter: string | undefined, base: string): PieceworkError {
  const retryAfterMs = parseRetryAfter(retryAfter, Date.now());
  const fail = (code: ErrorCode, message: string) =>
    new PieceworkError(code, message, retryAfterMs === undefined ? {} : { details: { retryAfterMs } });
  const said = sentence === '' ? '' : `: ${sentence}`;
  switch (status) {
    case 401:
    case 403:
      return fail('NotAuthorized', `${base} refuses the caller (${status})${said}`);
    case 404:
    case 405:
      return fail('RouteNotFound', `there is no Piecework API at ${base} (${status})`);
    case 413:
      return fail('RequestTooLarge', `${base} finds the request too large`);
    case 429:
      return fail('ApiBusy', `${base} is asked too often (429)`);
    default:
      return status >= 500
        ? fail('ApiUnreachable', `${base} failed (${status})${said}`)
        : fail('RouteNotFound', `${base} answers ${status}, and not as a Piecework API; check the URL`);
  }
}

/** API Gateway and load balancers say `{"message": …}`, and it may quote our signature. */
function sentenceOf(body: Record<string, unknown> | undefined): string {
  const said = body?.['message'] ?? body?.['Message'];
  return typeof said === 'string'
    ? (said.split(/'?Host:|The Canonical String|Credential=/)[0] ?? '').slice(0, 300).trim()
    : '';
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
