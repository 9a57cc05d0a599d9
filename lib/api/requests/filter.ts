import type { ErrorCode } from '../../errors/codes.ts';
import type { LabelFilter, Labels } from '../../transfer/labels.ts';
import { hasLabels } from '../../transfer/labels.ts';
import type { Status, TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
import { base32 } from '../../values/text/base32.ts';
import { fromIso } from '../../values/time.ts';
import { placeOf } from '../answers/command.ts';

/** Which transfers of a list are wanted; what is not said holds for all. */
export interface TransferFilter {
  readonly statuses?: ReadonlySet<Status>;
  /** Only the large entries of this batch. @default only what is of no batch */
  readonly batch?: string;
  /** Part of the id, of the URL as it is shown, or of the destination; capitals are as small letters. */
  readonly search?: string;
  /** Of the source, with or without its port. */
  readonly host?: string;
  /** Why it failed, or why it or one of its pieces waits. */
  readonly code?: ErrorCode;
  /** All of these; a name without a value = it has any. */
  readonly labels?: LabelFilter;
  /** What the destination begins with, as people write it. */
  readonly prefix?: string;
  /** When it was submitted, ISO 8601; both are included. */
  readonly since?: string;
  readonly until?: string;
}

/** What of a transfer says whether it is wanted: little, so that it can be kept of many. */
export interface Summary {
  readonly status: Status;
  readonly batch?: string;
  readonly host: string;
  readonly codes: readonly ErrorCode[];
  /** Small letters. */
  readonly text: string;
  readonly place: string;
  readonly labels?: Labels;
  /** ISO 8601. */
  readonly createdAt: string;
}

export function summaryOf(record: TransferRecord): Summary {
  const { id, status, request, batch, reason, waiting, trouble, createdAt } = record;
  const place = placeOf(request.destination);
  const { url } = request.source;
  const open = isOver(record) ? [] : [waiting?.reason.code, ...Object.values(trouble).map(({ code }) => code)];
  return {
    status,
    host: URL.parse(url)?.host ?? '',
    codes: [...new Set([reason?.code, ...open])].flatMap((code) => code ?? []),
    text: `${id}\n${url}\n${place}`.toLowerCase(),
    place,
    createdAt,
    ...stated({ batch: batch?.id, labels: request.labels }),
  };
}

export function fits(summary: Summary, filter: TransferFilter): boolean {
  const { statuses, batch, search, host, code, labels, prefix, since, until } = filter;
  return (
    (statuses === undefined || statuses.has(summary.status)) &&
    summary.batch === batch &&
    (search === undefined || summary.text.includes(search.toLowerCase())) &&
    (host === undefined || isHost(summary.host, host.toLowerCase())) &&
    (code === undefined || summary.codes.includes(code)) &&
    hasLabels(summary.labels, labels) &&
    (prefix === undefined || summary.place.startsWith(prefix)) &&
    (since === undefined || fromIso(summary.createdAt) >= fromIso(since)) &&
    (until === undefined || fromIso(summary.createdAt) <= fromIso(until))
  );
}

/** An id is made before its record is stored, and by another clock's time than the reader's. */
const SLACK_MS = 60_000;

/** Ids outside of these are of other times than are wanted. An id (ULID) begins with its time. */
export function idsWithin({ since, until }: Pick<TransferFilter, 'since' | 'until'>) {
  const id = (ms: number) => base32(Math.max(0, ms), 10).padEnd(26, '0');
  return stated({
    /** Not below. */
    floor: since === undefined ? undefined : id(fromIso(since) - SLACK_MS),
    /** Below. */
    ceiling: until === undefined ? undefined : id(fromIso(until) + 1),
  });
}

function isHost(host: string, wanted: string): boolean {
  return host === wanted || host.replace(/:\d+$/, '') === wanted;
}
