import { useState } from 'preact/hooks';
import type { ShownBatchDetail } from '../../api/shapes.ts';
import { doToAll, mayDo } from '../../state/actions.ts';
import { service } from '../../state/live.ts';
import type { Row } from '../../state/rows.ts';
import { useStore } from '../../state/store.ts';
import { adviceFor } from '../../words/advice.ts';
import { LimitsDialog } from '../limits.tsx';

interface CausesProps {
  readonly batch: ShownBatchDetail;
  readonly row: Row;
  onDone(): void;
}

/** Failures by their cause, each with what to do. */
export function Causes({ batch, row, onDone }: CausesProps) {
  const now = useStore(service);
  const [asks, setAsks] = useState(false);
  if (batch.failures.length === 0) return null;
  const mayRetry = mayDo('retry', row, false);
  const hasLimits = now?.features.includes('limits') === true;
  return (
    <section class="card" aria-label="Failures by cause">
      <h2>Failures by cause</h2>
      <div class="causes">
        {batch.failures.map(({ code, count, examples }) => {
          const { title, todo, remedy } = adviceFor(code);
          return (
            <div key={code} class="cause">
              <span class="big number">{count.toLocaleString('en-GB')}</span>
              <div>
                <strong>{title}.</strong> {todo} <code class="soft">{code}</code>
                <details>
                  <summary class="soft">Which, for example</summary>
                  <ul class="plain">
                    {examples.map(({ entry, name, source, error }) => (
                      <li key={entry}>
                        <span class="number">{entry}</span> <strong>{name}</strong>{' '}
                        <span class="mono soft">{source}</span>
                        {error === undefined ? null : <div class="soft">{error.message}</div>}
                      </li>
                    ))}
                  </ul>
                </details>
              </div>
              <div class="actions">
                {remedy === 'limit' && hasLimits ? (
                  <button type="button" class="button" onClick={() => setAsks(true)}>
                    Change the limits …
                  </button>
                ) : null}
                {remedy !== 'none' && mayRetry ? (
                  <button type="button" class="button" onClick={() => void doToAll('retry', [row]).then(onDone)}>
                    Retry what failed
                  </button>
                ) : null}
              </div>
            </div>
          );
        })}
      </div>
      {asks && now !== undefined ? <LimitsDialog limits={now.limits ?? {}} onClose={() => setAsks(false)} /> : null}
    </section>
  );
}
