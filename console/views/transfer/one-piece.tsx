import type { Pieces, ShownDetail } from '../../api/shapes.ts';
import { adviceFor } from '../../words/advice.ts';
import { bytes, count, moment, timeOfDay } from '../../words/format.ts';

interface OnePieceProps {
  /** From 0. */
  readonly at: number;
  readonly word: string;
  readonly detail: ShownDetail;
  readonly pieces: Pieces;
  onClose(): void;
}

export function OnePiece({ at, word, detail, pieces, onClose }: OnePieceProps) {
  const number = at + 1;
  const { plan, timeline = [] } = detail;
  const size = plan?.pieceSizeBytes;
  const whole = plan?.sizeBytes;
  const start = size === undefined ? undefined : at * size;
  const end = size === undefined || whole === undefined ? undefined : Math.min(whole, (at + 1) * size);
  const trouble = pieces.trouble.find(({ pieceNumber }) => pieceNumber === number);
  const flying = pieces.inFlight?.find(({ pieceNumber }) => pieceNumber === number);
  const happened = timeline.filter(({ pieceNumber }) => pieceNumber === number);
  return (
    <div class="piece" role="region" aria-label={`Piece ${number}`}>
      <div class="card-head">
        <strong>
          Piece {number}: {word}
        </strong>
        <button type="button" class="button plain" onClick={onClose}>
          Close
        </button>
      </div>
      <dl class="facts">
        {start === undefined || end === undefined ? null : (
          <div>
            <dt>Bytes</dt>
            <dd class="number">
              {start.toLocaleString('en-GB')} to {(end - 1).toLocaleString('en-GB')} ({bytes(end - start)})
            </dd>
          </div>
        )}
        {flying === undefined ? null : (
          <div>
            <dt>Now</dt>
            <dd>
              {bytes(flying.doneBytes)} have come
              {flying.connection === undefined ? '' : `, on connection ${flying.connection}`}
              {flying.rescue === true ? '; it was slow, so the rest is asked for on a second connection too' : ''}
            </dd>
          </div>
        )}
        {trouble === undefined ? null : (
          <>
            <div>
              <dt>Attempts</dt>
              <dd>
                {trouble.attempt}, of which {count(trouble.failures, 'failure')}
                {trouble.waits > 0 ? ` and ${count(trouble.waits, 'wait')} that the source asked for` : ''}
              </dd>
            </div>
            <div>
              <dt>Last error</dt>
              <dd>
                {adviceFor(trouble.code).title} (<code>{trouble.code}</code>)
                {trouble.notBefore === undefined ? '' : `; again at ${timeOfDay(trouble.notBefore)}`}
              </dd>
            </div>
          </>
        )}
      </dl>
      {happened.length === 0 ? null : (
        <ul class="plain">
          {happened.map((entry) => (
            <li key={`${entry.at} ${entry.text}`}>
              <time dateTime={entry.at} title={moment(entry.at)} class="number soft">
                {timeOfDay(entry.at)}
              </time>{' '}
              {entry.text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
