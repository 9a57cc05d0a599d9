import type { Snapshot } from '../snapshot.ts';
import { mediaType } from './page-instead.ts';
import type { RangeHead, Refusal } from './range-answer.ts';
import { refused } from './range-answer.ts';

/** `undefined` when nothing speaks against it being the planned version. */
export function checkVersion(
  snapshot: Snapshot,
  answer: RangeHead,
  { confirmedByIfRange }: { readonly confirmedByIfRange: boolean },
): Refusal | undefined {
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

function codingOf(contentEncoding: string | undefined): string {
  const text = contentEncoding?.trim().toLowerCase() ?? '';
  return text === '' ? 'identity' : text;
}

/** What a server of files says of one of them, where it says so. */
export interface FileFacts {
  readonly sizeBytes?: number | undefined;
  /** ISO 8601. */
  readonly modifiedAt?: string | undefined;
}

/** How a file differs from the one that was planned, as a sentence; what was not stated then is not compared. */
export function fileChange(planned: FileFacts, now: FileFacts): string | undefined {
  if (planned.sizeBytes !== undefined && now.sizeBytes !== planned.sizeBytes)
    return `its size was ${planned.sizeBytes} bytes and is ${now.sizeBytes ?? 'unstated'} now`;
  if (planned.modifiedAt !== undefined && now.modifiedAt !== planned.modifiedAt)
    return `it was modified at ${planned.modifiedAt}, and at ${now.modifiedAt ?? 'an unstated time'} now`;
  return undefined;
}
