import { base32, fromBase32 } from '../../values/text/base32.ts';
import { pathsUnder } from '../shared/paths-under.ts';
import type { Ports } from '../shared/ports.ts';

export interface PageQuery<T> {
  /** Where they lie: `transfers`, `batches`. */
  readonly room: string;
  /** `undefined` = it is left out. */
  read(id: string): Promise<T | undefined>;
  readonly limit: number;
  /** Only ids below this one. */
  readonly before?: string;
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
  { room, read, limit, before }: PageQuery<T>,
): Promise<Page<T>> {
  const { ids, next: nextIds } = await newestIds(ports, room, before, MOST_READ);
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
 * names than one page holds, they are listed by spans of that time, the newest span first.
 */

const SPAN_CHARACTERS = 5;
const SPAN_MS = 2 ** 25;
const ID_LENGTH = 26;
/** Spans looked into for one page at most. */
const MOST_SPANS = 40;
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
  const newest = Math.floor((ports.clock.now() + AHEAD_MS) / SPAN_MS);
  const start = before === undefined ? newest : Math.min(newest, spanOf(before));
  const ids: string[] = [];
  for (let span = start, looked = 0; span >= oldestSpan; span -= 1, looked += 1) {
    if (looked === MOST_SPANS) return { ids, next: prefixOf(span + 1).padEnd(ID_LENGTH, '0') };
    const paths: string[] = [];
    for await (const path of pathsUnder(ports.records, `${room}/${prefixOf(span)}`)) paths.push(path);
    ids.push(...below(paths, before));
    if (ids.length > most) return cut(ids, most);
  }
  return { ids };
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

function idsOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => /^[a-z]+\/([0-9A-HJKMNP-TV-Z]{26})\.json$/.exec(path)?.[1] ?? []);
}

function spanOf(id: string): number {
  return fromBase32(id.slice(0, SPAN_CHARACTERS));
}

function prefixOf(span: number): string {
  return base32(span, SPAN_CHARACTERS);
}
