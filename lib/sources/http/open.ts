import { PieceworkError } from '../../errors/error.ts';
import { rephrasedReader } from '../../errors/rephrased.ts';
import type { Answer } from '../../http/answer.ts';
import { decodedUtf8, lengthOf } from '../../http/grammar/headers.ts';
import { rangeAnswerOf } from '../../http/grammar/range-answer.ts';
import { ifRangeOf, validatorOf } from '../../http/grammar/validator.ts';
import type { Start } from '../../http/requests/redirects.ts';
import type { RangeAnswer } from '../../transfer/checks/range-answer.ts';
import { checkRangeAnswer } from '../../transfer/checks/range-check.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { ByteReader } from '../../values/bytes.ts';
import type { Call } from '../../values/call.ts';
import type { ByteRange } from '../../values/ranges.ts';
import { rangeLength } from '../../values/ranges.ts';
import { stated } from '../../values/stated.ts';
import type { HttpContext, Question } from './ask.ts';
import { ask, readerOf, startAt } from './ask.ts';
import { refuse, refuseFor } from './refusal.ts';

/** How often the URL itself is asked while its redirects lead to other versions: to one mirror after the other. */
const REDIRECT_TRIES = 8;

/**
 * `Source.open` of HTTP: asks for the range, and reads nothing of an answer that `checkRangeAnswer` does not accept.
 * The place that redirects led to before is asked first, and the URL that was given once that fails.
 */
export async function openHttp(
  context: HttpContext,
  from: SourceLocator,
  snapshot: Snapshot,
  range: ByteRange,
  { signal }: Call,
): Promise<ByteReader> {
  const { reached } = context;
  const openFrom = async (start: Start | undefined): Promise<Opened> => {
    const opened = await openAt(context, from, { snapshot, range, start }, signal);
    if (opened.kind === 'refused') return opened;
    const next = opened.answer.redirected === undefined ? start : startAt(opened.answer);
    if (next === undefined) return opened;
    reached.keep(from, snapshot, next);
    // A body that breaks off speaks against its server too; one that was given up does not.
    const spokenAgainst = (thrown: unknown) => {
      if (thrown instanceof PieceworkError) reached.forget(from, snapshot, next);
      return thrown;
    };
    return { ...opened, reader: rephrasedReader(spokenAgainst, opened.reader) };
  };
  const before = reached.at(from, snapshot);
  context.limits.check(before?.url.href ?? from.url);
  if (before !== undefined) {
    const reader = await openBefore(() => openFrom(before));
    signal.throwIfAborted();
    if (reader !== undefined) return reader;
    reached.forget(from, snapshot, before);
  }
  for (let tries = 1; ; tries += 1) {
    const opened = await openFrom(undefined);
    if (opened.kind === 'opened') return opened.reader;
    const mayLeadElsewhere = opened.answer.redirected !== undefined && opened.error.code === 'SourceChanged';
    if (!mayLeadElsewhere || tries >= REDIRECT_TRIES) throw opened.error;
  }
}

type Opened =
  | { readonly kind: 'opened'; readonly answer: Answer; readonly reader: ByteReader }
  | { readonly kind: 'refused'; readonly answer: Answer; readonly error: PieceworkError };

/** `undefined` where it failed, so that the URL itself is to be asked: unless the server just wants patience. */
async function openBefore(open: () => Promise<Opened>): Promise<ByteReader | undefined> {
  try {
    const opened = await open();
    if (opened.kind === 'opened') return opened.reader;
    if (opened.error.code === 'SourceBusy') throw opened.error;
  } catch (error) {
    if (!(error instanceof PieceworkError) || error.code === 'SourceBusy') throw error;
  }
  return undefined;
}

interface Asked {
  readonly snapshot: Snapshot;
  readonly range: ByteRange;
  readonly start: Start | undefined;
}

async function openAt(
  context: HttpContext,
  from: SourceLocator,
  { snapshot, range, start }: Asked,
  signal: AbortSignal,
): Promise<Opened> {
  const ifRange = ifRangeOf(snapshot.validator);
  const questions: readonly Question[] = ifRange === undefined ? [{ range }] : [{ range, ifRange }, { range }];
  for (const question of questions) {
    const answer = await ask(context, from, { ...question, ...stated({ start }) }, signal);
    const verdict = checkRangeAnswer(range, snapshot, headOf(answer), { sentIfRange: question.ifRange !== undefined });
    if (verdict.kind === 'accepted') {
      return { kind: 'opened', answer, reader: readerOf(context, answer, rangeLength(range)) };
    }
    if (verdict.kind === 'refused') {
      // A status that says it all has its own sentence; the rest is what the check found.
      const statusAlone = answer.status === 202 || (answer.status >= 400 && verdict.code !== 'SourceChanged');
      const error = statusAlone
        ? await refuse(answer, context.now(), { from, wasServed: true })
        : await refuseFor(answer, verdict.code, verdict.because, context.now());
      return { kind: 'refused', answer, error };
    }
    await answer.body.discard(lengthOf(answer.headers));
  }
  throw new RangeError('the check asks again only where If-Range was sent');
}

function headOf({ status, headers }: Answer): RangeAnswer {
  return rangeAnswerOf({
    status,
    validator: validatorOf(headers),
    ...stated({
      contentRange: headers['content-range'],
      contentLength: headers['content-length'],
      contentEncoding: headers['content-encoding'],
      contentType: headers['content-type'] === undefined ? undefined : decodedUtf8(headers['content-type']),
    }),
  });
}
