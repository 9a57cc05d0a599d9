import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  onClose(): void;
}

/** The browser's own: focus stays in it, Escape closes it. */
export function Dialog({ title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // At once, not after the next paint: keys that are pressed meanwhile would be lost.
  useLayoutEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog ref={element} aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  /** What it will do. */
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  onConfirm(): void;
  onClose(): void;
}

export function Confirm({ title, text, action, danger = false, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          No, leave it
        </button>
        <button
          type="button"
          class={`button ${danger ? 'danger' : 'main'}`}
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}

/** Of a form in a dialog. */
export function DialogButtons({ action, onClose }: { readonly action: string; onClose(): void }) {
  return (
    <div class="actions">
      <button type="button" class="button" onClick={onClose}>
        Leave it
      </button>
      <button type="submit" class="button main">
        {action}
      </button>
    </div>
  );
}
