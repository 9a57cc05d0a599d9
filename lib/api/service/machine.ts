import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import type { Sums } from '../../transfer/batch/sums.ts';
import type { TransferRecord } from '../../transfer/record/record.ts';
import type { Batch } from '../schemas/batches/answers.ts';
import type { LimitsBody } from '../schemas/limits.ts';
import type { Feature, Service } from '../schemas/service.ts';
import type { Transfer } from '../schemas/transfer.ts';

/** Where a transfer stands among the others of a machine. */
export type Standing = Pick<Transfer, 'paused' | 'priority' | 'waitingPosition'>;

/** What may be said of a transfer with its submit. */
export interface Preferred {
  readonly paused?: boolean | undefined;
  readonly priority?: number | undefined;
  /** With what an unfinished transfer of the same source to the same place has brought. @default false */
  readonly goOn?: boolean | undefined;
}

/** Where it is to stand. */
export interface Arrangement {
  readonly priority?: number | undefined;
  readonly position?: 'first' | 'last' | undefined;
}

/** What a machine has besides the use cases: one queue, and the limits of one process. */
export interface Machine {
  readonly features: readonly Feature[];
  look(): Required<Pick<Service, 'startedAt' | 'paused' | 'counts' | 'limits'>>;
  /** Nothing is said of what has ended. */
  standingOf(record: TransferRecord): Standing;
  /**
   * Each of these answers when it is stored, and does not wait for pieces that are under way.
   * @throws PieceworkError `TransferNotFound`, `TransferEnded`; `Conflict` where another process works on it.
   */
  pause(transferId: string): Promise<TransferRecord>;
  /** @throws PieceworkError also `SourceNeeded`, `DestinationLocked`. */
  resume(transferId: string): Promise<TransferRecord>;
  arrange(transferId: string, arrangement: Arrangement): Promise<TransferRecord>;
  /**
   * Holds within a second, and over restarts.
   * @throws PieceworkError `InvalidOption`.
   */
  limit(values: LimitsBody): Promise<void>;
  /** Where it stands, and, while it is worked on, its sums. Nothing is said of what has ended. */
  standingOfBatch(record: BatchRecord): Pick<Batch, 'paused' | 'priority' | 'waitingPosition' | 'counters'>;
  /** While it is worked on: they are ahead of what is written. */
  sumsOfBatch(batchId: string): (Sums & { readonly openLarge: number }) | undefined;
  /** @throws PieceworkError `BatchNotFound`, `BatchEnded`; `Conflict` where another process works on it. */
  pauseBatch(batchId: string): Promise<BatchRecord>;
  /** @throws PieceworkError also `DestinationLocked`. */
  resumeBatch(batchId: string): Promise<BatchRecord>;
  arrangeBatch(batchId: string, arrangement: Arrangement): Promise<BatchRecord>;
  pauseAll(): Promise<void>;
  resumeAll(): Promise<void>;
}
