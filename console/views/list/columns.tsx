import type { ComponentChildren } from 'preact';
import { Meter, StatusMark } from '../../parts/marks.tsx';
import { Age } from '../../parts/time.tsx';
import type { Row } from '../../state/rows.ts';
import { store } from '../../state/store.ts';
import { bytes, NONE, percent, rate, seconds } from '../../words/format.ts';
import { MEANING } from '../../words/status.ts';

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Of CSS grid. */
  readonly width: string;
  readonly isNumber?: boolean;
  readonly isAlways?: boolean;
  /** Left out on a screen that is no wider. */
  readonly fromPixels?: number;
  /** By what it is sorted; absent = it is not. */
  readonly by?: (row: Row) => number | string;
  cell(row: Row, nowMs: number): ComponentChildren;
}

const last = Number.MAX_SAFE_INTEGER;

export const COLUMNS: readonly Column[] = [
  {
    key: 'status',
    title: 'Status',
    width: 'minmax(132px, 176px)',
    isAlways: true,
    by: ({ word }) => word,
    cell: ({ tone, word, status, waitingPosition, message }) => (
      <>
        <StatusMark tone={tone} word={word} title={message ?? MEANING[status] ?? ''} />
        {waitingPosition === undefined ? null : <span class="soft number"> · {waitingPosition} in line</span>}
      </>
    ),
  },
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(140px, 3fr)',
    isAlways: true,
    by: ({ name }) => name.toLowerCase(),
    cell: ({ name, kind, parts }) => (
      <>
        <span class="name">{name}</span>
        {kind === 'batch' ? <span class="tag">batch{parts === undefined ? '' : ` of ${parts.count}`}</span> : null}
      </>
    ),
  },
  {
    key: 'host',
    fromPixels: 1140,
    title: 'Source host',
    width: 'minmax(90px, 1.2fr)',
    by: ({ host }) => host,
    cell: ({ host }) => <span class="cut soft">{host || NONE}</span>,
  },
  {
    key: 'place',
    fromPixels: 1300,
    title: 'Destination',
    width: 'minmax(140px, 2fr)',
    by: ({ place }) => place,
    cell: ({ place }) => <span class="cut soft">{place}</span>,
  },
  {
    key: 'size',
    title: 'Size',
    width: '76px',
    isNumber: true,
    by: ({ sizeBytes, doneBytes }) => sizeBytes ?? doneBytes ?? -1,
    cell: ({ sizeBytes, doneBytes }) => bytes(sizeBytes ?? doneBytes),
  },
  {
    key: 'progress',
    title: 'Progress',
    width: '126px',
    by: (row) => row.percent ?? -1,
    cell: (row) => (
      <span class="progress">
        <Meter percent={row.percent} tone={row.tone} label={`Progress of ${row.name}`} />
        <span class="number">{percent(row.percent)}</span>
      </span>
    ),
  },
  {
    key: 'rate',
    title: 'Rate',
    width: '92px',
    isNumber: true,
    by: ({ bytesPerSecond }) => bytesPerSecond ?? -1,
    cell: ({ bytesPerSecond }) => rate(bytesPerSecond),
  },
  {
    key: 'left',
    fromPixels: 860,
    title: 'Time left',
    width: '98px',
    isNumber: true,
    by: ({ remainingSeconds }) => remainingSeconds ?? last,
    cell: ({ remainingSeconds }) => seconds(remainingSeconds),
  },
  {
    key: 'pieces',
    fromPixels: 980,
    title: 'Pieces',
    width: '86px',
    isNumber: true,
    by: ({ parts }) => parts?.count ?? -1,
    // How many are done stands in no list of a deployment: that would be a look at each ledger.
    cell: ({ parts }) =>
      parts === undefined ? NONE : parts.done === undefined ? parts.count : `${parts.done} / ${parts.count}`,
  },
  {
    key: 'retries',
    title: 'Retries',
    width: '76px',
    isNumber: true,
    by: ({ run }) => run,
    cell: ({ run }) => (run > 1 ? run - 1 : NONE),
  },
  {
    key: 'age',
    title: 'Age',
    width: '72px',
    isNumber: true,
    by: ({ createdAt }) => -Date.parse(createdAt),
    cell: ({ createdAt }, nowMs) => <Age iso={createdAt} now={nowMs} />,
  },
];

const KEY = 'piecework-columns';
const FIRST = ['status', 'name', 'host', 'size', 'progress', 'rate', 'left', 'pieces', 'age'];

export const shownColumns = store<ReadonlySet<string>>(new Set(stored() ?? FIRST));

export function showColumn(key: string, isShown: boolean): void {
  const keys = new Set(shownColumns.get());
  if (isShown) keys.add(key);
  else keys.delete(key);
  localStorage.setItem(KEY, JSON.stringify([...keys]));
  shownColumns.set(keys);
}

function stored(): string[] | undefined {
  try {
    const keys: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return Array.isArray(keys) ? keys.map(String) : undefined;
  } catch {
    return undefined;
  }
}
