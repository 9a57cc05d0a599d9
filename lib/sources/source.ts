import type { CopySource, SourceLocator } from '../transfer/locators.ts';
import type { Snapshot } from '../transfer/snapshot.ts';
import type { ByteReader } from '../values/bytes.ts';
import type { Call } from '../values/call.ts';
import type { ByteRange } from '../values/ranges.ts';

export interface Probe extends AsyncDisposable {
  readonly snapshot: Snapshot;
  /** Where redirects led, redacted; for people only, never used again. */
  readonly finalUrl: string;
  /** Of the answer, where the source speaks HTTP; for people only. */
  readonly httpStatus?: number;
  /** The URL of the page that goes on with this one, where the answer names it; it may hold secrets. */
  readonly nextPage?: string;
  /**
   * The body that came with the probe, from byte 0, checked like any other: the whole source when it is a stream or
   * no larger than `firstBytes`, else its first `firstBytes` bytes. Disposing of the probe closes it.
   */
  readonly body: ByteReader;
  /** True when `body` runs to the end of the source. */
  readonly bodyIsWhole: boolean;
}

/**
 * One family of schemes. Implementations hold connections only; what is known of a transfer comes in with each call.
 */
export interface Source extends AsyncDisposable {
  /** Without the colon: `['http', 'https']`. */
  readonly schemes: readonly string[];
  /**
   * First contact. Asks for the first `firstBytes` (at least 1) bytes, or, with 'all', for the whole without a range.
   * @throws PieceworkError with a `Source…` code.
   */
  probe(from: SourceLocator, firstBytes: number | 'all', call: Call): Promise<Probe>;
  /**
   * Opens one range. The answer's head is already checked against the snapshot (architecture, "Distrusting a range"): a
   * reader exists only for the bytes that were asked for.
   * @throws PieceworkError `SourceChanged`, `RangesNotHonoured`, `RangeMismatch`, … by reaction.
   */
  open(from: SourceLocator, snapshot: Snapshot, range: ByteRange, call: Call): Promise<ByteReader>;
  /** What a store is asked to copy in place of fetching it; `undefined` = it is in no store. Makes no request. */
  copySource(from: SourceLocator): Promise<CopySource | undefined>;
}

/** Finds the source for a URL. @throws PieceworkError `InvalidUrl`, `UnsupportedScheme`. */
export type Sources = (url: string) => Source;
