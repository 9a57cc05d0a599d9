/** What `stallWatch` rejects with. */
export const STALLED = Symbol('stalled');

export interface StallWatch {
  /** Never resolves; rejects with `STALLED`. */
  readonly stalled: Promise<never>;
  /** Something was answered. */
  moved(): void;
  stop(): void;
}

/** More than this within `ms` is an answer under way; what a server sends to see whether we live is less. */
const MOVES_BYTES = 1024;

/** For answers that are long in coming over a slow line: silence is a time in which next to nothing of them came. */
export function stallWatch(ms: number, receivedBytes: () => number): StallWatch {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  let before = receivedBytes();
  const timer = setTimeout(() => {
    const now = receivedBytes();
    if (now - before >= MOVES_BYTES) timer.refresh();
    else reject(STALLED);
    before = now;
  }, ms);
  return { stalled: promise, moved: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
