import { redactUrl } from '../../errors/redact.ts';
import type { Answer } from '../../http/answer.ts';
import { lengthOf } from '../../http/grammar/headers.ts';
import { nextLink } from '../../http/grammar/link.ts';
import { parseContentRange } from '../../http/grammar/range-fields.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Call } from '../../values/call.ts';
import { stated } from '../../values/stated.ts';
import type { Probe } from '../source.ts';
import type { HttpContext } from './ask.ts';
import { ask, readerOf, startAt } from './ask.ts';
import { asksToWait, refuse, refuseFor } from './refusal.ts';
import { snapshotOf } from './snapshot.ts';

/** What the head of an answer lets us believe. */
interface Finding {
  readonly answer: Answer;
  readonly ranges: boolean;
  /** `undefined` = the server does not say. */
  readonly sizeBytes: number | undefined;
  /** `undefined` = HTTP's framing is the only measure. */
  readonly bodyBytes: number | undefined;
}

/**
 * `Source.probe` of HTTP: one ranged GET. Only a 206 for exactly the bytes that were asked for counts as a server with
 * ranges. Whatever else a server makes of `Range` (another range, none stated, 416 for an empty or any file, a refusal
 * that may be one of the range alone) is not trusted but asked again without one; that answer's head is then the
 * file's own.
 */
export async function probeHttp(
  context: HttpContext,
  from: SourceLocator,
  firstBytes: number | 'all',
  { signal }: Call,
): Promise<Probe> {
  const ranged = firstBytes === 'all' ? undefined : await askForFirst(context, from, firstBytes, signal);
  const found = ranged ?? (await askForAll(context, from, signal));
  const { answer, ranges, sizeBytes, bodyBytes } = found;
  const body = readerOf(context, answer, bodyBytes);
  // Some servers answer 200 to a range that is the whole; that says nothing about their other ranges.
  const rangesMissed = !ranges && firstBytes !== 'all' && (sizeBytes === undefined || sizeBytes > firstBytes);
  const snapshot = snapshotOf({ answer, ranges, sizeBytes, rangesMissed, from, now: context.now() });
  // Another look may be led to another server, whose version may have another name.
  if (answer.redirected !== undefined) context.reached.keep(from, snapshot, startAt(answer));
  return {
    snapshot,
    finalUrl: redactUrl(answer.url.href),
    httpStatus: answer.status,
    ...stated({ nextPage: nextLink(answer.headers, answer.url) }),
    body,
    bodyIsWhole: !ranges || bodyBytes === sizeBytes,
    [Symbol.asyncDispose]: () => body[Symbol.asyncDispose](),
  };
}

/** What servers and what stands before them are seen to answer to a `Range` that they do not bear. */
const MAY_REFUSE_RANGES: ReadonlySet<number> = new Set([400, 403, 405, 406, 412, 416, 417, 500, 501]);

async function askForFirst(
  context: HttpContext,
  from: SourceLocator,
  firstBytes: number,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  context.limits.check(from.url);
  const answer = await ask(context, from, { range: { start: 0, end: firstBytes } }, signal);
  if (answer.status === 200) return whole(answer);
  const isAboutRanges = MAY_REFUSE_RANGES.has(answer.status) && !asksToWait(answer, context.now());
  if (answer.status !== 206 && !isAboutRanges) throw await refuse(answer, context.now(), { from });
  const exact = answer.status === 206 ? exactly(answer, firstBytes) : undefined;
  if (exact === undefined) await answer.body.discard(lengthOf(answer.headers));
  return exact;
}

async function askForAll(context: HttpContext, from: SourceLocator, signal: AbortSignal): Promise<Finding> {
  const answer = await ask(context, from, {}, signal);
  if (answer.status === 200) return whole(answer);
  if (answer.status !== 206) throw await refuse(answer, context.now(), { from });
  const because = 'the server answers with a part (206) although the whole was asked for';
  throw await refuseFor(answer, 'SourceMalformed', because, context.now());
}

function whole(answer: Answer): Finding {
  const sizeBytes = lengthOf(answer.headers);
  return { answer, ranges: false, sizeBytes, bodyBytes: sizeBytes };
}

/**
 * `undefined` unless a 206 states exactly what was asked for, cut to the file's size, and nothing speaks against it.
 */
function exactly(answer: Answer, firstBytes: number): Finding | undefined {
  const { headers } = answer;
  const got = parseContentRange(headers['content-range'] ?? '');
  if (got?.range === undefined || got.totalBytes === undefined) return undefined;
  const bodyBytes = Math.min(firstBytes, got.totalBytes);
  if (got.range.start !== 0 || got.range.end !== bodyBytes) return undefined;
  if (headers['content-length'] !== undefined && lengthOf(headers) !== bodyBytes) return undefined;
  if (/^\s*multipart\/byteranges/i.test(headers['content-type'] ?? '')) return undefined;
  return { answer, ranges: true, sizeBytes: got.totalBytes, bodyBytes };
}
