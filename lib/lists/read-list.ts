import { PieceworkError } from '../errors/error.ts';
import type { Listed, Place } from './entry.ts';
import { placeText } from './entry.ts';
import { Entries } from './finish/entries.ts';
import { FORMATS } from './formats.ts';
import { characters } from './input/characters.ts';
import { decompressed } from './input/decompressed.ts';
import { invalidList } from './input/invalid-list.ts';
import { MANIFESTS } from './lines/bagit.ts';
import type { ListFormat, ListOptions } from './options.ts';
import { recognise } from './recognise/recognise.ts';
import type { Recognised } from './recognise/signs.ts';

/** What a list holds, in its order, once. */
export interface List extends AsyncIterable<Listed> {
  readonly format: ListFormat;
  /** Why it was taken for that: `every line is a URL`. */
  readonly because: string;
  /** URL of the page that goes on with this list, once this one is read; absolute. To be read with `firstNumber`. */
  next(): string | undefined;
  /** Names of files beside the list that have its digests, the best first; the first one that is there counts. */
  readonly manifests: readonly string[];
  /** What was passed over so far, each thing once. */
  notes(): readonly Note[];
}

export interface Note {
  /** One sentence, without a secret. */
  readonly message: string;
  /** Where it was first. */
  readonly at: Place;
  readonly times: number;
}

/** What a reader says besides entries. */
interface Aside {
  readonly notes: Map<string, Note>;
  next: string | undefined;
}

/** As much of a list as is looked at to recognise it, in characters. */
const HEAD = 64 * 1024;
const MOST_NOTES = 100;

/**
 * Reads a list: bytes in, as they come, entries out. Pure: no file, no connection, no clock; memory does not depend on
 * the length of the list. gzip and Zstandard are unpacked, UTF-16 with a byte order mark is understood. A line that is
 * no entry is an `InvalidEntry`, never the end of the list.
 *
 * @throws PieceworkError here or while it is read: `InvalidList`: not recognised, of another kind than `format` says,
 * empty, cut off or damaged; and what the chunks throw
 */
export async function readList(chunks: AsyncIterable<Uint8Array>, options: ListOptions = {}): Promise<List> {
  const text = characters(decompressed(chunks));
  const start: string[] = [];
  let length = 0;
  let ended = false;
  let recognised: Recognised;
  try {
    while (length < HEAD && !ended) {
      const next = await text.next();
      if (next.done === true) ended = true;
      else {
        start.push(next.value);
        length += next.value.length;
      }
    }
    recognised = recognise(start.join(''), ended, options);
  } catch (error) {
    await text.return(undefined);
    throw error;
  }
  const notes = new Map<string, Note>();
  const aside: Aside = { notes, next: undefined };
  return {
    ...recognised,
    manifests: recognised.format === 'bagit' ? MANIFESTS : [],
    next: () => aside.next,
    notes: () => [...notes.values()],
    [Symbol.asyncIterator]: () => listed(start, text, recognised.format, options, aside),
  };
}

async function* listed(
  start: string[],
  text: AsyncGenerator<string>,
  format: ListFormat,
  options: ListOptions,
  aside: Aside,
): AsyncGenerator<Listed> {
  const entries = new Entries(options);
  const { limit = Number.POSITIVE_INFINITY } = options;
  let found: Listed[] = [];
  let count = 0;

  function take(listed: Listed | undefined): void {
    if (listed !== undefined) found.push(listed);
  }

  /** As many as the limit leaves. */
  function drain(): readonly Listed[] {
    const taken = found.slice(0, limit - count);
    count += taken.length;
    found = [];
    return taken;
  }

  const reader = FORMATS[format]({
    options,
    entry: (draft) => take(entries.made(draft)),
    invalid: (at, problem) => take(entries.invalid(at, problem)),
    note: (at, what) => noted(aside.notes, at, what),
    next: (url) => {
      aside.next = URL.parse(url, options.listUrl)?.href;
    },
  });
  try {
    for await (const part of joined(start, text)) {
      try {
        reader.push(part);
      } finally {
        // What stood before an error is given out.
        yield* drain();
      }
      if (count >= limit) return;
    }
    try {
      reader.end();
    } finally {
      yield* drain();
    }
  } catch (error) {
    throw afterEntries(error, count);
  }
  if (count === 0 && options.firstNumber === undefined) {
    const { unselected } = entries;
    throw invalidList(
      unselected === 0 ? `(${format}) has no entries` : `has ${unselected} entries, and none of them is selected`,
    );
  }
}

async function* joined(start: string[], rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    for (let part = start.shift(); part !== undefined; part = start.shift()) yield part;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** What was read before is named: those entries were given out already. */
function afterEntries(error: unknown, count: number): unknown {
  if (!(error instanceof PieceworkError) || error.code !== 'InvalidList' || count === 0) return error;
  return new PieceworkError('InvalidList', `${error.message} (after ${count} entries that were read)`, {
    cause: error,
  });
}

function noted(notes: Map<string, Note>, at: Place, what: string): void {
  const before = notes.get(what);
  if (before !== undefined) notes.set(what, { ...before, times: before.times + 1 });
  else if (notes.size < MOST_NOTES) notes.set(what, { message: `${placeText(at)}: ${what}`, at, times: 1 });
}
