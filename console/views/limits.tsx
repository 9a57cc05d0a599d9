import { useState } from 'preact/hooks';
import type { Limits } from '../api/shapes.ts';
import { Dialog, DialogButtons } from '../parts/dialog.tsx';
import { changeLimits } from '../state/actions.ts';
import { rate } from '../words/format.ts';

const NUMBERS = [
  ['running', 'Transfers side by side'],
  ['connections', 'Connections in all'],
  ['perHost', 'Connections to each host'],
] as const;

/** Limits of the server: they hold within a second, and over restarts. */
export function LimitsDialog({ limits, onClose }: { readonly limits: Limits; onClose(): void }) {
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>({
    running: text(limits.running),
    connections: text(limits.connections),
    perHost: text(limits.perHost),
    limitRate: limits.limitRate ?? '',
  });
  const [refusal, setRefusal] = useState<string>();
  const set = (key: string) => (value: string) => setDraft({ ...draft, [key]: value });
  async function save(): Promise<void> {
    const change: Record<string, unknown> = {};
    for (const [key] of NUMBERS)
      if (draft[key] !== '' && draft[key] !== text(limits[key])) change[key] = Number(draft[key]);
    if (draft['limitRate'] !== (limits.limitRate ?? '')) change['limitRate'] = draft['limitRate'] || 'off';
    const why = Object.keys(change).length === 0 ? undefined : await changeLimits(change);
    if (why === undefined) onClose();
    else setRefusal(why);
  }
  return (
    <Dialog title="Limits" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p class="soft">They hold at once, for what is under way too, and stay over a restart.</p>
        {NUMBERS.map(([key, title]) => (
          <div key={key} class="field">
            <label for={`limit-${key}`}>{title}</label>
            <input
              id={`limit-${key}`}
              type="number"
              min={1}
              inputMode="numeric"
              value={draft[key] ?? ''}
              onInput={({ currentTarget }) => set(key)(currentTarget.value)}
            />
          </div>
        ))}
        <div class="field">
          <label for="limit-rate">Rate of all together</label>
          <input
            id="limit-rate"
            aria-describedby="limit-rate-help"
            placeholder="off"
            value={draft['limitRate'] ?? ''}
            onInput={({ currentTarget }) => set('limitRate')(currentTarget.value)}
          />
          <span id="limit-rate-help" class="soft">
            Such as <code>10MiB</code>, or by the hour: <code>8:00=10MiB,18:00=off</code>
            {limits.rateNowBytesPerSecond === undefined ? '' : `. Now: ${rate(limits.rateNowBytesPerSecond)}`}
          </span>
        </div>
        {refusal === undefined ? null : (
          <p class="tone-failed" role="alert">
            This was refused: {refusal}
          </p>
        )}
        <DialogButtons action="Set" onClose={onClose} />
      </form>
    </Dialog>
  );
}

function text(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}
