import type { Cell } from '../../draw/cells.ts';

const SHOWN: readonly (readonly [Cell, string])[] = [
  ['done', 'done'],
  ['flight', 'in flight'],
  ['rescue', 'rescued'],
  ['trouble', 'in trouble'],
  ['failed', 'failed'],
  ['waiting', 'waiting'],
];

export function Legend({ tally }: { tally(cell: Cell): number }) {
  return (
    <ul class="legend">
      {SHOWN.map(([cell, word]) => {
        const number = tally(cell);
        return number === 0 ? null : (
          <li key={cell}>
            <span class={`swatch cell-${cell}`} />
            <span class="number">{number.toLocaleString('en-GB')}</span> {word}
          </li>
        );
      })}
    </ul>
  );
}
