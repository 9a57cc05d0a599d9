import type { Cell, CellMap } from './cells.ts';
import { runsOf } from './cells.ts';

interface MapAsTextProps {
  readonly map: CellMap;
  /** Those that are named, in this order. */
  readonly words: readonly (readonly [cell: Cell, word: string])[];
  tally(cell: Cell): number;
}

/** For those who can't see the map. */
export function MapAsText({ map, words, tally }: MapAsTextProps) {
  return (
    <details class="as-text">
      <summary>The map as text</summary>
      <dl class="facts">
        {words.map(([cell, word]) => {
          const runs = runsOf(map.cells, (one) => one === cell);
          return runs === '' ? null : (
            <div key={cell}>
              <dt>
                {tally(cell)} {word}
              </dt>
              <dd>{runs}</dd>
            </div>
          );
        })}
      </dl>
    </details>
  );
}
