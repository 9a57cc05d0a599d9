import type { Answer } from '../../http/answer.ts';
import { decodedUtf8 } from '../../http/grammar/headers.ts';
import { nameOf } from '../../http/grammar/proposed-name.ts';
import { signatureExpiry } from '../../http/grammar/signature-expiry.ts';
import { modifiedAt, validatorOf } from '../../http/grammar/validator.ts';
import { publishedDigests } from '../../integrity/digest-headers.ts';
import { isPageFor } from '../../transfer/checks/page-instead.ts';
import type { SourceLocator } from '../../transfer/locators.ts';
import type { Snapshot } from '../../transfer/snapshot.ts';
import type { Instant } from '../../values/time.ts';
import { toIso } from '../../values/time.ts';

export interface SnapshotFacts {
  readonly answer: Answer;
  readonly ranges: boolean;
  readonly sizeBytes: number | undefined;
  /** True where ranges would have been of use and were not given. */
  readonly rangesMissed: boolean;
  readonly from: SourceLocator;
  readonly now: Instant;
}

export function snapshotOf(facts: SnapshotFacts): Snapshot {
  const { answer, ranges, sizeBytes, from } = facts;
  const { headers } = answer;
  const modified = modifiedAt(headers);
  return {
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ranges,
    validator: validatorOf(headers),
    ...carried(answer, 'content-type', 'contentType'),
    ...carried(answer, 'content-encoding', 'contentEncoding'),
    ...carried(answer, 'content-disposition', 'contentDisposition'),
    ...carried(answer, 'content-language', 'contentLanguage'),
    ...carried(answer, 'cache-control', 'cacheControl'),
    ...(modified === undefined ? {} : { modifiedAt: modified }),
    name: nameOf(headers['content-disposition'], from.secretPath === true ? undefined : answer.url),
    ...(answer.endProvedBy === 'nothing' && answer.status === 200 ? { unprovedEnd: 'connection' as const } : {}),
    ...(answer.redirected === undefined ? {} : { redirectHosts: answer.redirected.hosts }),
    digests: publishedDigests(answer.status, headers),
    warnings: warningsOf(facts),
  };
}

type Carried = 'contentType' | 'contentEncoding' | 'contentDisposition' | 'contentLanguage' | 'cacheControl';

function carried(answer: Answer, header: string, field: Carried): Partial<Record<Carried, string>> {
  const value = answer.headers[header]?.trim();
  // Not the coding: it is compared with what is sent later.
  return value === undefined || value === ''
    ? {}
    : { [field]: field === 'contentEncoding' ? value : decodedUtf8(value) };
}

function warningsOf({ answer, rangesMissed, from, now }: SnapshotFacts): string[] {
  const warnings: string[] = [];
  const expiry = expiryOf(from.url);
  if (expiry !== undefined) {
    const when = expiry > now ? 'expires' : 'expired';
    warnings.push(`the link's signature ${when} at ${toIso(expiry)}`);
  }
  if (validatorOf(answer.headers).kind === 'none') {
    warnings.push(
      'the server states no version (neither ETag nor Last-Modified), so a change during the transfer may go unseen unless a digest is given',
    );
  }
  const coding = answer.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity') {
    warnings.push(
      `the server sends it compressed (${coding.slice(0, 40)}) although it was asked not to; it is stored as it comes`,
    );
  }
  const name = from.secretPath === true ? undefined : nameOf(undefined, URL.parse(from.url) ?? undefined);
  if (isPageFor(name, answer.headers['content-type'])) {
    warnings.push(
      `the server sends a page of HTML for ${name}: perhaps a login or an error; --expect-type refuses such a page`,
    );
  }
  if (rangesMissed) {
    warnings.push('the server does not serve ranges: one connection, and a broken transfer starts over');
  }
  return warnings;
}

/** Only the URL that was given is asked again and again; a redirect's signature is new each time. */
function expiryOf(text: string): Instant | undefined {
  const url = URL.parse(text);
  return url === null ? undefined : signatureExpiry(url);
}
