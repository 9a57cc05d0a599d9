/** Hears of what may be another than before: what runs, waits or is paused, and the limits. */
export interface Changes {
  /** @param transferId that it is about. @default none, or all */
  emit(transferId?: string): void;
  on(listener: (transferId: string | undefined) => void): Disposable;
}

export function changesOf(): Changes {
  const listeners = new Set<(transferId: string | undefined) => void>();
  return {
    emit(transferId) {
      for (const listener of listeners) listener(transferId);
    },
    on(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
