import { mediaType } from '../../transfer/checks/page-instead.ts';
import type { RangeAnswer, StatedRange } from '../../transfer/checks/range-answer.ts';
import { refused } from '../../transfer/checks/range-answer.ts';
import type { Validator } from '../../values/web/validator.ts';
import { parseContentRange } from './range-fields.ts';
import { codeOfStatus } from './status.ts';

/** The head of an answer to a ranged GET, as it came. */
export interface RangeFields {
  readonly status: number;
  readonly contentRange?: string;
  readonly contentLength?: string;
  readonly contentEncoding?: string;
  readonly contentType?: string;
  readonly validator: Validator;
}

/** What it states (RFC 9110 §14, §15.3.7, §15.5.17), for `checkRangeAnswer` to distrust. */
export function rangeAnswerOf({ status, contentRange, contentLength, ...fields }: RangeFields): RangeAnswer {
  const head = { ...fields, ...(contentLength === undefined ? {} : { lengthBytes: Number(contentLength) }) };
  switch (status) {
    case 206:
      return { kind: 'part', stated: statedRange(fields.contentType, contentRange), ...head };
    case 200:
      return { kind: 'whole', ...head };
    case 412:
      return refused('SourceChanged', 'the server says that the version which was planned is no longer there (412)');
    case 416:
      return { kind: 'outOfReach', totalBytes: parseContentRange(contentRange ?? '')?.totalBytes };
    default:
      return refused(codeOfStatus(status), `the server answered ${status}`);
  }
}

function statedRange(contentType: string | undefined, contentRange: string | undefined): StatedRange {
  if (mediaType(contentType) === 'multipart/byteranges') return { kind: 'multipart' };
  if (contentRange === undefined) return { kind: 'nothing' };
  const { range, totalBytes } = parseContentRange(contentRange) ?? {};
  if (range === undefined) return { kind: 'unreadable', text: contentRange };
  return { kind: 'range', range, ...(totalBytes === undefined ? {} : { totalBytes }) };
}
