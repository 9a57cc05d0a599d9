import type { Answer } from '../../http/answer.ts';
import { lengthOf } from '../../http/grammar/headers.ts';
import { rangeAnswerOf } from '../../http/grammar/range-answer.ts';
import { ifRangeOf, validatorOf } from '../../http/grammar/validator.ts';
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
import { ask, readerOf } from './ask.ts';
import { refuse, refuseFor } from './refusal.ts';

/**
 * `Source.open` of HTTP: asks for the range, and reads nothing of an answer that `checkRangeAnswer` does not accept.
 */
export async function openHttp(
  context: HttpContext,
  from: SourceLocator,
  snapshot: Snapshot,
  range: ByteRange,
  { signal }: Call,
): Promise<ByteReader> {
  const ifRange = ifRangeOf(snapshot.validator);
  const questions: readonly Question[] = ifRange === undefined ? [{ range }] : [{ range, ifRange }, { range }];
  for (const question of questions) {
    const answer = await ask(context, from, question, signal);
    const verdict = checkRangeAnswer(range, snapshot, headOf(answer), { sentIfRange: question.ifRange !== undefined });
    if (verdict.kind === 'accepted') return readerOf(context, answer, rangeLength(range));
    if (verdict.kind === 'refused') {
      // A status that says it all has its own sentence; the rest is what the check found.
      const statusAlone = answer.status === 202 || (answer.status >= 400 && verdict.code !== 'SourceChanged');
      throw statusAlone
        ? await refuse(answer, context.now())
        : await refuseFor(answer, verdict.code, verdict.because, context.now());
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
      contentType: headers['content-type'],
    }),
  });
}
