import type { ErrorRecord } from '../../errors/error.ts';
import { shownUrl } from '../../errors/secret-url-path.ts';
import type { Digests } from '../digests.ts';
import type { SourceLocator } from '../locators.ts';

/** One file that a batch brings. */
export interface BatchEntry {
  /** Its place in the list, from 1. */
  readonly number: number;
  /** Mirrors of one file, the best first; never empty. Each may hold secrets. */
  readonly sources: readonly SourceLocator[];
  /** Under the batch's destination, with `/` between folders; made safe. */
  readonly name: string;
  readonly expect: EntryExpectations;
  /** A checksum file that has its digest: to be read before it is fetched. May hold secrets. */
  readonly checksumsFrom?: SourceLocator;
}

/** What the list says of the file: anything else is refused. */
export interface EntryExpectations {
  readonly sizeBytes?: number;
  readonly digests: Digests;
}

/** A line of the list that is no entry: its outcome is known from the start. */
export interface InvalidLine {
  readonly number: number;
  /** Redacted, as far as there is one. */
  readonly source: string;
  readonly name: string;
  readonly error: ErrorRecord;
}

export type Listed = BatchEntry | InvalidLine;

export function isEntry(listed: Listed): listed is BatchEntry {
  return 'sources' in listed;
}

/** Where it comes from, as it may be shown: the first of its mirrors. */
export function shownSourceOf(listed: Listed): string {
  if (!isEntry(listed)) return listed.source;
  const [first] = listed.sources;
  return first === undefined ? '' : shownUrl(first);
}
