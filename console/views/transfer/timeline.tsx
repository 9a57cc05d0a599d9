import type { TimelineEntry } from '../../api/shapes.ts';
import { Mark } from '../../parts/marks.tsx';
import { moment, timeOfDay } from '../../words/format.ts';
import type { Tone } from '../../words/status.ts';

const TONES: Readonly<Record<string, Tone>> = {
  submitted: 'waiting',
  planned: 'waiting',
  started: 'moving',
  waiting: 'trouble',
  patience: 'trouble',
  retried: 'trouble',
  continued: 'moving',
  rescued: 'moving',
  paused: 'paused',
  resumed: 'moving',
  restarted: 'trouble',
  finalizing: 'moving',
  completed: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** What happened, the newest first. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  if (entries.length === 0) return null;
  return (
    <section class="card" aria-label="What happened">
      <h2>What happened</h2>
      <ol class="timeline" tabIndex={0} aria-label="Newest first">
        {[...entries].reverse().map(({ at, kind, text, count }, index) => {
          const tone = TONES[kind] ?? 'waiting';
          return (
            <li key={`${at} ${text} ${index}`}>
              <span class={`tone-${tone}`}>
                <Mark tone={tone} size={13} />
              </span>
              <time dateTime={at} title={moment(at)} class="number soft">
                {timeOfDay(at)}
              </time>
              <span>
                {text}
                {count !== undefined && count > 1 ? <span class="soft"> ({count} times)</span> : null}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
