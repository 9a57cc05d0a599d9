import type { ByteRange } from '../../values/ranges.ts';
import { rangeLength } from '../../values/ranges.ts';
import type { Snapshot } from '../snapshot.ts';
import { isPageInstead, mediaType } from './page-instead.ts';
import type { RangeAnswer, Refusal } from './range-answer.ts';
import { refused } from './range-answer.ts';
import { checkVersion } from './version-check.ts';

export type RangeVerdict =
  /** The body, if it has exactly the range's length, is the range. */
  | { readonly kind: 'accepted' }
  /** Ask once more without `If-Range`: some servers answer 200 to any of them although nothing changed. */
  | { readonly kind: 'askPlainly' }
  | Refusal;

/**
 * Distrusts the answer to a ranged GET until every statement in it fits what was asked and what the probe saw
 * (architecture, "Distrusting a range"; RFC 9110 §14, §15.3.7). The body's length is still to be counted.
 *
 * The classic bug that this prevents: a server ignores `Range`, answers 200 with the whole file, and the object
 * ends up with the right size and the wrong bytes.
 */
export function checkRangeAnswer(
  asked: ByteRange,
  snapshot: Snapshot,
  answer: RangeAnswer,
  { sentIfRange }: { readonly sentIfRange: boolean },
): RangeVerdict {
  switch (answer.kind) {
    case 'part':
      return checkPartial(asked, snapshot, answer, sentIfRange);
    case 'whole':
      return checkWhole(asked, snapshot, answer, sentIfRange);
    case 'outOfReach':
      return answer.totalBytes !== undefined && answer.totalBytes !== snapshot.sizeBytes
        ? refused('SourceChanged', `its size was ${snapshot.sizeBytes} bytes and is ${answer.totalBytes} now`)
        : refused('SourceRangeRefused', 'the server refuses a range that its own size allows (416)');
    case 'refused':
      return answer;
  }
}

type Part = Extract<RangeAnswer, { kind: 'part' }>;
type Whole = Extract<RangeAnswer, { kind: 'whole' }>;

function checkPartial(asked: ByteRange, snapshot: Snapshot, answer: Part, sentIfRange: boolean): RangeVerdict {
  const got = answer.stated;
  switch (got.kind) {
    case 'multipart':
      return refused(
        'RangesNotHonoured',
        'the server wraps the single range that was asked for into multipart/byteranges',
      );
    case 'nothing':
      return refused('RangeMismatch', 'a 206 without Content-Range');
    case 'unreadable':
      return refused('RangeMismatch', `a Content-Range that is none: ${JSON.stringify(got.text.slice(0, 80))}`);
    case 'range':
      break;
  }
  if (snapshot.sizeBytes !== undefined && got.totalBytes !== snapshot.sizeBytes) {
    return got.totalBytes === undefined
      ? refused('RangeMismatch', 'a Content-Range without the total size')
      : refused('SourceChanged', `its size was ${snapshot.sizeBytes} bytes and is ${got.totalBytes} now`);
  }
  if (got.range.start !== asked.start || got.range.end !== asked.end) {
    return refused(
      'RangeMismatch',
      `bytes [${asked.start}, ${asked.end}) were asked for and [${got.range.start}, ${got.range.end}) were answered`,
    );
  }
  if (answer.lengthBytes !== undefined && answer.lengthBytes !== rangeLength(asked)) {
    return refused(
      'RangeMismatch',
      `a range of ${rangeLength(asked)} bytes was answered with Content-Length ${answer.lengthBytes}`,
    );
  }
  return checkVersion(snapshot, answer, { confirmedByIfRange: sentIfRange }) ?? { kind: 'accepted' };
}

function checkWhole(asked: ByteRange, snapshot: Snapshot, answer: Whole, sentIfRange: boolean): RangeVerdict {
  // Before the version: a page for people (a link that expired into a log-in) says nothing about the file.
  if (isPageInstead(snapshot.contentType ?? '', answer.contentType)) {
    return refused(
      'UnexpectedType',
      `an HTML page came in place of the file (${mediaType(snapshot.contentType) ?? 'of no stated type'}): often an error or log-in page`,
    );
  }
  const changed = checkVersion(snapshot, answer, { confirmedByIfRange: false });
  if (changed !== undefined) return changed;
  const length = answer.lengthBytes;
  if (length !== undefined && snapshot.sizeBytes !== undefined && length !== snapshot.sizeBytes) {
    return refused('SourceChanged', `its size was ${snapshot.sizeBytes} bytes and is ${length} now`);
  }
  if (asked.start === 0 && asked.end === snapshot.sizeBytes && length === snapshot.sizeBytes)
    return { kind: 'accepted' };
  if (sentIfRange) return { kind: 'askPlainly' };
  return refused('RangesNotHonoured', 'the server ignores Range and answers with the whole file (200)');
}
