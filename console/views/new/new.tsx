import { useMemo, useState } from 'preact/hooks';
import { service } from '../../state/live.ts';
import { useStore } from '../../state/store.ts';
import { linksIn } from './links.ts';
import { LinksField } from './links-field.tsx';
import { Looked } from './looked.tsx';
import { missingOf, start } from './start.ts';
import { useLooks } from './use-looks.ts';

const KEY = 'piecework-destination';

/** Links in; what they are is shown before anything is fetched. */
export function New() {
  const found = useStore(service);
  const [text, setText] = useState('');
  const [destination, setDestination] = useState(localStorage.getItem(KEY) ?? '');
  const [ifExists, setIfExists] = useState('');
  const [wantsBatch, setWantsBatch] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const links = useMemo(() => linksIn(text), [text]);
  const { urls } = links;
  const place = destination.trim();
  const looks = useLooks(urls, place, ifExists);
  const canLook = found?.features.includes('dryRun') === true;
  const canBatch = urls.length > 1 && place.endsWith('/') && found?.features.includes('batches') === true;
  const missing = missingOf(urls, place);

  async function begin(): Promise<void> {
    setBusy(true);
    localStorage.setItem(KEY, place);
    const refused = await start({ urls, place, ifExists, asBatch: canBatch && wantsBatch });
    setText(refused.join('\n'));
    setBusy(false);
  }

  return (
    <section class="form" aria-label="New">
      <h1>New transfer</h1>
      <LinksField text={text} links={links} onText={setText} />
      <Place value={destination} isMachine={found?.home === 'machine'} onValue={setDestination} />
      <div class="field">
        <label for="exists">If something is there already</label>
        <select id="exists" value={ifExists} onChange={({ currentTarget }) => setIfExists(currentTarget.value)}>
          <option value="">as the server does by default</option>
          <option value="if-changed">replace it only if the source is another version</option>
          <option value="replace">replace it</option>
          <option value="fail">leave it, and fail</option>
        </select>
      </div>
      {canLook ? null : (
        <p class="soft">This server can’t ask the source beforehand: what it is shows once it begins.</p>
      )}
      {canBatch ? (
        <label class="mark">
          <input
            type="checkbox"
            checked={wantsBatch}
            onChange={({ currentTarget }) => setWantsBatch(currentTarget.checked)}
          />
          As one batch, with one report
        </label>
      ) : null}
      <div class="actions">
        {canLook ? (
          <button
            type="button"
            class={`button ${looks.isDone ? '' : 'main'}`}
            disabled={missing !== undefined || looks.isBusy}
            onClick={looks.look}
          >
            {looks.isBusy ? 'Asking the sources …' : 'Look first'}
          </button>
        ) : null}
        <button
          type="button"
          class={`button ${looks.isDone || !canLook ? 'main' : ''}`}
          disabled={missing !== undefined || isBusy}
          onClick={() => void begin()}
        >
          {urls.length > 1 ? `Start ${urls.length}` : 'Start'}
        </button>
        {missing === undefined ? null : <span class="soft mark">{missing}</span>}
      </div>
      <Looked urls={urls} found={looks.found} />
    </section>
  );
}

interface PlaceProps {
  readonly value: string;
  readonly isMachine: boolean;
  onValue(value: string): void;
}

function Place({ value, isMachine, onValue }: PlaceProps) {
  return (
    <div class="field">
      <label for="place">Where to</label>
      <input
        id="place"
        spellcheck={false}
        autocomplete="off"
        placeholder={isMachine ? '/data/ or s3://bucket/prefix/' : 's3://bucket/prefix/'}
        aria-describedby="place-help"
        value={value}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
      <span id="place-help" class="soft">
        With a slash at its end it is a folder, and the name is the source’s.
        {isMachine ? ' A path is one of the machine where the server runs.' : ''}
      </span>
    </div>
  );
}
