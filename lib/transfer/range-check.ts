import type { ErrorCode } from '../errors/codes.ts';
import type { ByteRange } from '../values/ranges.ts';
import { parseContentRange, rangeLength } from '../values/ranges.ts';
import type { Validator } from '../values/validator.ts';
import { isPageInstead } from './page-instead.ts';
import type { Snapshot } from './snapshot.ts';

/** The head of an answer to a ranged request, as it came. */
export interface RangeAnswer {
  readonly status: number;
  readonly contentRange?: string;
  readonly contentLength?: string;
  readonly contentEncoding?: string;
  readonly contentType?: string;
  readonly validator: Validator;
}

export type RangeVerdict =
  /** The body, if it has exactly the range's length, is the range. */
  | { readonly kind: 'accepted' }
  /** Ask once more without `If-Range`: some servers answer 200 to any of them although nothing changed. */
  | { readonly kind: 'askPlainly' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly because: string };

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
  sentIfRange: boolean,
): RangeVerdict {
  switch (answer.status) {
    case 206:
      return checkPartial(asked, snapshot, answer, sentIfRange);
    case 200:
      return checkWhole(asked, snapshot, answer, sentIfRange);
    case 412:
      return refused('SourceChanged', 'the server says that the version which was planned is no longer there (412)');
    case 416: {
      const total = answer.contentRange === undefined ? undefined : parseContentRange(answer.contentRange)?.totalBytes;
      return total !== undefined && total !== snapshot.sizeBytes
        ? refused('SourceChanged', `its size was ${snapshot.sizeBytes} bytes and is ${total} now`)
        : refused('SourceRangeRefused', 'the server refuses a range that its own size allows (416)');
    }
    default:
      return refused(codeOfStatus(answer.status), `the server answered ${answer.status}`);
  }
}

function checkPartial(asked: ByteRange, snapshot: Snapshot, answer: RangeAnswer, sentIfRange: boolean): RangeVerdict {
  if (mediaType(answer.contentType) === 'multipart/byteranges') {
    return refused(
      'RangesNotHonoured',
      'the server wraps the single range that was asked for into multipart/byteranges',
    );
  }
  if (answer.contentRange === undefined) return refused('RangeMismatch', 'a 206 without Content-Range');
  const got = parseContentRange(answer.contentRange);
  if (got?.range === undefined)
    return refused(
      'RangeMismatch',
      `a Content-Range that is none: ${JSON.stringify(answer.contentRange.slice(0, 80))}`,
    );
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
  if (answer.contentLength !== undefined && Number(answer.contentLength) !== rangeLength(asked)) {
    return refused(
      'RangeMismatch',
      `a range of ${rangeLength(asked)} bytes was answered with Content-Length ${answer.contentLength.slice(0, 20)}`,
    );
  }
  return checkVersion(snapshot, answer, sentIfRange) ?? { kind: 'accepted' };
}

function checkWhole(asked: ByteRange, snapshot: Snapshot, answer: RangeAnswer, sentIfRange: boolean): RangeVerdict {
  // Before the version: a page for people (a link that expired into a log-in) says nothing about the file.
  if (isPageInstead(snapshot.contentType, answer.contentType)) {
    return refused(
      'UnexpectedType',
      `an HTML page came in place of the file (${mediaType(snapshot.contentType)}): often an error or log-in page`,
    );
  }
  const changed = checkVersion(snapshot, answer, false);
  if (changed !== undefined) return changed;
  const length = answer.contentLength === undefined ? undefined : Number(answer.contentLength);
  if (length !== undefined && snapshot.sizeBytes !== undefined && length !== snapshot.sizeBytes) {
    return refused('SourceChanged', `its size was ${snapshot.sizeBytes} bytes and is ${length} now`);
  }
  if (asked.start === 0 && asked.end === snapshot.sizeBytes && length === snapshot.sizeBytes)
    return { kind: 'accepted' };
  if (sentIfRange) return { kind: 'askPlainly' };
  return refused('RangesNotHonoured', 'the server ignores Range and answers with the whole file (200)');
}

/** `undefined` when nothing speaks against it being the planned version. */
function checkVersion(snapshot: Snapshot, answer: RangeAnswer, confirmedByIfRange: boolean): RangeVerdict | undefined {
  if (codingOf(answer.contentEncoding) !== codingOf(snapshot.contentEncoding)) {
    return refused(
      'BodyEncoded',
      `the probe saw Content-Encoding ${codingOf(snapshot.contentEncoding)}, and this answer has ${codingOf(answer.contentEncoding)}`,
    );
  }
  const was = snapshot.validator;
  const now = answer.validator;
  if (was.kind === 'none') {
    return mediaType(answer.contentType) === mediaType(snapshot.contentType)
      ? undefined
      : refused(
          'SourceChanged',
          `its type was ${mediaType(snapshot.contentType) ?? 'unstated'} and is ${mediaType(answer.contentType) ?? 'unstated'} now`,
        );
  }
  if (was.kind === 'date') {
    const lastModified = now.kind === 'none' ? undefined : now.lastModified;
    if (lastModified === was.lastModified || (lastModified === undefined && confirmedByIfRange)) return undefined;
    return refused(
      'SourceChanged',
      `its Last-Modified was ${was.lastModified} and is ${lastModified ?? 'unstated'} now`,
    );
  }
  if (now.kind === 'strong' || now.kind === 'weak') {
    return now.etag === was.etag
      ? undefined
      : refused('SourceChanged', `its ETag was ${was.etag} and is ${now.etag} now`);
  }
  // A 206 to If-Range vouches for the version even where the server leaves the ETag out.
  return confirmedByIfRange ? undefined : refused('SourceChanged', `its ETag was ${was.etag} and is unstated now`);
}

/** Which code a status stands for when it is no answer with a body of ours (architecture, "What is retried"). */
export function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'SourceUnauthorized';
    case 403:
      return 'SourceForbidden';
    case 404:
      return 'SourceNotFound';
    case 407:
      return 'ProxyRefused';
    case 410:
      return 'SourceGone';
    case 412:
      return 'SourceChanged';
    case 416:
      return 'SourceRangeRefused';
    case 429:
    case 503:
      return 'SourceBusy';
    case 408:
    case 425:
      return 'SourceServerError';
    default:
      return status >= 500 ? 'SourceServerError' : 'SourceBadRequest';
  }
}

function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

function codingOf(contentEncoding: string | undefined): string {
  const text = contentEncoding?.trim().toLowerCase() ?? '';
  return text === '' ? 'identity' : text;
}

function refused(code: ErrorCode, because: string): RangeVerdict {
  return { kind: 'refused', code, because };
}
