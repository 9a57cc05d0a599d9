import { useState } from 'preact/hooks';
import { toast } from '../../parts/toasts.tsx';
import { count } from '../../words/format.ts';
import type { Links } from './links.ts';

/** As large as a list is read here; larger ones are for the command line. */
const MOST_LIST_BYTES = 4 * 1024 ** 2;

interface LinksFieldProps {
  readonly text: string;
  readonly links: Links;
  onText(text: string): void;
}

/** Pasted, dropped, or read from a list. */
export function LinksField({ text, links, onText }: LinksFieldProps) {
  const [isOver, setOver] = useState(false);
  const add = (more: string) => onText(text.trim() === '' ? more : `${text.trimEnd()}\n${more}`);
  async function takeFile(file: File): Promise<void> {
    if (file.size > MOST_LIST_BYTES)
      toast('failed', `${file.name} is too large for this page: give it to piecework batch in a terminal`);
    else add(await file.text());
  }
  function onDrop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer?.files[0];
    const dropped = event.dataTransfer?.getData('text/plain') ?? '';
    if (file !== undefined) void takeFile(file);
    else if (dropped !== '') add(dropped);
  }
  const { urls, otherLines } = links;
  return (
    <div
      class={`drop field ${isOver ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <label for="links">Links, one on each line</label>
      <textarea
        id="links"
        spellcheck={false}
        autocomplete="off"
        placeholder="https://host/file.iso"
        value={text}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
      <div class="soft">
        Paste one or many, or drop a list here
        {urls.length > 0 ? `: ${count(urls.length, 'link')}` : ''}
        {otherLines > 0 ? `, ${count(otherLines, 'line')} without one` : ''}.{' '}
        <label class="button plain">
          Choose a file …
          <input
            class="hidden-text"
            type="file"
            accept=".txt,.csv,.tsv,.json,.jsonl,text/*"
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file !== undefined) void takeFile(file);
            }}
          />
        </label>
      </div>
    </div>
  );
}
