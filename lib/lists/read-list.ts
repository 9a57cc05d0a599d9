import { PieceworkError } from '../errors/error.ts';
import { PRESETS } from './documents/presets.ts';
import type { Listed } from './entry.ts';
import { Entries } from './finish/entries.ts';
import { Roll } from './finish/roll.ts';
import { FORMATS } from './formats.ts';
import { characters } from './input/characters.ts';
import { decompressed } from './input/decompressed.ts';
import { invalidList, isInvalidList } from './input/invalid-list.ts';
import type { Note } from './note.ts';
import type { ListFormat, ListOptions } from './options.ts';
import { recognise } from './recognise/recognise.ts';
import type { Recognised } from './recognise/signs.ts';

/** What a list holds, in its order, once. */
export interface List extends AsyncIterable<Listed> {
  readonly format: ListFormat;
  /** Why it was taken for that: `every line is a URL`. */
  readonly because: string;
  /** URL of the page that goes on with it, once this one is read; absolute where the URL of this one is known. */
  next(): string | undefined;
  /** What was passed over so far, each thing once. */
  notes(): readonly Note[];
  /** What its pages share. */
  readonly roll: Roll;
  /** Of one that is not read to its end, nor begun: gives back what its bytes come from. */
  close(): Promise<void>;
}

/** Which part of a list this is. */
export interface Page {
  /** That of the page before it: numbers and names go on. @default it is the first one */
  readonly roll?: Roll;
  /** Of the page that goes on with it, where it is known without reading this one. */
  readonly next?: string | undefined;
}

/** As much of a list as is looked at to recognise it, in characters. */
const HEAD = 64 * 1024;

/**
 * Reads a list: bytes in, as they come, entries out. Pure: no file, no connection, no clock; memory does not depend on
 * the length of the list. gzip and Zstandard are unpacked, UTF-16 with a byte order mark is understood. A line that is
 * no entry is an `InvalidEntry`, never the end of the list.
 *
 * @throws PieceworkError here or while it is read: `InvalidList`: not recognised, of another kind than `format` says,
 * empty, cut off or damaged; and what the chunks throw
 */
export async function readList(
  chunks: AsyncIterable<Uint8Array>,
  options: ListOptions = {},
  page: Page = {},
): Promise<List> {
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
  const roll = page.roll ?? new Roll(options);
  // Pages of other kinds are linked for other reasons.
  const found = { next: Object.hasOwn(PRESETS, recognised.format) ? page.next : undefined };
  const close = async () => void (await text.return(undefined));
  return {
    ...recognised,
    next: () => found.next,
    notes: () => roll.notes(),
    roll,
    close,
    async *[Symbol.asyncIterator]() {
      const { format } = recognised;
      try {
        yield* listed(joined(start, text), { format, options, roll, found, isFirst: page.roll === undefined });
      } finally {
        await close();
      }
    },
  };
}

interface Listing {
  readonly format: ListFormat;
  readonly options: ListOptions;
  readonly roll: Roll;
  readonly found: { next: string | undefined };
  readonly isFirst: boolean;
}

async function* listed(
  parts: AsyncGenerator<string>,
  { format, options, roll, found, isFirst }: Listing,
): AsyncGenerator<Listed> {
  const entries = new Entries(options, roll);
  const { limit = Number.POSITIVE_INFINITY } = options;
  let made: Listed[] = [];

  function take(each: Listed | undefined): void {
    if (each !== undefined) made.push(each);
  }

  /** As many as the limit leaves. */
  function drain(): readonly Listed[] {
    const taken = made.slice(0, limit - roll.given);
    roll.given += taken.length;
    made = [];
    return taken;
  }

  const reader = FORMATS[format]({
    options,
    entry: (draft) => take(entries.made(draft)),
    invalid: (at, problem) => take(entries.invalid(at, problem)),
    note: (at, what) => roll.note(what, at),
    next: (url) => {
      found.next = URL.parse(url, options.listUrl)?.href ?? url;
    },
    isPage: () => !isFirst || found.next !== undefined,
    manifest: roll.manifest,
  });
  try {
    for await (const part of parts) {
      try {
        reader.push(part);
      } finally {
        // What stood before an error is given out.
        yield* drain();
      }
      if (roll.given >= limit) return;
    }
    try {
      reader.end();
    } finally {
      yield* drain();
    }
  } catch (error) {
    throw afterEntries(error, roll.given);
  }
  if (roll.given === 0 && found.next === undefined) {
    const { unselected } = roll;
    throw invalidList(
      unselected === 0
        ? `(${format}) has no entries`
        : `has ${unselected} ${unselected === 1 ? 'entry, and it is not' : 'entries, and none of them is'} selected`,
    );
  }
}

async function* joined(start: string[], rest: AsyncGenerator<string>): AsyncGenerator<string> {
  for (let part = start.shift(); part !== undefined; part = start.shift()) yield part;
  yield* rest;
}

/** What was read before is named: those entries were given out already. */
function afterEntries(error: unknown, count: number): unknown {
  if (!isInvalidList(error) || count === 0) return error;
  return new PieceworkError('InvalidList', `${error.message} (after ${count} entries that were read)`, {
    cause: error,
  });
}
