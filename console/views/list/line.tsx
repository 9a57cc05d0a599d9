import { Meter, StatusMark } from '../../parts/marks.tsx';
import { Age } from '../../parts/time.tsx';
import { hrefOf } from '../../route.ts';
import type { Row } from '../../state/rows.ts';
import { bytes, percent, rate, seconds } from '../../words/format.ts';
import type { Column } from './columns.tsx';

interface LineProps {
  readonly row: Row;
  readonly at: number;
  readonly now: number;
  readonly columns: readonly Column[];
  /** Absent: two lines, for a narrow screen. */
  readonly template: string | undefined;
  readonly topPx: number;
  readonly isStop: boolean;
  readonly isSelected: boolean;
  onFocus(): void;
  onToggle(isRange: boolean): void;
  onOpen(): void;
}

export function Line(props: LineProps) {
  const { row, at, now, columns, template, topPx, isStop, isSelected, onFocus, onToggle, onOpen } = props;
  const href = hrefOf({ view: row.kind, id: row.id });
  return (
    <div
      role="row"
      class="line"
      data-at={at}
      data-id={row.id}
      aria-rowindex={at + 2}
      aria-selected={isSelected}
      tabIndex={isStop ? 0 : -1}
      style={{
        transform: `translateY(${topPx}px)`,
        ...(template === undefined ? {} : { gridTemplateColumns: template }),
      }}
      onFocus={onFocus}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('a, input, label') !== null) return;
        if (event.ctrlKey || event.metaKey || event.shiftKey) onToggle(event.shiftKey);
        else onOpen();
      }}
    >
      <div role="gridcell" class="pick">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select ${row.name}`}
          checked={isSelected}
          onClick={(event) => {
            event.preventDefault();
            onToggle(event.shiftKey);
          }}
        />
      </div>
      {template === undefined ? (
        <Narrow row={row} now={now} href={href} />
      ) : (
        columns.map((column) => (
          <div key={column.key} role="gridcell" class={`cell ${column.isNumber ? 'end number' : ''}`}>
            {column.key === 'name' ? (
              <a class="open" href={href} tabIndex={-1} title={row.name}>
                {column.cell(row, now)}
              </a>
            ) : (
              column.cell(row, now)
            )}
          </div>
        ))
      )}
    </div>
  );
}

function Narrow({ row, now, href }: { readonly row: Row; readonly now: number; readonly href: string }) {
  const { tone, word, name, sizeBytes, doneBytes, bytesPerSecond, remainingSeconds, createdAt, kind } = row;
  return (
    <div role="gridcell" class="two-lines">
      <a class="open" href={href} tabIndex={-1}>
        <span class="name">{name}</span>
        {kind === 'batch' ? <span class="tag">batch</span> : null}
      </a>
      <div class="under">
        <StatusMark tone={tone} word={word} />
        <span class="soft number">
          {percent(row.percent)} · {bytes(sizeBytes ?? doneBytes)}
          {bytesPerSecond === undefined ? '' : ` · ${rate(bytesPerSecond)}`}
          {remainingSeconds === undefined ? '' : ` · ${seconds(remainingSeconds)} left`}
          {row.isOver ? ' · ' : ''}
          {row.isOver ? <Age iso={createdAt} now={now} /> : null}
        </span>
      </div>
      <Meter percent={row.percent} tone={tone} label={`Progress of ${name}`} />
    </div>
  );
}
