import type { ErrorCode } from '../errors/codes.ts';
import type { Digests } from '../transfer/digests.ts';

/** Where in the list it stands: a line of a text, an item of a document. */
export interface Place {
  /** From 1. */
  readonly line?: number;
  /** From 1, in characters. */
  readonly column?: number;
  /** Of JSON, a pointer (RFC 6901): `/files/3`; of XML and HTML, nothing. */
  readonly pointer?: string;
}

/** One file to bring. Plain data: it can be stored as JSON. */
export interface Entry {
  readonly kind: 'entry';
  /** Its place in the order of the list, from 1; lines that are no entry are counted too. */
  readonly number: number;
  /** Absolute URLs of the same bytes, at least one, the best first. They may hold secrets. */
  readonly sources: readonly [string, ...string[]];
  /** Path under the destination, with `/`; each segment is safe on any file system, and none leads out of it. */
  readonly name: string;
  /** Exact, and to be proved. */
  readonly sizeBytes?: number;
  /** Rounded, from `12 MB` or a folder page: enough to plan with, never to be proved. */
  readonly aboutBytes?: number;
  /** To be proved. */
  readonly digests: Digests;
  /** Algorithms of digests in the list that Piecework can't compute: they are not proved. */
  readonly unprovedDigests?: readonly string[];
  /** Sent with every request for it; names in lower case. They may hold secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** URL of a `checksums` list, or of a manifest, that has this file's digest: to be read before it is fetched. */
  readonly checksumsFrom?: string;
  /** The first entry with the same first source and the same expectations: that one's bytes are these. */
  readonly duplicateOf?: number;
  readonly at: Place;
}

/** A line that is no entry. It has a number as entries do, since it has an outcome as they do. */
export interface InvalidEntry {
  readonly kind: 'invalid';
  readonly number: number;
  /** `UnsupportedScheme` where none of its URLs is of a kind that we know; else `InvalidEntry`. */
  readonly code: Extract<ErrorCode, 'InvalidEntry' | 'UnsupportedScheme'>;
  /** One sentence with the place, without any secret. */
  readonly message: string;
  /** The entry that has the name already. */
  readonly collidesWith?: number;
  readonly at: Place;
}

export type Listed = Entry | InvalidEntry;

/** `line 3, column 5` */
export function placeText({ line, column, pointer }: Place): string {
  const parts = [
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
    ...(pointer === undefined ? [] : [`item ${pointer}`]),
  ];
  return parts.length === 0 ? 'the list' : parts.join(', ');
}
