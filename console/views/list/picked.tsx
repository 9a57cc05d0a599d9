import { useState } from 'preact/hooks';
import { Confirm } from '../../parts/dialog.tsx';
import type { Verb } from '../../state/actions.ts';
import { doToAll, mayDo } from '../../state/actions.ts';
import { service } from '../../state/live.ts';
import type { Row } from '../../state/rows.ts';
import { useStore } from '../../state/store.ts';
import { count } from '../../words/format.ts';

const TITLES: readonly (readonly [Verb, string])[] = [
  ['pause', 'Pause'],
  ['resume', 'Resume'],
  ['retry', 'Retry'],
  ['cancel', 'Cancel'],
];

/** What can be done with all that are selected. */
export function Picked({ picked, onDone }: { readonly picked: readonly Row[]; onDone(): void }) {
  const features = useStore(service)?.features ?? [];
  const [asks, setAsks] = useState(false);
  const hasPause = features.includes('pause');
  if (picked.length === 0) return null;
  const targets = (verb: Verb) => picked.filter((row) => mayDo(verb, row, hasPause));
  const act = (verb: Verb) => {
    void doToAll(verb, targets(verb));
    onDone();
  };
  return (
    <div class="picked" role="region" aria-label="Selected">
      <strong>{count(picked.length, 'item')} selected</strong>
      {TITLES.map(([verb, title]) => {
        const able = targets(verb).length;
        return able === 0 ? null : (
          <button
            key={verb}
            type="button"
            class={`button ${verb === 'cancel' ? 'danger' : ''}`}
            onClick={() => (verb === 'cancel' ? setAsks(true) : act(verb))}
          >
            {title} {able}
          </button>
        );
      })}
      <button type="button" class="button plain" onClick={onDone}>
        Clear
      </button>
      {asks ? (
        <Confirm
          title={`Cancel ${count(targets('cancel').length, 'item')}?`}
          text="What they have brought so far is deleted at the destination. Objects that are complete stay."
          action={`Cancel ${targets('cancel').length}`}
          danger
          onConfirm={() => act('cancel')}
          onClose={() => setAsks(false)}
        />
      ) : null}
    </div>
  );
}
