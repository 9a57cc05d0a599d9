import { useMemo, useState } from 'preact/hooks';
import type { InFlight, ShownDetail } from '../../api/shapes.ts';
import type { Cell } from '../../draw/cells.ts';
import { cellsOfPieces } from '../../draw/cells.ts';
import { CellCanvas } from '../../draw/map.tsx';
import { MapAsText } from '../../draw/map-as-text.tsx';
import { Meter } from '../../parts/marks.tsx';
import { bytes, count, seconds } from '../../words/format.ts';
import { Legend } from './legend.tsx';
import { OnePiece } from './one-piece.tsx';

const WORDS: Readonly<Record<Cell, string>> = {
  waiting: 'waiting',
  done: 'done',
  flight: 'in flight',
  rescue: 'in flight, on a second connection too',
  trouble: 'in trouble: it is tried again',
  failed: 'failed',
};

const AS_TEXT = (['done', 'flight', 'rescue', 'trouble', 'waiting'] as const).map(
  (cell) => [cell, WORDS[cell]] as const,
);

/** The pieces as the ledger has them, and how far those in flight are. */
export function PieceMap({ detail, now }: { readonly detail: ShownDetail; readonly now: number }) {
  const [chosen, setChosen] = useState<number>();
  const { pieces, plan } = detail;
  const shown = useMemo(() => pieces ?? afterwards(detail), [pieces, detail]);
  const map = useMemo(() => (shown === undefined ? undefined : cellsOfPieces(shown)), [shown]);
  if (shown === undefined || map === undefined)
    return (
      <section class="card">
        <h2>Pieces</h2>
        <p class="soft">{whyNone(detail)}</p>
      </section>
    );
  const tally = (wanted: Cell) => map.cells.filter((cell) => cell === wanted).length;
  return (
    <section class="card" aria-label="Pieces">
      <div class="card-head">
        <h2>
          {shown.doneCount} of {count(shown.count, 'piece')} done
          {plan?.pieceSizeBytes === undefined ? '' : <span class="soft"> · {bytes(plan.pieceSizeBytes)} each</span>}
        </h2>
        <Legend tally={tally} />
      </div>
      <CellCanvas
        map={map}
        what="piece"
        chosen={chosen}
        describe={(at) => `Piece ${at + 1} of ${map.count}: ${WORDS[map.cells[at] ?? 'waiting']}`}
        onChoose={setChosen}
      />
      {chosen === undefined ? (
        <p class="soft hint">Click on a piece, or move with the arrow keys, to see its range, attempts and errors.</p>
      ) : (
        <OnePiece
          at={chosen}
          word={WORDS[map.cells[chosen] ?? 'waiting']}
          detail={detail}
          pieces={shown}
          onClose={() => setChosen(undefined)}
        />
      )}
      <Flying pieces={shown.inFlight ?? []} now={now} onChoose={(number) => setChosen(number - 1)} />
      <MapAsText map={map} words={AS_TEXT} tally={tally} />
    </section>
  );
}

interface FlyingProps {
  readonly pieces: readonly InFlight[];
  readonly now: number;
  onChoose(pieceNumber: number): void;
}

/** Which connection each is on. */
function Flying({ pieces, now, onChoose }: FlyingProps) {
  if (pieces.length === 0) return null;
  if (pieces.every(({ doneBytes }) => doneBytes === undefined))
    return <p class="soft hint">Functions bring those in flight; each is seen again when it is done.</p>;
  return (
    <table class="flying">
      <caption class="hidden-text">Pieces in flight</caption>
      <thead>
        <tr>
          <th scope="col">Piece</th>
          <th scope="col">Connection</th>
          <th scope="col">How far</th>
          <th scope="col" class="end">
            For
          </th>
        </tr>
      </thead>
      <tbody>
        {pieces.slice(0, 32).map(({ pieceNumber, connection, doneBytes, sizeBytes, startedAt, rescue }) => (
          <tr key={pieceNumber}>
            <td>
              <button type="button" class="button plain number" onClick={() => onChoose(pieceNumber)}>
                {pieceNumber}
              </button>
            </td>
            <td class="cut">
              {connection ?? 'to the destination'} {rescue === true ? <span class="tag">and a second one</span> : null}
            </td>
            <td>
              <span class="progress wide">
                <Meter
                  percent={sizeBytes ? Math.floor(((doneBytes ?? 0) * 100) / sizeBytes) : undefined}
                  tone="moving"
                  label={`Piece ${pieceNumber}`}
                />
                <span class="number soft">
                  {bytes(doneBytes)} of {bytes(sizeBytes)}
                </span>
              </span>
            </td>
            <td class="end number soft">
              {startedAt === undefined ? '' : seconds((now - Date.parse(startedAt)) / 1000)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** After the end there is no ledger any more: of what is complete all pieces are done. */
function afterwards({ status, plan }: ShownDetail): ShownDetail['pieces'] {
  if (status !== 'completed' || plan?.mode !== 'pieces' || plan.pieceCount === undefined) return undefined;
  return {
    count: plan.pieceCount,
    doneCount: plan.pieceCount,
    inFlightCount: 0,
    doneRanges: [[1, plan.pieceCount]],
    troubleCount: 0,
    trouble: [],
  };
}

function whyNone({ status, plan, piecesUnavailable }: ShownDetail): string {
  if (piecesUnavailable !== undefined) return `They can’t be read now: ${piecesUnavailable.message}`;
  if (plan === undefined)
    return status === 'accepted' || status === 'planning' ? 'There is no plan yet.' : 'It ended without a plan.';
  if (plan.mode === 'single') return 'It is small, and is brought whole with one request.';
  if (plan.mode === 'stream') return 'The source gives no ranges: it comes on one connection, from begin to end.';
  return 'Its pieces are not kept any more.';
}
