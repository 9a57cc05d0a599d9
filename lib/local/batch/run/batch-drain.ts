import type { Buffers } from '../../../pipeline/batch/batch-ports.ts';
import type { Clock } from '../../../values/time.ts';
import { drainOf } from '../../engine/drain.ts';
import type { Run } from '../../engine/run.ts';

/** Has what is under way of a batch come to its end, while nothing new is begun. */
export interface BatchDrain {
  /** Resolves at once unless it drains; then never: rejects with the signal's reason. */
  untilStopped(signal: AbortSignal): Promise<void>;
  /** Something is under way until it is disposed of. */
  begun(): Disposable;
  /** A large entry is under way as this run, until what is returned is disposed of. */
  runs(run: Run): Disposable;
  /** The same buffers: what has one is under way. */
  counted(buffers: Buffers): Buffers;
  /** Large entries that are under way. */
  readonly large: number;
  /** From now on nothing is begun; resolves when what was under way has come. Rejects with the signal's reason. */
  drain(signal: AbortSignal): Promise<void>;
}

const LOOK_EVERY_MS = 20;

export function batchDrain(clock: Pick<Clock, 'sleep'>): BatchDrain {
  const small = drainOf();
  const runs = new Map<Run, { isDrained: boolean }>();
  let draining: AbortSignal | undefined;

  function drainRun(run: Run, note: { isDrained: boolean }, signal: AbortSignal): void {
    run.drain(signal).then(
      () => {
        note.isDrained = true;
      },
      () => {},
    );
  }

  return {
    untilStopped: (signal) => small.untilStopped(signal),
    begun: () => small.begun(),
    runs(run) {
      const note = { isDrained: false };
      runs.set(run, note);
      if (draining !== undefined) drainRun(run, note, draining);
      return { [Symbol.dispose]: () => void runs.delete(run) };
    },
    counted: ({ mostBytes, borrow }) => ({
      mostBytes,
      async borrow(sizeBytes, signal) {
        const window = await borrow(sizeBytes, signal);
        const underWay = small.begun();
        let isLent = true;
        return {
          bytes: window.bytes,
          [Symbol.dispose]() {
            window[Symbol.dispose]();
            if (isLent) underWay[Symbol.dispose]();
            isLent = false;
          },
        };
      },
    }),
    get large() {
      return runs.size;
    },
    async drain(signal) {
      small.start();
      draining = signal;
      for (const [run, note] of runs) drainRun(run, note, signal);
      while (!small.isIdle || [...runs.values()].some(({ isDrained }) => !isDrained))
        await clock.sleep(LOOK_EVERY_MS, signal);
    },
  };
}
