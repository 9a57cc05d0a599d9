import type { Row } from '../../state/rows.ts';
import type { Column } from './columns.tsx';

/** What of the list is shown, and in what order. */
export interface Choice {
  readonly search: string;
  readonly group: Group;
  readonly host: string;
  readonly code: string;
  readonly kind: 'all' | 'transfer' | 'batch';
  /** Absent = what runs first, then the newest. */
  readonly sort: { readonly key: string; readonly isDown: boolean } | undefined;
}

export type Group = 'all' | 'active' | 'failed' | 'completed' | 'cancelled';

export const NO_CHOICE: Choice = { search: '', group: 'all', host: '', code: '', kind: 'all', sort: undefined };

export function isOf(group: Group, { isOver, status, tone }: Row): boolean {
  switch (group) {
    case 'all':
      return true;
    case 'active':
      return !isOver;
    case 'failed':
      return status === 'failed' || (isOver && tone === 'trouble');
    case 'completed':
      return status === 'completed' && tone === 'done';
    case 'cancelled':
      return status === 'cancelled';
  }
}

export function chosen(all: Iterable<Row>, choice: Choice, columns: readonly Column[]): Row[] {
  const words = choice.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...all].filter(
    (row) =>
      isOf(choice.group, row) &&
      (choice.kind === 'all' || row.kind === choice.kind) &&
      (choice.host === '' || row.host === choice.host) &&
      (choice.code === '' || row.code === choice.code) &&
      words.every((word) => row.text.includes(word)),
  );
  const by = columns.find(({ key }) => key === choice.sort?.key)?.by;
  const sign = choice.sort?.isDown === true ? -1 : 1;
  return found.sort((a, b) => (by === undefined ? 0 : sign * compare(by(a), by(b))) || runningFirst(a, b));
}

/** What moves, what is about to, what waits for its turn in that order, and then what has ended, newest first. */
function runningFirst(a: Row, b: Row): number {
  return (
    stage(a) - stage(b) ||
    (a.waitingPosition ?? 0) - (b.waitingPosition ?? 0) ||
    (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
  );
}

function stage({ isOver, status, paused }: Row): number {
  if (isOver) return 3;
  if (paused) return 2;
  return status === 'accepted' ? 1 : 0;
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
