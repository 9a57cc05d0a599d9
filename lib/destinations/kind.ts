import type { DestinationLocator } from '../transfer/locators.ts';
import type { Destination } from './destination.ts';

/**
 * One kind of place to write to, as a home registers it: it reads what people write, keeps its places apart, describes
 * and opens them. Nothing is opened before it is asked for; disposing closes what all its destinations share.
 */
export interface DestinationKind extends AsyncDisposable {
  /** Of its locators. Stands in records: it never changes. */
  readonly kind: string;
  /** How people write such a place, for a sentence: `s3://bucket/key`. */
  readonly forms: readonly string[];
  /**
   * An unfinished transfer can be gone on with by another process: its record is kept, and its place is locked. False =
   * a pipe: nothing of it is kept, and one transfer has it at a time.
   */
  readonly isResumable: boolean;
  /**
   * What a person wrote. `undefined` = it is of another kind.
   * @throws PieceworkError `InvalidDestination`: of this kind, and wrong.
   */
  parse(text: string): WrittenDestination | undefined;
  /**
   * One text per place: two locators have the same one if and only if they name the same place. Locks and the last
   * transfer to a place are kept under it: it never changes.
   */
  identity(to: DestinationLocator): string;
  /** For people, without secrets. */
  describe(to: DestinationLocator): string;
  /** What suits it on one machine. */
  sizing(needs: SizingNeeds): PreferredSizes;
  /** For one transfer: disposing lets go of what it holds there. What all transfers share stays. */
  open(needs: DestinationNeeds): Promise<Destination>;
}

/** A destination as a person wrote it. */
export interface WrittenDestination {
  /** @param name of the source: it goes at the end of what was written as a folder or a prefix. */
  locate(name: string): DestinationLocator;
  /**
   * Makes the folder that the place is to be in. Absent = it is there, or there is no such thing: what is not made yet
   * can't be checked either. Returns the paths that were not there, outermost first.
   * @throws PieceworkError `DestinationNotWritable`.
   */
  makeFolder?(): readonly string[];
}

export interface SizingNeeds {
  /** Workers of the transfer, each with a window of its own. */
  readonly parallelism: number;
  /** The largest window that each worker can have, in whole MiB. */
  readonly affordableBytes: number;
  /** Asked for by the caller; 0 = nothing was. */
  readonly pieceSizeBytes: number;
}

export interface PreferredSizes {
  readonly windowBytes: number;
  /** Of a piece, where the caller asks for no other size. */
  readonly preferredPieceBytes: number;
  /** Pieces are a multiple of it. */
  readonly granuleBytes: number;
  /** Of a part, where the length is unknown. @default as much as a stream has of windows */
  readonly streamPieceBytes?: number;
  /** Pieces in flight for each worker. One where they must arrive in order. @default 2 */
  readonly placesPerWorker?: number;
  /**
   * A put may take longer than its piece took to be read: others are read meanwhile.
   * @default false: a piece is written as it is read
   */
  readonly putsBeside?: boolean;
  /** After this long a dead process's request to create an upload has arrived or never will. @default 0 */
  readonly deadCreateMs?: number;
}

export interface DestinationNeeds {
  /** Of the transfer's windows. */
  readonly windowBytes: number;
  /** For looking at a transfer that another process may be at work on: nothing is locked, nothing is changed. */
  readonly onlyLooks: boolean;
}
