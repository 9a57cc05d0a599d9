import { PieceworkError } from '../../errors/error.ts';
import type { RateTimetable } from '../../values/rate-timetable.ts';
import { parseRateTimetable } from '../../values/rate-timetable.ts';
import { stated } from '../../values/stated.ts';
import { IN_ALL, PER_HOST } from '../engine/connections.ts';
import type { Engine, EngineLimits } from '../engine/engine.ts';
import type { RateLimit } from '../sources/limit-rate.ts';

/** What bounds all that runs in one process, as it was given. */
export interface LimitValues {
  readonly running?: number;
  readonly connections?: number;
  readonly perHost?: number;
  /** Bytes per second, or a timetable; `off` = none. */
  readonly limitRate?: string;
}

/** What bounds all that runs in one process. */
export interface Limits {
  /** As they stand, with their defaults. */
  look(): Required<LimitValues> & { readonly rateNowBytesPerSecond?: number };
  /** As they were given; absent = the default. */
  readonly given: LimitValues;
  /**
   * From now on: within a second, also for what waits.
   * @throws PieceworkError `InvalidOption`: the rate is none.
   */
  change(values: LimitValues): void;
}

/** Transfers side by side, where nothing else is said. */
const RUNNING = 16;

export function engineLimits({ running = RUNNING, connections, perHost }: LimitValues): EngineLimits {
  return { running, connections, perHost };
}

export function homeLimits(
  atFirst: LimitValues,
  { engine, rate }: { readonly engine: Pick<Engine, 'allow'>; readonly rate: RateLimit },
): Limits {
  let given = atFirst;
  return {
    get given() {
      return given;
    },
    look() {
      const { running = RUNNING, connections = IN_ALL, perHost = PER_HOST, limitRate = 'off' } = given;
      return { running, connections, perHost, limitRate, ...stated({ rateNowBytesPerSecond: rate.bytesPerSecond }) };
    },
    change(values) {
      const timetable = timetableOf(values.limitRate);
      given = { ...given, ...stated({ ...values }) };
      engine.allow(engineLimits(given));
      if (values.limitRate !== undefined) rate.change(timetable);
    },
  };
}

/** @throws PieceworkError `InvalidOption`. */
export function timetableOf(limitRate: string | number | undefined): RateTimetable | undefined {
  if (limitRate === undefined) return undefined;
  const timetable = parseRateTimetable(String(limitRate));
  if (timetable !== undefined) return timetable;
  throw new PieceworkError(
    'InvalidOption',
    'limitRate: is to be bytes per second such as 10MiB, or a timetable such as 8:00=10MiB,18:00=off',
  );
}
