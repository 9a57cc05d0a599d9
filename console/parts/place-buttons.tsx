import { reorder } from '../state/actions.ts';
import type { Row } from '../state/rows.ts';

interface PlaceButtonsProps {
  readonly row: Pick<Row, 'kind' | 'id'>;
  onDone(): void;
}

/** Of what waits for its turn. */
export function PlaceButtons({ row, onDone }: PlaceButtonsProps) {
  return (
    <>
      <button type="button" class="button" onClick={() => void reorder(row, 'first').then(onDone)}>
        First in line
      </button>
      <button type="button" class="button" onClick={() => void reorder(row, 'last').then(onDone)}>
        Last in line
      </button>
    </>
  );
}
