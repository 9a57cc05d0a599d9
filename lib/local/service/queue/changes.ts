/** What is another than before. */
export interface Changed {
  readonly kind: 'transfer' | 'batch';
  readonly id: string;
  /** Only how far it is. @default false */
  readonly isProgress?: boolean;
}

/** Hears of what may be another than before: what runs, waits or is paused, and the limits. */
export interface Changes {
  /** @param what that it is about. @default none, or all */
  emit(what?: Changed): void;
  on(listener: (what: Changed | undefined) => void): Disposable;
}

export function changesOf(): Changes {
  const listeners = new Set<(what: Changed | undefined) => void>();
  return {
    emit(what) {
      for (const listener of listeners) listener(what);
    },
    on(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
