import { stated } from '../../values/stated.ts';
import type { Snapshot } from '../snapshot.ts';
import { isPageInstead, mediaType } from './page-instead.ts';

/** What is held against a later look: one version of a source as it was seen. */
export type SeenVersion = Pick<Snapshot, 'sizeBytes' | 'validator' | 'contentType' | 'contentEncoding'>;

function seenOf({ sizeBytes, validator, contentType, contentEncoding }: Snapshot): SeenVersion {
  return { validator, ...stated({ sizeBytes, contentType, contentEncoding }) };
}

const IN_PLACE = 'something in place of the file, often an error or log-in page';

interface Seen {
  readonly snapshot?: Snapshot;
  readonly versionBefore?: SeenVersion;
}

/** The version that was planned, else the one before that. */
export function lastSeen({ snapshot, versionBefore }: Seen): SeenVersion | undefined {
  return snapshot === undefined ? versionBefore : seenOf(snapshot);
}

/**
 * Why a later answer is no version of what was planned, but something in its place: a page, an error, a refusal that
 * came with 200. A restart would take it for the file. `undefined` = it may be a version.
 * @param isOneAnswer all bytes come with this answer: then it need not fit those that came before.
 */
export function standsIn(was: SeenVersion, is: SeenVersion, isOneAnswer: boolean): string | undefined {
  const before = mediaType(was.contentType) ?? 'of no stated type';
  const now = mediaType(is.contentType) ?? 'of no stated type';
  if (isPageInstead(was.contentType ?? '', is.contentType)) return `was ${before}, and an HTML page came: ${IN_PLACE}`;
  if (is.sizeBytes === 0 && was.sizeBytes !== 0) return `was not empty, and nothing came: ${IN_PLACE}`;
  if (was.validator.kind === 'none') return undefined;
  if (is.validator.kind === 'none') return `stated its version, and what came states none: ${IN_PLACE}`;
  if (is.validator.kind === 'weak' && was.validator.kind !== 'weak' && before !== now)
    return `was ${before}, and something ${now} came that states its version less exactly: ${IN_PLACE}`;
  const isSame = was.validator.kind === 'strong' && 'etag' in is.validator && is.validator.etag === was.validator.etag;
  if (isSame && !isOneAnswer && is.sizeBytes !== was.sizeBytes)
    return `had ${was.sizeBytes} bytes, and has ${is.sizeBytes ?? 'an unknown number'} under the same ETag: the server contradicts itself`;
  return undefined;
}
