import { base32, fromBase32 } from '../../values/text/base32.ts';
import { withoutEnd } from '../../values/text/without-end.ts';
import type { Ports } from '../shared/ports.ts';

export interface PageQuery<T> {
  /** Where their names are: `transfers`, `batches`, or a list of some of them. */
  readonly room: string;
  /** `undefined` = it is left out. */
  read(id: string): Promise<T | undefined>;
  readonly limit: number;
  /** Only ids below this one. */
  readonly before?: string;
  /** Only ids from this one on: where it is reached, the list ends. @default all */
  readonly floor?: string;
}

export interface Page<T> {
  readonly records: readonly T[];
  /** `before` of the next page; absent at the end. */
  readonly next?: string;
}

/** Records that are read for one page at most: a rare status among many makes a short page, not a slow one. */
const MOST_READ = 200;
const READ_TOGETHER = 20;

/** A page of records, newest first. */
export async function newestFirst<T extends { readonly id: string }>(
  ports: Pick<Ports, 'records' | 'clock'>,
  { room, read, limit, before, floor = '' }: PageQuery<T>,
): Promise<Page<T>> {
  const found = await newestIds(ports, room, before, Math.max(MOST_READ, limit));
  const ids = found.ids.filter((id) => id >= floor);
  const isAtFloor = ids.length < found.ids.length || (found.next !== undefined && found.next < floor);
  const nextIds = isAtFloor ? undefined : found.next;
  const records: T[] = [];
  for (let index = 0; index < ids.length; index += READ_TOGETHER) {
    const some = ids.slice(index, index + READ_TOGETHER);
    const found = await Promise.all(some.map(read));
    for (const [at, record] of found.entries()) {
      if (record === undefined) continue;
      records.push(record);
      const isLast = index + at + 1 === ids.length && nextIds === undefined;
      if (records.length === limit) return isLast ? { records } : { records, next: record.id };
    }
  }
  return nextIds === undefined ? { records } : { records, next: nextIds };
}

/*
 * Stores list names ascending only, and a list for people is wanted newest first. An id (ULID) begins with its time:
 * ten characters of five bits, of which the last five (25 bits, milliseconds) are 9.3 hours. So where there are more
 * names than one page holds, they are listed by spans of that time, the newest span first; and a span that has more
 * than a page, by its 32 parts, the newest first, so that none is listed to its end for the sake of its newest names.
 */

const SPAN_CHARACTERS = 5;
const TIME_CHARACTERS = 10;
const ID_LENGTH = 26;
/** Pages of names that are read for one page of records at most. */
const MOST_LISTED = 40;
/** So many pages are a span to its end; one with more is looked into by its parts. */
const FEW_PAGES = 4;
/** Other machines' clocks may be ahead. */
const AHEAD_MS = 3_600_000;

interface Ids {
  readonly ids: readonly string[];
  /** Ids below this one were not looked at. */
  readonly next?: string;
}

async function newestIds(
  ports: Pick<Ports, 'records' | 'clock'>,
  room: string,
  before: string | undefined,
  most: number,
): Promise<Ids> {
  const first = await ports.records.list(`${room}/`);
  if (first.cursor === undefined) return cut(below(first.paths, before), most);
  const oldest = idsOf(first.paths)[0];
  const oldestSpan = oldest === undefined ? 0 : spanOf(oldest);
  const soon = base32(ports.clock.now() + AHEAD_MS, TIME_CHARACTERS).padEnd(ID_LENGTH, 'Z');
  const from = before === undefined || before > soon ? soon : before;
  const search = { records: ports.records, room, before: from, most, ids: [] as string[], listed: 0 };
  for (let span = spanOf(from); span >= oldestSpan; span -= 1) {
    const stoppedAt = await collect(search, prefixOf(span));
    if (search.ids.length > most) return cut(search.ids, most);
    if (stoppedAt !== undefined) return { ids: search.ids, next: stoppedAt };
  }
  return { ids: search.ids };
}

interface Search {
  readonly records: Pick<Ports['records'], 'list'>;
  readonly room: string;
  readonly before: string;
  readonly most: number;
  readonly ids: string[];
  listed: number;
}

/** Collects those that begin so, the newest first, until there are enough; or says below which id it did not look. */
async function collect(search: Search, prefix: string): Promise<string | undefined> {
  const { before, most, ids } = search;
  if (search.listed >= MOST_LISTED) return after(prefix);
  const paths = await fewPaths(search, prefix);
  if (paths !== undefined) {
    for (const id of below(paths, before)) ids.push(id);
    return undefined;
  }
  for (let digit = 31; digit >= 0 && ids.length <= most; digit -= 1) {
    const part = `${prefix}${base32(digit, 1)}`;
    if (part.padEnd(ID_LENGTH, '0') >= before) continue;
    const stoppedAt = await collect(search, part);
    if (stoppedAt !== undefined) return stoppedAt;
  }
  return undefined;
}

/** All that begin so; `undefined` = they are many. */
async function fewPaths(search: Search, prefix: string): Promise<readonly string[] | undefined> {
  const { records, room } = search;
  const paths: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < FEW_PAGES; page += 1) {
    search.listed += 1;
    const listed = await records.list(`${room}/${prefix}`, cursor);
    for (const path of listed.paths) paths.push(path);
    cursor = listed.cursor;
    if (cursor === undefined) return paths;
  }
  return undefined;
}

/** The first id above all that begin so. */
function after(prefix: string): string {
  const rest = withoutEnd(prefix, (digit) => digit === 'Z');
  const next = base32(fromBase32(rest.slice(-1)) + 1, 1);
  return `${rest.slice(0, -1)}${next}`.padEnd(ID_LENGTH, '0');
}

function cut(ids: readonly string[], most: number): Ids {
  const kept = ids.slice(0, most);
  const last = kept.at(-1);
  return ids.length > kept.length && last !== undefined ? { ids: kept, next: last } : { ids: kept };
}

/** Of those below it, the newest first. */
function below(paths: readonly string[], before: string | undefined): readonly string[] {
  return idsOf(paths)
    .filter((id) => before === undefined || id < before)
    .reverse();
}

/** Of records, and of markers (`{id}/{run}`), where one may have two. */
function idsOf(paths: readonly string[]): string[] {
  const ids = paths.flatMap((path) => /^[a-z-]+\/([0-9A-HJKMNP-TV-Z]{26})(?:\.json|\/\d+)$/.exec(path)?.[1] ?? []);
  return ids.filter((id, index) => id !== ids[index - 1]);
}

function spanOf(id: string): number {
  return fromBase32(id.slice(0, SPAN_CHARACTERS));
}

function prefixOf(span: number): string {
  return base32(span, SPAN_CHARACTERS);
}
