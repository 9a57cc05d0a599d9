import { RateChart } from '../../draw/chart.tsx';
import { Figure } from '../../parts/figure.tsx';
import { Meter, StatusMark } from '../../parts/marks.tsx';
import { NotThere } from '../../parts/not-there.tsx';
import { Age, useNow } from '../../parts/time.tsx';
import { hrefOf } from '../../route.ts';
import { useDetail } from '../../state/detail.ts';
import { rowOfTransfer } from '../../state/rows.ts';
import { adviceFor } from '../../words/advice.ts';
import { bytes, count, moment, percent, rate, seconds } from '../../words/format.ts';
import { MEANING } from '../../words/status.ts';
import { Buttons } from './buttons.tsx';
import { Command, Proofs, Source } from './facts.tsx';
import { PieceMap } from './pieces.tsx';
import { Timeline } from './timeline.tsx';

export function TransferView({ id }: { readonly id: string }) {
  const { detail, problem, samples, look } = useDetail(id);
  const now = useNow(1_000);
  if (detail === undefined) return <NotThere what="transfer" problem={problem} />;
  const row = rowOfTransfer(detail);
  const { reason, waiting, warnings = [] } = detail;
  return (
    <article class="one">
      <header>
        <a href={hrefOf({ view: 'list' })}>← All transfers</a>
        <div class="title">
          <h1>{row.name}</h1>
          <StatusMark tone={row.tone} word={row.word} />
        </div>
        <p class="soft">
          {MEANING[detail.status]} <span class="mono">{detail.id}</span>
          {detail.run > 1 ? ` · run ${detail.run}` : ''} · <Age iso={detail.createdAt} now={now} /> old
        </p>
        <Buttons detail={detail} row={row} onDone={look} />
      </header>

      {reason === undefined ? null : (
        <div class="note failed" role="alert">
          <div>
            <strong>{adviceFor(reason.code).title}.</strong> {reason.message}
            <p class="soft">
              {adviceFor(reason.code).todo} <code>{reason.code}</code>
            </p>
          </div>
        </div>
      )}
      {waiting === undefined ? null : (
        <div class="note trouble">
          <div>
            <strong>It waits for the source.</strong> {waiting.reason.message}
            <p class="soft">
              {count(waiting.tries, 'try', 'tries')} so far.{' '}
              {Date.parse(waiting.nextTryAt) > now
                ? `The next one is in ${seconds((Date.parse(waiting.nextTryAt) - now) / 1000)}.`
                : 'One is under way.'}{' '}
              {waiting.advice}
            </p>
          </div>
        </div>
      )}
      {warnings.map((warning) => (
        <div key={warning} class="note trouble">
          <div>{warning}</div>
        </div>
      ))}

      {row.isOver && row.doneBytes === undefined ? null : (
        <section class="card" aria-label="Progress">
          <div class="figures">
            <Figure title="Progress" value={percent(row.percent)} />
            <Figure title="Brought" value={`${bytes(row.doneBytes)} of ${bytes(row.sizeBytes)}`} />
            <Figure title="Rate" value={rate(row.bytesPerSecond)} />
            {row.isOver ? (
              <Figure title="Ended" value={moment(detail.endedAt)} />
            ) : (
              <Figure title="Time left" value={seconds(row.remainingSeconds)} />
            )}
          </div>
          <Meter percent={row.percent} tone={row.tone} label="Progress" />
        </section>
      )}

      {row.isOver && detail.plan === undefined ? null : <PieceMap detail={detail} now={now} />}

      <div class="two">
        <div class="stack">
          {row.isOver && samples.length < 2 ? null : (
            <section class="card">
              <h2>Rate</h2>
              <RateChart samples={samples} />
            </section>
          )}
          <Source detail={detail} place={row.place} />
          <Proofs detail={detail} />
        </div>
        <div class="stack">
          <Timeline entries={detail.timeline ?? []} />
          <Command command={detail.command} />
        </div>
      </div>
    </article>
  );
}
