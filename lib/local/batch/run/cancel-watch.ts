import { fromErrorRecord } from '../../../errors/error.ts';
import { readableBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import type { Home } from '../../home/home.ts';

/** A cancel by another process is noticed after this at the latest. */
const LOOK_EVERY_MS = 1_000;

export interface CancelWatch extends Disposable {
  /** Looks now, and not only when it is time. */
  look(): Promise<void>;
}

/**
 * Aborts `stopping` when the record of the batch says that it is to end; until it is disposed of.
 * @param watched its id may change: once the list is read, an earlier batch may be gone on with
 */
export function watchForCancel(
  home: Pick<Home, 'records' | 'clock'>,
  watched: { readonly id: string },
  stopping: AbortController,
): CancelWatch {
  const watching = new AbortController();
  const look = async (): Promise<void> => {
    // What can't be read now is read the next time; the records have their own warnings.
    const { ending } = (await readableBatch(home, watched.id).catch(() => undefined)) ?? {};
    if (ending !== undefined) stopping.abort(fromErrorRecord(ending.reason));
  };
  const lookAgain = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await home.clock.sleep(LOOK_EVERY_MS, watching.signal);
      await look();
    }
  };
  // Until `watching` ends its sleep.
  lookAgain().catch(() => {});
  return { look, [Symbol.dispose]: () => watching.abort() };
}
