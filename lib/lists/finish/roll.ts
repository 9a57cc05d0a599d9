import type { DigestTable } from '../input/digest-table.ts';
import type { ListOptions } from '../options.ts';
import { Unique } from '../unique/unique.ts';

/** What the pages of one list share. */
export class Roll {
  /** The number of the next entry. */
  next = 1;
  /** Entries that were given out. */
  given = 0;
  /** Entries that were not selected. */
  unselected = 0;
  /** Names and sources that were seen; absent where nothing is compared. */
  readonly unique: Unique | undefined;
  /** Digests that stand in a file beside the list. */
  manifest: DigestTable | undefined;

  constructor({ onCollision, ignoresCase = false }: ListOptions) {
    this.unique = onCollision === undefined ? undefined : new Unique(onCollision, ignoresCase);
  }
}
