import { asPieceworkError, PieceworkError } from '../../errors/error.ts';
import type { DestinationLocator } from '../../transfer/locators.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { RunNeeds } from '../engine/engine.ts';
import type { Run } from '../engine/run.ts';
import { stopper } from '../engine/stopper.ts';
import type { Home } from '../home/home.ts';

/** Transfers that go on after the request that started them was answered. Disposing stops them, and waits for that. */
export interface Background extends AsyncDisposable {
  readonly signal: AbortSignal;
  /**
   * Locks the place and has `begin` set a transfer going, whose record it returns; the transfer is worked on when its
   * turn comes.
   * @throws PieceworkError `DestinationLocked`, or what `begin` throws.
   */
  start(
    needs: RunNeeds,
    place: DestinationLocator,
    begin: (run: Run) => Promise<TransferRecord>,
  ): Promise<TransferRecord>;
  /**
   * Begins nothing any more; resolves when every piece that is under way has come, or when the signal is aborted. Then
   * it is to be disposed of.
   */
  drain(signal: AbortSignal): Promise<void>;
  /** Transfers that run, or wait for their turn. */
  readonly count: number;
  readonly runningCount: number;
}

export function background(home: Home): Background {
  const atWork = new Set<Promise<void>>();
  const runs = new Set<Run>();
  const stop = stopper();
  let isDraining = false;

  async function work({ kind }: RunNeeds, run: Run, lock: AsyncDisposable, transferId: string): Promise<void> {
    try {
      using _turn = await home.engine.turn(kind, stop.signal);
      // Its turn came too late: it stands in its record.
      if (isDraining) return;
      runs.add(run);
      await run.work(transferId, stop.signal);
    } catch (thrown) {
      // How the transfer ended stands in its record; what is thrown is why it could not be ended.
      const { code, message } = asPieceworkError(thrown);
      if (code !== 'Interrupted')
        await home.events.emit({ type: 'warning', message: `transfer ${transferId} stands still: ${message}` });
    } finally {
      runs.delete(run);
      await run[Symbol.asyncDispose]();
      await lock[Symbol.asyncDispose]();
    }
  }

  return {
    signal: stop.signal,
    async start(needs, place, begin) {
      if (stop.signal.aborted || isDraining)
        throw new PieceworkError('Interrupted', 'the service is shutting down; ask again');
      const lock = await home.locks.acquire(place);
      let run: Run | undefined;
      try {
        run = await home.engine.open(needs);
        const record = await begin(run);
        const ended = work(needs, run, lock, record.id)
          .catch(() => {})
          .finally(() => atWork.delete(ended));
        atWork.add(ended);
        return record;
      } catch (error) {
        await run?.[Symbol.asyncDispose]();
        await lock[Symbol.asyncDispose]();
        throw error;
      }
    },
    async drain(signal) {
      isDraining = true;
      await Promise.all([...runs].map((run) => run.drain(signal).catch(() => {})));
    },
    get count() {
      return atWork.size;
    },
    get runningCount() {
      return runs.size;
    },
    async [Symbol.asyncDispose]() {
      stop.now();
      await Promise.all(atWork);
    },
  };
}
