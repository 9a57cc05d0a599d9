import { fromErrorRecord } from '../../../errors/error.ts';
import { readableBatch } from '../../../pipeline/requests/batches/load-batch.ts';
import type { Home } from '../../home/home.ts';

/** A cancel by another process is noticed after this at the latest. */
const LOOK_EVERY_MS = 1_000;

/**
 * Aborts `stopping` when the record of the batch says that it is to end; until it is disposed of.
 * @param watched its id may change: once the list is read, an earlier batch may be gone on with
 */
export function watchForCancel(
  home: Pick<Home, 'records' | 'clock'>,
  watched: { readonly id: string },
  stopping: AbortController,
): Disposable {
  const watching = new AbortController();
  const look = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await home.clock.sleep(LOOK_EVERY_MS, watching.signal);
      const { ending } = (await readableBatch(home, watched.id)) ?? {};
      if (ending !== undefined) stopping.abort(fromErrorRecord(ending.reason));
    }
  };
  // What can't be read now is read the next time; the records have their own warnings.
  look().catch(() => {});
  return { [Symbol.dispose]: () => watching.abort() };
}
