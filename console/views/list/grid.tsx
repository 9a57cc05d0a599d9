import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useNow } from '../../parts/time.tsx';
import type { Row } from '../../state/rows.ts';
import type { Choice } from './choice.ts';
import type { Column } from './columns.tsx';
import { Line } from './line.tsx';

interface GridProps {
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly choice: Choice;
  readonly selected: ReadonlySet<string>;
  /** Rows of two lines, without a head. */
  readonly isNarrow: boolean;
  /** The row that the reader comes back from: it has the focus again. */
  readonly returnTo: string | undefined;
  onSort(key: string): void;
  onSelect(ids: ReadonlySet<string>): void;
  onOpen(row: Row): void;
}

const BEYOND = 8;

/** Draws the rows that can be seen, of any number. */
export function Grid(props: GridProps) {
  const { rows, columns, choice, selected, isNarrow, returnTo, onSort, onSelect, onOpen } = props;
  const lineHeight = isNarrow ? 84 : 42;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [focusedId, setFocusedId] = useState<string>();
  const anchor = useRef<string>(undefined);
  const wantsFocus = useRef(false);
  const now = useNow(5_000);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(top / lineHeight) - BEYOND);
  const end = Math.min(rows.length, Math.ceil((top + height) / lineHeight) + BEYOND);
  const focusedAt = rows.findIndex(({ id }) => id === focusedId);
  const stop = Math.max(focusedAt, 0);

  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    box.current?.querySelector<HTMLElement>(`[data-at="${stop}"]`)?.focus();
  });

  function moveTo(at: number): void {
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    const element = box.current;
    if (row === undefined || element === null) return;
    const index = rows.indexOf(row);
    const [low, high] = [index * lineHeight, (index + 1) * lineHeight - element.clientHeight];
    if (element.scrollTop > low) element.scrollTop = low;
    else if (element.scrollTop < high) element.scrollTop = high;
    setTop(element.scrollTop);
    setFocusedId(row.id);
    wantsFocus.current = true;
  }

  useLayoutEffect(() => {
    const at = rows.findIndex(({ id }) => id === returnTo);
    if (at >= 0) moveTo(at);
  }, []);

  function toggle(row: Row, isRange: boolean): void {
    const next = new Set(selected);
    const from = rows.findIndex(({ id }) => id === anchor.current);
    if (isRange && from >= 0) {
      const to = rows.indexOf(row);
      for (const { id } of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(id);
    } else if (!next.delete(row.id)) next.add(row.id);
    anchor.current = row.id;
    onSelect(next);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const row = rows[stop];
    if (event.target instanceof HTMLInputElement || row === undefined) return;
    const page = Math.max(1, Math.floor(height / lineHeight) - 1);
    const to = targetOf(event.key, stop, page, rows.length - 1);
    if (to !== undefined) {
      moveTo(to);
      const target = rows[to];
      if (event.shiftKey && target !== undefined) onSelect(new Set([...selected, row.id, target.id]));
    } else if (!act(event, row)) return;
    event.preventDefault();
  }

  function act({ key, shiftKey, ctrlKey, metaKey }: KeyboardEvent, row: Row): boolean {
    if (key === 'Enter') onOpen(row);
    else if (key === ' ' || key === 'x') toggle(row, shiftKey);
    else if (key === 'a' && (ctrlKey || metaKey)) onSelect(new Set(rows.map(({ id }) => id)));
    else if (key === 'Escape' && selected.size > 0) onSelect(new Set());
    else return false;
    return true;
  }

  const template = `36px ${columns.map(({ width }) => width).join(' ')}`;
  const areAll = rows.length > 0 && rows.every(({ id }) => selected.has(id));
  return (
    <div
      class={`grid ${isNarrow ? 'narrow' : ''} ${rows.length * lineHeight > height ? 'scrolls' : ''}`}
      role="grid"
      aria-label="Transfers and batches"
      aria-multiselectable="true"
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length + 1}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" class="grid-head">
        <div role="row" aria-rowindex={1} class="line head" style={isNarrow ? {} : { gridTemplateColumns: template }}>
          <div role="columnheader">
            <input
              type="checkbox"
              aria-label="Select all that are shown"
              checked={areAll}
              onChange={() => onSelect(areAll ? new Set() : new Set(rows.map(({ id }) => id)))}
            />
          </div>
          {columns.map(({ key, title, isNumber }) => (
            <div key={key} role="columnheader" class={isNumber ? 'end' : ''} aria-sort={sortOf(choice, key)}>
              <button type="button" class="sort" onClick={() => onSort(key)}>
                {title}
                {choice.sort?.key === key ? (choice.sort.isDown ? ' ↓' : ' ↑') : ''}
              </button>
            </div>
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        class="grid-body"
        ref={box}
        onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
      >
        <div role="presentation" style={{ height: `${rows.length * lineHeight}px`, position: 'relative' }}>
          {rows.slice(first, end).map((row, index) => (
            <Line
              key={row.id}
              row={row}
              at={first + index}
              now={now}
              columns={columns}
              template={isNarrow ? undefined : template}
              topPx={(first + index) * lineHeight}
              isStop={first + index === stop}
              isSelected={selected.has(row.id)}
              onFocus={() => setFocusedId(row.id)}
              onToggle={(isRange) => toggle(row, isRange)}
              onOpen={() => onOpen(row)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Where a key leads to; `undefined` = it is none that moves. */
function targetOf(key: string, at: number, page: number, last: number): number | undefined {
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    j: at + 1,
    ArrowUp: at - 1,
    k: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: last,
  };
  const to = targets[key];
  return to === undefined ? undefined : Math.max(0, Math.min(last, to));
}

function sortOf({ sort }: Choice, key: string): 'ascending' | 'descending' | 'none' {
  if (sort?.key !== key) return 'none';
  return sort.isDown ? 'descending' : 'ascending';
}
