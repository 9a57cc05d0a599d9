import type { Destination } from '../../../../destinations/destination.ts';
import { PieceworkError } from '../../../../errors/error.ts';
import type { Instant } from '../../../../values/time.ts';
import type { Ports } from '../../../shared/ports.ts';
import type { HostPace } from '../../host-pace.ts';

/** The time that a worker has for one shard: at its end it begins nothing more, and stops when all has come in. */
export interface Shift {
  /** Aborted when it is over. */
  readonly signal: AbortSignal;
  /** A connection that reads. */
  connection(): Disposable;
  /** The same destination; what is under way there counts as work. */
  counted(destination: Destination): Destination;
  /** Gives no more places once nothing more is to be begun. */
  paced(pace: HostPace): HostPace;
  /** Something was under way when it was stopped. */
  readonly wasCut: boolean;
  /** It was stopped for no other reason. */
  isOver(error: unknown): boolean;
  end(): Promise<void>;
}

/** So often is looked whether it is to end. */
const LOOK_MS = 2_000;
/** A worker that only waits (for a host that is closed, for the next try) makes room for another shard. */
const IDLE_MS = 20_000;
/** What is under way at the end has so long to come in; in a short life half of it. */
const LAST_MS = 8_000;
/** Before its worker is cut off, for the last write of outcomes and for the message. */
const LEAVE_MS = 5_000;
/** Where a home has no end of a worker's life. */
const LONGEST_MS = 600_000;

/**
 * @param mayGoOn asked again and again: false = the batch ends
 * @param cutOffAt when the worker's life ends, which may have begun well before the shift
 */
export function beginShift(
  { clock, policy }: Pick<Ports, 'clock' | 'policy'>,
  signal: AbortSignal,
  mayGoOn: () => Promise<boolean>,
  cutOffAt: Instant,
): Shift {
  const over = new AbortController();
  const reason = new Error('the shift is over');
  const either = AbortSignal.any([signal, over.signal]);
  const startedAt = clock.now();
  const overAt = Math.min(startedAt + (policy.pieceLifeMs ?? LONGEST_MS), cutOffAt - LEAVE_MS);
  const endsAt = overAt - Math.min(LAST_MS, (overAt - startedAt) / 2);
  let atWork = 0;
  let busyAt = startedAt;
  let closing = false;
  let wasCut = false;
  // Before all else hears of it, and ends.
  const note = () => {
    wasCut = atWork > 0;
  };
  either.addEventListener('abort', note, { once: true });

  function work(): Disposable {
    atWork += 1;
    let isOpen = true;
    return {
      [Symbol.dispose]() {
        if (!isOpen) return;
        isOpen = false;
        atWork -= 1;
        busyAt = clock.now();
      },
    };
  }

  async function watch(): Promise<void> {
    for (;;) {
      await clock.sleep(LOOK_MS, either);
      const now = clock.now();
      closing ||= now >= endsAt || (atWork === 0 && now - busyAt >= IDLE_MS) || !(await mayGoOn());
      if (closing && (atWork === 0 || now >= overAt)) over.abort(reason);
    }
  }
  // Without it nothing would end the shift.
  const watching = watch().catch(() => over.abort(reason));

  async function counting<T>(run: () => Promise<T>): Promise<T> {
    using _one = work();
    return await run();
  }

  return {
    signal: either,
    get wasCut() {
      return wasCut;
    },
    connection: work,
    counted: (destination) => ({
      ...destination,
      head: async (...args) => await counting(() => destination.head(...args)),
      putObject: async (...args) => await counting(() => destination.putObject(...args)),
    }),
    paced: (pace) => ({
      denials: pace.denials,
      get servedCount() {
        return pace.servedCount;
      },
      silentMs: () => pace.silentMs(),
      closedForMs: () => pace.closedForMs(),
      async take(of) {
        const place = await pace.take(of);
        if (!closing) return place;
        // Not `done`: the host has given nothing.
        await place.failed(new PieceworkError('Interrupted', 'nothing more is begun'));
        return await new Promise<never>((_resolve, reject) => {
          of.throwIfAborted();
          of.addEventListener('abort', () => reject(of.reason), { once: true });
        });
      },
    }),
    isOver: (error) => error === reason || (over.signal.aborted && !signal.aborted),
    async end() {
      over.abort(reason);
      await watching;
    },
  };
}
