import { store, useStore } from '../state/store.ts';

/* What an action came to, said once and gone. */

interface Toast {
  readonly id: number;
  readonly tone: 'done' | 'failed';
  readonly text: string;
}

const toasts = store<readonly Toast[]>([]);
let last = 0;

const SHOWN_MS = 6_000;

export function toast(tone: Toast['tone'], text: string): void {
  last += 1;
  const id = last;
  toasts.set([...toasts.get().slice(-3), { id, tone, text }]);
  // What went wrong stays until it is closed.
  if (tone === 'done') setTimeout(() => close(id), SHOWN_MS);
}

function close(id: number): void {
  toasts.set(toasts.get().filter((one) => one.id !== id));
}

export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div class="toasts" aria-live="polite">
      {shown.map(({ id, tone, text }) => (
        <div key={id} class={`note ${tone}`}>
          <div>{text}</div>
          <button type="button" class="button plain" aria-label="Close this message" onClick={() => close(id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
