import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Outcome, OutcomePage, ShownBatchDetail } from '../../api/shapes.ts';

import { Confirm } from '../../parts/dialog.tsx';
import { toast } from '../../parts/toasts.tsx';
import type { Verb } from '../../state/actions.ts';
import { doToAll, mayDo, messageOf } from '../../state/actions.ts';
import { service } from '../../state/live.ts';
import type { Row } from '../../state/rows.ts';
import { useStore } from '../../state/store.ts';

interface ButtonsProps {
  readonly batch: ShownBatchDetail;
  readonly row: Row;
  onDone(): void;
}

export function BatchButtons({ batch, row, onDone }: ButtonsProps) {
  const hasPause = useStore(service)?.features.includes('pause') === true;
  const [asks, setAsks] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const act = (verb: Verb) => void doToAll(verb, [row]).then(onDone);
  const may = (verb: Verb) => mayDo(verb, row, hasPause);
  const lacking = batch.counters.failed + batch.counters.cancelled;
  async function report(): Promise<void> {
    setBusy(true);
    await saveReport(batch.id);
    setBusy(false);
  }
  return (
    <div class="actions">
      {may('resume') ? (
        <button type="button" class="button main" onClick={() => act('resume')}>
          Resume
        </button>
      ) : null}
      {may('pause') ? (
        <button
          type="button"
          class="button"
          title="Nothing more is begun; what is there stays"
          onClick={() => act('pause')}
        >
          Pause
        </button>
      ) : null}
      {may('retry') && lacking > 0 ? (
        <button
          type="button"
          class="button main"
          title="What failed or was cancelled runs again, and nothing else"
          onClick={() => act('retry')}
        >
          Retry {lacking}
        </button>
      ) : null}
      <button type="button" class="button" disabled={isBusy} onClick={() => void report()}>
        {isBusy ? 'Reading the report …' : 'Download the report'}
      </button>
      {may('cancel') ? (
        <button type="button" class="button danger" onClick={() => setAsks(true)}>
          Cancel …
        </button>
      ) : null}
      {asks ? (
        <Confirm
          title={`Cancel ${row.name}?`}
          text="Nothing more is begun. What was brought stays; entries without an outcome become cancelled."
          action="Cancel the batch"
          danger
          onConfirm={() => act('cancel')}
          onClose={() => setAsks(false)}
        />
      ) : null}
    </div>
  );
}

/** The outcomes, one a line, as they are now. */
async function saveReport(id: string): Promise<void> {
  const lines: Outcome[] = [];
  try {
    let cursor: string | undefined;
    do {
      const page: OutcomePage = await call('GET', `/v1/batches/${id}/outcomes`, { query: { limit: 1000, cursor } });
      lines.push(...page.outcomes);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  } catch (thrown) {
    toast('failed', messageOf(thrown));
    return;
  }
  lines.sort((a, b) => a.entry - b.entry);
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/jsonl' }));
  link.download = `piecework-report-${id}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
