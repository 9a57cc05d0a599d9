import { useState } from 'preact/hooks';
import type { ShownDetail } from '../../api/shapes.ts';
import { Confirm, Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { PauseButtons } from '../../parts/pause-buttons.tsx';
import { PlaceButtons } from '../../parts/place-buttons.tsx';
import type { Verb } from '../../state/actions.ts';
import { doToAll, mayDo, retryWithLink } from '../../state/actions.ts';
import { service } from '../../state/live.ts';
import type { Row } from '../../state/rows.ts';
import { useStore } from '../../state/store.ts';
import { count } from '../../words/format.ts';

interface ButtonsProps {
  readonly detail: ShownDetail;
  readonly row: Row;
  onDone(): void;
}

/** Each says what it will do. */
export function Buttons({ detail, row, onDone }: ButtonsProps) {
  const features = useStore(service)?.features ?? [];
  const [asks, setAsks] = useState<'cancel' | 'link'>();
  const hasPause = features.includes('pause');
  const act = (verb: Verb) => void doToAll(verb, [row]).then(onDone);
  const may = (verb: Verb) => mayDo(verb, row, hasPause);
  const isQueued = detail.status === 'accepted' && features.includes('priority');
  const missing = detail.pieces === undefined ? undefined : detail.pieces.count - detail.pieces.doneCount;
  return (
    <div class="actions">
      <PauseButtons
        titles={{
          resume: 'It goes on with the pieces that are missing',
          pause: 'Nothing more is fetched; what is there stays',
        }}
        may={may}
        act={act}
      />
      {may('retry') ? (
        <button type="button" class="button main" title={retryTitle(missing)} onClick={() => act('retry')}>
          Retry
        </button>
      ) : null}
      {may('retry') ? (
        <button type="button" class="button" onClick={() => setAsks('link')}>
          Retry with a new link …
        </button>
      ) : null}
      {isQueued ? <PlaceButtons row={row} onDone={onDone} /> : null}
      {may('cancel') ? (
        <button type="button" class="button danger" onClick={() => setAsks('cancel')}>
          Cancel …
        </button>
      ) : null}
      {asks === 'cancel' ? (
        <Confirm
          title={`Cancel ${row.name}?`}
          text={cancelText(detail)}
          action="Cancel the transfer"
          danger
          onConfirm={() => act('cancel')}
          onClose={() => setAsks(undefined)}
        />
      ) : null}
      {asks === 'link' ? <NewLink id={row.id} onDone={onDone} onClose={() => setAsks(undefined)} /> : null}
    </div>
  );
}

function retryTitle(missing: number | undefined): string {
  return missing === undefined
    ? 'It begins again; pieces that are still held are not fetched again'
    : `${count(missing, 'piece')} that are missing are fetched; the others are kept`;
}

function cancelText({ pieces }: ShownDetail): string {
  const brought =
    pieces === undefined || pieces.doneCount === 0 ? 'What it has brought' : count(pieces.doneCount, 'piece');
  return `It ends now. ${brought} at the destination ${pieces?.doneCount === 1 || brought.startsWith('What') ? 'is' : 'are'} deleted, and no object appears. This can’t be undone.`;
}

function NewLink({ id, onDone, onClose }: { readonly id: string; onDone(): void; onClose(): void }) {
  const [url, setUrl] = useState('');
  return (
    <Dialog title="Retry with a new link" onClose={onClose}>
      <form
        method="dialog"
        class="stack"
        onSubmit={() => {
          if (url.trim() !== '') void retryWithLink(id, url).then(onDone);
        }}
      >
        <p class="soft">If it leads to the same version, only the missing pieces are fetched. Else it begins again.</p>
        <div class="field">
          <label for="new-link">Link</label>
          <input
            id="new-link"
            type="url"
            required
            value={url}
            onInput={({ currentTarget }) => setUrl(currentTarget.value)}
          />
        </div>
        <DialogButtons action="Retry" onClose={onClose} />
      </form>
    </Dialog>
  );
}
