import { PieceworkError } from '../../errors/error.ts';
import type { Answer } from '../../http/answer.ts';
import type { Dispatchers } from '../../http/connections/dispatcher.ts';
import { toRangeHeader } from '../../http/grammar/range-fields.ts';
import type { Start } from '../../http/requests/redirects.ts';
import { follow } from '../../http/requests/redirects.ts';
import { callerRequest } from '../../http/requests/request-headers.ts';
import { bodyReader } from '../../net/bodies/body-reader.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { ByteRange } from '../../values/ranges.ts';
import type { Instant } from '../../values/time.ts';
import type { AnnouncedLimits } from './announced-limits.ts';
import type { Reached } from './reached.ts';

export interface HttpContext {
  readonly dispatchers: Dispatchers;
  readonly userAgent: string;
  readonly now: () => Instant;
  readonly reached: Reached;
  readonly limits: AnnouncedLimits;
}

export interface Question {
  /** Absent = the whole, without a `Range` header. */
  readonly range?: ByteRange;
  readonly ifRange?: string;
  /** Where to ask. @default the URL that was given */
  readonly start?: Start;
}

const DEFAULT_REDIRECTS = 5;

/** One GET, redirects followed. The answer may be anything: it is not judged yet. */
export async function ask(
  context: HttpContext,
  from: SourceLocator,
  question: Question,
  signal: AbortSignal,
): Promise<Answer> {
  const maxRedirects = from.maxRedirects ?? DEFAULT_REDIRECTS;
  if (!Number.isInteger(maxRedirects) || maxRedirects < 0) {
    throw new PieceworkError('InvalidOption', 'maxRedirects must be a whole number from 0');
  }
  const answer = await follow(context.dispatchers, {
    ...(question.start ?? callerRequest(from, context.userAgent)),
    ownHeaders: {
      // Bytes are stored as they are; a coding made on the fly would make ranges of something else.
      'accept-encoding': 'identity',
      ...(question.range === undefined ? {} : { range: toRangeHeader(question.range) }),
      ...(question.ifRange === undefined ? {} : { 'if-range': question.ifRange }),
    },
    policy: { maxRedirects, allowInsecure: from.allowInsecureRedirect ?? false },
    signal,
  });
  context.limits.note(answer);
  return answer;
}

export function readerOf(context: HttpContext, answer: Answer, expectedBytes: number | undefined): ByteReader {
  return bodyReader({
    url: answer.url,
    body: answer.body,
    expectedBytes,
    floor: context.dispatchers.floorOf(answer.url.origin),
  });
}

/** Where an answer came from, as the place to ask next time. */
export function startAt({ url, redirected }: Answer): Start {
  const { hosts: _, ...start } = { hosts: [], headers: {}, ...redirected };
  return { url, ...start };
}
