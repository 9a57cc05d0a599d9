import type { ErrorCode } from '../../errors/codes.ts';
import type { Status, TransferRecord } from '../../transfer/record/record.ts';
import { isOver } from '../../transfer/record/record.ts';
import { stated } from '../../values/stated.ts';
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
}

/** What of a transfer says whether it is wanted: little, so that it can be kept of many. */
export interface Summary {
  readonly status: Status;
  readonly batch?: string;
  readonly host: string;
  readonly codes: readonly ErrorCode[];
  /** Small letters. */
  readonly text: string;
}

export function summaryOf(record: TransferRecord): Summary {
  const { id, status, request, batch, reason, waiting, trouble } = record;
  const { url } = request.source;
  const open = isOver(record) ? [] : [waiting?.reason.code, ...Object.values(trouble).map(({ code }) => code)];
  return {
    status,
    host: URL.parse(url)?.host ?? '',
    codes: [...new Set([reason?.code, ...open])].flatMap((code) => code ?? []),
    text: `${id}\n${url}\n${placeOf(request.destination)}`.toLowerCase(),
    ...stated({ batch: batch?.id }),
  };
}

export function fits(summary: Summary, { statuses, batch, search, host, code }: TransferFilter): boolean {
  return (
    (statuses === undefined || statuses.has(summary.status)) &&
    summary.batch === batch &&
    (search === undefined || summary.text.includes(search.toLowerCase())) &&
    (host === undefined || isHost(summary.host, host.toLowerCase())) &&
    (code === undefined || summary.codes.includes(code))
  );
}

function isHost(host: string, wanted: string): boolean {
  return host === wanted || host.replace(/:\d+$/, '') === wanted;
}
