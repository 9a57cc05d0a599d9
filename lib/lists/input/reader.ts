import type { Place } from '../entry.ts';
import type { ListOptions } from '../options.ts';
import type { DigestTable } from './digest-table.ts';

/** What a reader finds in a list, as it is written there: not checked yet. */
export interface Draft {
  readonly at: Place;
  /** URLs of the same bytes, the best first; relative ones belong to the base. Empty texts are left out. */
  readonly sources: readonly string[];
  /** In place of `sources`: the file's path below the base, as text. It is the name as well, if there is no other. */
  readonly path?: string;
  /** @default the last segment of the first URL */
  readonly name?: string | undefined;
  /** A whole number of bytes; an empty text is none. */
  readonly size?: string | undefined;
  /** A size with a unit, which is rounded. */
  readonly about?: string | undefined;
  readonly digests?: readonly WrittenDigest[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly checksumsFrom?: string;
}

export interface WrittenDigest {
  /** In any spelling: `sha-256`, `SHA256`. */
  readonly algorithm: string;
  /** Hex or base64; an empty text is none. */
  readonly value: string;
}

/** What a reader is given: where to put what it finds, in the order of the list. */
export interface ReaderContext {
  readonly options: ListOptions;
  entry(draft: Draft): void;
  /** A sentence without a secret, that begins after the place: `has no size`. */
  invalid(at: Place, problem: string): void;
  /** What is passed over without harm, and is to be said. */
  note(at: Place, what: string): void;
  /** URL of the next page of this list. */
  next(url: string): void;
  /** Whether other pages of this list may have what this one lacks. */
  isPage(): boolean;
  /** Digests that stand in a file beside the list, by names. */
  readonly manifest: DigestTable | undefined;
}

/** One kind of list: text in, cut anywhere, and what it holds to the context. Keeps no more than one entry. */
export interface Reader {
  push(text: string): void;
  /** Nothing more follows. */
  end(): void;
}
