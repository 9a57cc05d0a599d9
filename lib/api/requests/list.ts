import { PieceworkError } from '../../errors/error.ts';
import type { Ports } from '../../pipeline/shared/ports.ts';
import { loadTransfer } from '../../pipeline/shared/store.ts';
import type { Status, TransferRecord } from '../../transfer/record/record.ts';
import { isTombstone } from '../../transfer/record/record.ts';
import type { Sees } from '../ownership.ts';

export interface PageQuery {
  readonly status?: Status;
  /** Others are left out. @default all are seen */
  readonly sees?: Sees;
  readonly limit: number;
  /** Only ids below this one. */
  readonly before?: string;
}

export interface Page {
  readonly records: readonly TransferRecord[];
  /** `before` of the next page; absent at the end. */
  readonly next?: string;
}

/** Records that are read for one page at most: a rare status among many makes a short page, not a slow one. */
const MOST_READ = 200;
const READ_TOGETHER = 20;

/** Newest first. */
export async function listPage(
  ports: Pick<Ports, 'records' | 'clock'>,
  { status, sees, limit, before }: PageQuery,
): Promise<Page> {
  const { ids, next: nextIds } = await newestIds(ports, before, MOST_READ);
  const records: TransferRecord[] = [];
  for (let index = 0; index < ids.length; index += READ_TOGETHER) {
    const batch = ids.slice(index, index + READ_TOGETHER);
    const found = await Promise.all(batch.map((id) => readable(ports, id)));
    for (const [at, record] of found.entries()) {
      if (record === undefined || (status !== undefined && record.status !== status)) continue;
      if (sees?.(record) === false) continue;
      records.push(record);
      const isLast = index + at + 1 === ids.length && nextIds === undefined;
      if (records.length === limit) return isLast ? { records } : { records, next: record.id };
    }
  }
  return nextIds === undefined ? { records } : { records, next: nextIds };
}

async function readable(ports: Pick<Ports, 'records'>, id: string): Promise<TransferRecord | undefined> {
  try {
    const record = (await loadTransfer(ports, id))?.record;
    return record === undefined || isTombstone(record) ? undefined : record;
  } catch (error) {
    if (error instanceof PieceworkError && error.code === 'RecordCorrupt') return undefined;
    throw error;
  }
}

/*
 * Stores list names ascending only, and a list of transfers is wanted newest first. An id (ULID) begins with its time:
 * ten characters of five bits, of which the last five (25 bits, milliseconds) are 9.3 hours. So where there are more
 * names than one page holds, they are listed by spans of that time, the newest span first.
 */

const SPAN_CHARACTERS = 5;
const SPAN_MS = 2 ** 25;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
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
  before: string | undefined,
  most: number,
): Promise<Ids> {
  const first = await ports.records.list(PREFIX);
  if (first.cursor === undefined) return cut(newestFirst(first.paths, before), most);
  const oldest = idsOf(first.paths)[0];
  const oldestSpan = oldest === undefined ? 0 : spanOf(oldest);
  const newest = Math.floor((ports.clock.now() + AHEAD_MS) / SPAN_MS);
  const start = before === undefined ? newest : Math.min(newest, spanOf(before));
  const ids: string[] = [];
  for (let span = start, looked = 0; span >= oldestSpan; span -= 1, looked += 1) {
    if (looked === MOST_SPANS) return { ids, next: prefixOf(span + 1).padEnd(ID_LENGTH, '0') };
    ids.push(...newestFirst(await listAll(ports, `${PREFIX}${prefixOf(span)}`), before));
    if (ids.length > most) return cut(ids, most);
  }
  return { ids };
}

const PREFIX = 'transfers/';

function cut(ids: readonly string[], most: number): Ids {
  const kept = ids.slice(0, most);
  const last = kept.at(-1);
  return ids.length > kept.length && last !== undefined ? { ids: kept, next: last } : { ids: kept };
}

async function listAll(ports: Pick<Ports, 'records'>, prefix: string): Promise<readonly string[]> {
  const paths: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ports.records.list(prefix, cursor);
    paths.push(...page.paths);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return paths;
}

function newestFirst(paths: readonly string[], before: string | undefined): readonly string[] {
  return idsOf(paths)
    .filter((id) => before === undefined || id < before)
    .reverse();
}

function idsOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => /^transfers\/([0-9A-HJKMNP-TV-Z]{26})\.json$/.exec(path)?.[1] ?? []);
}

function spanOf(id: string): number {
  return [...id.slice(0, SPAN_CHARACTERS)].reduce((value, char) => value * 32 + Math.max(0, ALPHABET.indexOf(char)), 0);
}

function prefixOf(span: number): string {
  let text = '';
  for (let rest = span, place = 0; place < SPAN_CHARACTERS; place += 1, rest = Math.floor(rest / 32))
    text = `${ALPHABET[rest % 32]}${text}`;
  return text;
}

/** Opaque to clients, so that it may come to mean something else. */
export function toCursor(before: string): string {
  return Buffer.from(JSON.stringify({ v: 1, before })).toString('base64url');
}

/** @throws PieceworkError `InvalidOption`. */
export function fromCursor(cursor: string): string {
  const [, before] =
    /^\{"v":1,"before":"([0-9A-HJKMNP-TV-Z]{26})"\}$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (before === undefined)
    throw new PieceworkError('InvalidOption', 'cursor is none that this API gave; begin without one');
  return before;
}
