import type { Place } from '../entry.ts';
import { placeText } from '../entry.ts';
import type { DigestTable } from '../input/digest-table.ts';
import type { Note } from '../note.ts';
import type { ListOptions } from '../options.ts';
import { Unique } from '../unique/unique.ts';

const MOST_NOTES = 100;

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
  readonly #notes = new Map<string, Note>();

  constructor({ onCollision, ignoresCase = false }: ListOptions) {
    this.unique = onCollision === undefined ? undefined : new Unique(onCollision, ignoresCase);
  }

  note(what: string, at?: Place): void {
    const before = this.#notes.get(what);
    if (before !== undefined) this.#notes.set(what, { ...before, times: before.times + 1 });
    else if (this.#notes.size < MOST_NOTES)
      this.#notes.set(
        what,
        at === undefined ? { message: what, times: 1 } : { message: `${placeText(at)}: ${what}`, at, times: 1 },
      );
  }

  /** What was passed over so far, each thing once. */
  notes(): readonly Note[] {
    return [...this.#notes.values()];
  }
}
