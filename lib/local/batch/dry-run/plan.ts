import type { ErrorRecord } from '../../../errors/error.ts';
import type { FailureGroup } from '../../../transfer/batch/outcome.ts';
import { PRICES } from '../../../transfer/cost/prices.ts';

/** What a batch would do, by one question for each entry; nothing was written, here or anywhere. */
export interface BatchPlan {
  readonly destination: string;
  readonly format: string;
  readonly entries: number;
  /** What the source has, and the destination has not. */
  readonly toBring: Amount;
  /** What is there already, in the version that the source has, or with the digest of the list. */
  readonly unchanged: Amount;
  /** What could not be fetched, or is no entry. */
  readonly failed: number;
  /** Entries among those, with a name that another one has: a batch would not begin. */
  readonly collisions: number;
  /** Failures by their cause, the most frequent first. */
  readonly failures: readonly FailureGroup[];
  /** Those with the most entries first. */
  readonly hosts: readonly PlannedHost[];
  /** How long it would take at the pace of these answers and the speed of the samples. Absent = nothing to bring. */
  readonly expectedMs?: number;
  /** Of a store that counts requests. */
  readonly store?: StoreRequests;
  /** Why the destination would not take it. */
  readonly problem?: ErrorRecord;
}

export interface Amount {
  readonly entries: number;
  /** Of those whose size is known. */
  readonly bytes: number;
  readonly unknownSizes: number;
}

export interface PlannedHost {
  readonly host: string;
  readonly toBring: Amount;
  readonly failed: number;
  /** How many requests it is asked at a time. */
  readonly places: number;
  /** From a question to its answer, on average. */
  readonly answerMs?: number;
  /** Of one connection, by samples of what is to be brought. */
  readonly bytesPerSecond?: number;
}

export interface StoreRequests {
  /** PUT, and what a multipart upload is made of. */
  readonly writes: number;
  readonly reads: number;
  /** At the list prices of S3 Standard in us-east-1. */
  readonly dollars: number;
}

export function dollarsOf({ writes, reads }: Omit<StoreRequests, 'dollars'>): number {
  return writes * PRICES.s3Write + reads * PRICES.s3Read;
}
