import { PieceworkError } from '../lib/errors/error.ts';

export const INTERRUPTED_EXIT = 130;
/**
 * npx and npm pass on the Ctrl-C that the terminal has already sent to each process: so soon after, it is the same.
 */
const SAME_PRESS_MS = 250;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Once: stop cleanly, to be gone on with. Twice: leave at once. */
export function stopOnSignals(
  source: { on(signal: (typeof SIGNALS)[number], listener: () => void): unknown },
  stopping: AbortController,
  { now, leave }: { readonly now: () => number; readonly leave: () => void },
): void {
  let firstAt: number | undefined;
  const stop = (): void => {
    if (firstAt === undefined) {
      firstAt = now();
      stopping.abort(new PieceworkError('Interrupted', 'interrupted'));
    } else if (now() - firstAt >= SAME_PRESS_MS) {
      leave();
    }
  };
  for (const signal of SIGNALS) source.on(signal, stop);
}
