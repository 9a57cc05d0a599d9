import { useMemo, useState } from 'preact/hooks';
import type { Outcome, ShownBatchDetail } from '../../api/shapes.ts';
import type { Cell, CellMap } from '../../draw/cells.ts';
import { CellCanvas } from '../../draw/map.tsx';
import { MapAsText } from '../../draw/map-as-text.tsx';
import { bytes, count } from '../../words/format.ts';
import { Legend } from '../transfer/legend.tsx';

const CELLS: Readonly<Record<Outcome['kind'], Cell>> = {
  done: 'done',
  unchanged: 'done',
  failed: 'failed',
  cancelled: 'trouble',
};
const WORDS: Readonly<Record<string, string>> = {
  done: 'done',
  unchanged: 'unchanged: the version that is there is the source’s',
  failed: 'failed',
  cancelled: 'cancelled',
};

const AS_TEXT = [
  ['done', 'done or unchanged'],
  ['failed', 'failed'],
  ['trouble', 'cancelled'],
  ['waiting', 'without an outcome'],
] as const;

interface EntryMapProps {
  readonly batch: ShownBatchDetail;
  readonly outcomes: ReadonlyMap<number, Outcome>;
}

export function EntryMap({ batch, outcomes }: EntryMapProps) {
  const [chosen, setChosen] = useState<number>();
  const entries = batch.list.entries ?? 0;
  const map = useMemo<CellMap>(() => {
    const cells: Cell[] = new Array<Cell>(entries).fill('waiting');
    for (const { entry, kind } of outcomes.values()) cells[entry - 1] = CELLS[kind];
    return { count: entries, cells, part: new Map() };
  }, [entries, outcomes]);
  if (entries === 0) return null;
  const tally = (wanted: Cell) => map.cells.filter((cell) => cell === wanted).length;
  const one = chosen === undefined ? undefined : outcomes.get(chosen + 1);
  const wordOf = (at: number) => WORDS[outcomes.get(at + 1)?.kind ?? ''] ?? 'has no outcome yet';
  return (
    <section class="card" aria-label="Entries">
      <div class="card-head">
        <h2>{count(entries, 'entry', 'entries')}</h2>
        <Legend tally={tally} />
      </div>
      <CellCanvas
        map={map}
        what="entry"
        chosen={chosen}
        describe={(at) => `Entry ${at + 1} of ${entries}: ${wordOf(at)}`}
        onChoose={setChosen}
      />
      {chosen === undefined ? (
        <p class="soft hint">Click on an entry, or move with the arrow keys, to see what became of it.</p>
      ) : (
        <div class="piece" role="region" aria-label={`Entry ${chosen + 1}`}>
          <strong>
            Entry {chosen + 1}: {wordOf(chosen)}
          </strong>
          {one === undefined ? null : (
            <p>
              {one.name} <span class="mono soft">{one.source}</span>{' '}
              {one.sizeBytes === undefined ? '' : bytes(one.sizeBytes)}
              {one.error === undefined ? null : <span class="tone-failed"> {one.error.message}</span>}
            </p>
          )}
        </div>
      )}
      <MapAsText map={map} words={AS_TEXT} tally={tally} />
    </section>
  );
}
