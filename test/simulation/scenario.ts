import type { Destination } from '../../lib/destinations/destination.ts';
import type { LoadPolicy } from '../../lib/transfer/loads/shape.ts';
import type { DestinationLocator } from '../../lib/transfer/locators.ts';
import type { Features, Limits } from '../../lib/transfer/plan/limits.ts';
import type { Status } from '../../lib/transfer/record/record.ts';
import type { TransferOptions } from '../../lib/transfer/request.ts';
import type { Denial } from './denials.ts';
import type { FaultRates } from './faults.ts';
import type { SimOrigin } from './sim-source.ts';

/**
 * One adverse history in outline, drawn from a seed: what is asked for, what the world is like,
 * and what goes wrong how often.
 */
export interface Scenario {
  readonly destination: {
    readonly kind: 's3' | 'file';
    readonly limits: Limits;
    readonly features: Features;
    readonly proof: Destination['proof']['kind'];
    /** The store copies its own objects by itself. */
    readonly copies?: { readonly pinsSource: boolean };
  };
  readonly orders: readonly Order[];
  readonly rates: FaultRates;
  readonly denial?: Denial;
  readonly intruder?: Intruder;
  /** From then on nothing goes wrong any more, so that everything must come to its end. */
  readonly faultsUntilMs: number;
  /** While a queue is frozen nothing is received from it: a backlog. */
  readonly frozen: readonly {
    readonly queue: 'planner' | 'fetcher' | 'finalizer';
    readonly fromMs: number;
    readonly untilMs: number;
  }[];
  readonly workers: { readonly planner: number; readonly fetcher: number; readonly finalizer: number };
  readonly windows: { readonly bytes: number; readonly count: number };
  readonly singleMaxBytes: number;
  /** Places of one transfer: they vary, as when the host bears less or more transfers share it. */
  readonly places: { readonly first: number; readonly second: number; readonly changeMs: number };
  /** As one machine has them, in place of those. */
  readonly placesPerWorker?: number;
  /** How pieces are put together for one worker. */
  readonly loads?: LoadPolicy;
  /** Connections that the host bears, where there is a ceiling. */
  readonly hostCeiling?: number;
  /**
   * Each process may do everything, as on one machine; else only planners and fetchers read what is
   * sealed, and only finalizers clean up.
   */
  readonly hasRights: boolean;
  readonly tickMs: number;
  readonly maxReceives: number;
  /** A caller whose submit did not succeed repeats it within this. */
  readonly patienceMs: number;
}

/** Another writer with rights on the bucket, which writes over what is staged there. */
export interface Intruder {
  /** How often it does so before a request to a staged object arrives, and while it is read. */
  readonly rate: number;
  /** Every version of an object is kept. */
  readonly hasVersions: boolean;
}

/** What one caller wants, and what he does about it later. */
export interface Order {
  readonly origin: SimOrigin;
  readonly target: DestinationLocator;
  readonly options: TransferOptions;
  /** What stands at the destination before. */
  readonly before: 'nothing' | 'foreign' | 'same';
  readonly idempotent: boolean;
  readonly acts: readonly Act[];
  /** Nothing that the world does to this order may keep it from completing. */
  readonly mustComplete: boolean;
}

export interface Act {
  readonly kind: 'submit' | 'cancel' | 'retry';
  /**
   * From the beginning, or from when the transfer comes to this status: the first act at the first
   * time, the second at the second.
   */
  readonly atMs: number;
  readonly on?: Status;
  /** A retry may give the source again, or rely on the sealed one. */
  readonly givesSource: boolean;
}
