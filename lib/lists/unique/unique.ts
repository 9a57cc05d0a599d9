import type { Entry } from '../entry.ts';
import { NumberTable } from './number-table.ts';

/**
 * `fail`: it is no entry, and nothing of the batch is to begin. `number`: it gets a name of its own, `a-2.bin`.
 * `first`: it is no entry.
 */
export type OnCollision = 'fail' | 'number' | 'first';

export type Checked = { readonly entry: Entry } | { readonly problem: string; readonly collidesWith: number };

/** Finds entries with one name, and entries that are the same file. Keeps hashes, of names and of sources. */
export class Unique {
  readonly #policy: OnCollision;
  readonly #keyOf: (name: string) => string;
  readonly #names = new NumberTable();
  readonly #files = new NumberTable();
  /** The first entry with the same file, by the number of a later one. */
  readonly #firsts = new NumberTable();
  /** How far a name was numbered. */
  readonly #counts = new NumberTable();

  /** @param ignoresCase names that differ by case alone are one, as on macOS and Windows */
  constructor(policy: OnCollision, ignoresCase: boolean) {
    this.#policy = policy;
    this.#keyOf = (name) => (ignoresCase ? name.toLowerCase() : name);
  }

  check(entry: Entry): Checked {
    const { number } = entry;
    const holder = this.#names.add(this.#keyOf(entry.name), number);
    const file = fileKey(entry);
    // One that is refused brings no bytes: no later one is a duplicate of it.
    const isTaken = holder === undefined || this.#policy === 'number';
    const first = isTaken ? this.#files.add(file, number) : this.#files.get(file);
    const marked: Entry = first === undefined ? entry : { ...entry, duplicateOf: first };
    // The same file under the same name is there once.
    if (holder !== undefined && this.#firstOf(holder) === first) return { entry: marked };
    if (isTaken && first !== undefined) this.#firsts.add(String(number), first);
    if (holder === undefined) return { entry: marked };
    if (this.#policy === 'number') return { entry: { ...marked, name: this.#numbered(entry.name, number) } };
    const what = this.#policy === 'first' ? 'and is kept' : 'too';
    return { problem: `entry ${holder} has the name "${entry.name}" ${what}`, collidesWith: holder };
  }

  #firstOf(number: number): number {
    return this.#firsts.get(String(number)) ?? number;
  }

  #numbered(name: string, number: number): string {
    const key = this.#keyOf(name);
    for (let count = this.#counts.get(key) ?? 2; ; count += 1) {
      const candidate = withNumber(name, count);
      if (this.#names.add(this.#keyOf(candidate), number) !== undefined) continue;
      if (this.#counts.add(key, count + 1) !== undefined) this.#counts.change(key, count + 1);
      return candidate;
    }
  }
}

/** What is there, and what it has to be: with other expectations, or asked for otherwise, it is another file. */
function fileKey({ sources, sizeBytes, digests, headers }: Entry): string {
  return JSON.stringify([sources[0], sizeBytes, digests, headers]);
}

/** So that a name with a number is not too long for a file system: four bytes a character at most. */
const MOST_STEM = 50;
const MOST_NAME = 240;

/** `in/a.bin` → `in/a-2.bin` */
function withNumber(path: string, count: number): string {
  const start = path.lastIndexOf('/') + 1;
  const name = path.slice(start);
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const isLong = Buffer.byteLength(name) > MOST_NAME;
  return `${path.slice(0, start)}${isLong ? [...stem].slice(0, MOST_STEM).join('') : stem}-${count}${extension}`;
}
