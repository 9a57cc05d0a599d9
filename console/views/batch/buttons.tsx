import { useState } from 'preact/hooks';
import { outcomePages } from '../../api/outcomes.ts';
import type { Outcome, ShownBatchDetail } from '../../api/shapes.ts';
import { Confirm } from '../../parts/dialog.tsx';
import { PauseButtons } from '../../parts/pause-buttons.tsx';
import { PlaceButtons } from '../../parts/place-buttons.tsx';
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
  const features = useStore(service)?.features ?? [];
  const hasPause = features.includes('pause');
  const isQueued = row.waitingPosition !== undefined && features.includes('priority');
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
      <PauseButtons titles={{ pause: 'Nothing more is begun; what is there stays' }} may={may} act={act} />
      {isQueued ? <PlaceButtons row={row} onDone={onDone} /> : null}
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
    for await (const page of outcomePages(id)) lines.push(...page);
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
