import { Figure } from '../../parts/figure.tsx';
import { Meter, StatusMark } from '../../parts/marks.tsx';
import { NotThere } from '../../parts/not-there.tsx';
import { Age, useNow } from '../../parts/time.tsx';
import { hrefOf } from '../../route.ts';
import { useBatch } from '../../state/batch.ts';
import { rowOfBatch } from '../../state/rows.ts';
import { bytes, count, percent, rate, seconds } from '../../words/format.ts';
import { BatchButtons } from './buttons.tsx';
import { Causes } from './causes.tsx';
import { EntryMap } from './entries.tsx';

export function BatchView({ id }: { readonly id: string }) {
  const { batch, outcomes, problem, look } = useBatch(id);
  const now = useNow(1_000);
  if (batch === undefined) return <NotThere what="batch" problem={problem} />;
  const row = rowOfBatch(batch);
  const { counters, list, progress, reason } = batch;
  const over = counters.done + counters.unchanged + counters.failed + counters.cancelled;
  const left = list.entries === undefined ? undefined : Math.max(0, list.entries - over);
  return (
    <article class="one">
      <header>
        <a href={hrefOf({ view: 'list' })}>← All transfers</a>
        <div class="title">
          <h1>{row.name}</h1>
          <StatusMark tone={row.tone} word={row.word} />
        </div>
        <p class="soft">
          A batch
          {list.entries === undefined ? ', its list is being read' : ` of ${count(list.entries, 'entry', 'entries')}`}{' '}
          into <span class="mono">{batch.destination}</span> · <span class="mono">{batch.id}</span>
          {batch.run > 1 ? ` · run ${batch.run}` : ''} · <Age iso={batch.createdAt} now={now} /> old
        </p>
        <BatchButtons batch={batch} row={row} onDone={look} />
      </header>
      {reason === undefined ? null : (
        <div class="note failed" role="alert">
          <div>
            <strong>It ended early.</strong> {reason.message}
          </div>
        </div>
      )}
      <section class="card" aria-label="Progress">
        <div class="figures">
          <Figure title="Progress" value={percent(progress.percent ?? row.percent)} />
          <Figure title="Done" value={counters.done.toLocaleString('en-GB')} />
          <Figure title="Unchanged" value={counters.unchanged.toLocaleString('en-GB')} />
          <Figure title="Failed" value={counters.failed.toLocaleString('en-GB')} />
          {counters.cancelled > 0 ? (
            <Figure title="Cancelled" value={counters.cancelled.toLocaleString('en-GB')} />
          ) : null}
          <Figure title="Left" value={left === undefined ? '–' : left.toLocaleString('en-GB')} />
          <Figure title="Brought" value={bytes(counters.bytes)} />
          {row.isOver ? null : <Figure title="Rate" value={rate(progress.bytesPerSecond)} />}
          {row.isOver ? null : <Figure title="Time left" value={seconds(progress.remainingSeconds)} />}
        </div>
        <Meter percent={progress.percent ?? row.percent} tone={row.tone} label="Progress" />
        {list.entries === undefined ? null : (
          <p class="soft hint">
            {counters.done} + {counters.unchanged} + {counters.failed} + {counters.cancelled} + {left} left ={' '}
            {over + (left ?? 0)} of {count(list.entries, 'entry', 'entries')}
          </p>
        )}
      </section>
      <Causes batch={batch} row={row} onDone={look} />
      <EntryMap batch={batch} outcomes={outcomes} />
    </article>
  );
}
