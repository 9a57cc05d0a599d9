import type { ErrorRecord } from '../../errors/error.ts';
import type { DigestAlgorithm } from '../digests.ts';
import type { ShownHooks } from '../hooks.ts';
import type { DestinationLocator } from '../locators.ts';
import type { IfExists, ObjectSettings, TransferOptions } from '../request.ts';
import type { Counters, FailureGroup } from './outcome.ts';
import type { StopRules } from './stop-rules.ts';

/**
 * `accepted`: its list is not read yet, or its next run is being made. `running` until each entry has its outcome and
 * the report is written.
 */
export const BATCH_STATUSES = ['accepted', 'running', 'completed', 'failed', 'cancelled'] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** One list and one folder or prefix. Holds no secret, and nothing that grows with the number of entries. */
export interface BatchRecord {
  readonly v: 1;
  /** A ULID. */
  readonly id: string;
  /** The principal that submitted it. @default this machine's user */
  readonly owner?: string;
  /** The principal that asked for this run, or for the cancel. Absent in the run of the submit, and on one machine. */
  readonly actedBy?: string;
  /** A W3C `traceparent`: the span of the request that asked for it, under which all spans of it are. */
  readonly trace?: string;
  /** One more with each retry. @default 1 */
  readonly run?: number;
  readonly status: BatchStatus;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601: when this run was asked for. @default `createdAt` */
  readonly runAt?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
  /** As it was written; without secrets. */
  readonly destination: string;
  /** A name at the destination that stands for all of it: its lock lies under that. On AWS it is the prefix itself. */
  readonly place: DestinationLocator;
  readonly list: BatchList;
  /** On AWS: nothing was under the prefix when the list was read. @default unknown */
  readonly isPlaceEmpty?: true;
  readonly options: BatchOptions;
  /** Who is notified of its end; whole, they are sealed. Of a deployment and of a server. */
  readonly hooks?: ShownHooks;
  /** Where the report is, once it is written. */
  readonly report?: string;
  /** Where it is to go: false = none is wanted. @default a name of its own at the destination */
  readonly reportTo?: string | false;
  /** Why it is being ended before its end: what has no outcome gets one. The first reason stands. */
  readonly ending?: BatchEnding;
  /** Why it ended before its end. */
  readonly reason?: ErrorRecord;
  /** Sums over all outcomes, taken when it ended. */
  readonly counters?: Counters;
  /** Bytes of them that have counted for a day of its owner, at ends of earlier runs. Only where there are quotas. */
  readonly spentBytes?: number;
  /** Failures by their cause, taken with the counters; the most frequent first. */
  readonly failures?: readonly FailureGroup[];
  /** ISO 8601. */
  readonly endedAt?: string;
  /** ISO 8601, on AWS: until then what failed can be run again; after it the sealed entries are gone. */
  readonly heldUntil?: string;
  /** The end was announced. */
  readonly announced?: boolean;
  /** New at each write: an unsure write is settled by looking for it. On one machine a lock takes its place. */
  readonly writeId?: string;
}

export interface BatchEnding {
  readonly reason: ErrorRecord;
  /** Who asked for the cancel. */
  readonly actedBy?: string;
}

export interface BatchList {
  /** Redacted. */
  readonly from: string;
  /** On one machine: the path of its file from the root, which means the same in every folder. */
  readonly path?: string;
  /** How it was read; before that, as it was said to be. */
  readonly format: string;
  /** Of its bytes, hex; of those that were read, where `limit` ended it. Empty before it is read. */
  readonly sha256: string;
  /**
   * Of its entries as they were taken: names, sources without their secrets, expectations. The same entries are the
   * same batch, also where links were signed anew.
   */
  readonly entriesSha256: string;
  /** Lines that are entries, and those that are none. */
  readonly entries: number;
  readonly shards: number;
  /** On AWS, which reading of the list its shards are of: one that was cut off leaves others behind. */
  readonly readingId?: string;
  /** On AWS: what was passed over in it, sentences without secrets. Absent = nothing was. */
  readonly notes?: readonly string[];
}

export type LargeOptions = Partial<
  Pick<TransferOptions, 'pieceSizeBytes' | 'onSourceChange' | 'serverSideCopy' | 'deadlineMs' | 'holdMs'>
>;

/** What holds for each entry. */
export interface BatchOptions extends StopRules {
  readonly ifExists: IfExists;
  /** Tries of one entry, of all its mirrors together. */
  readonly maxAttempts: number;
  /** Digests of each entry, in its outcome and in a list at the destination. @default none */
  readonly checksums?: readonly DigestAlgorithm[];
  /** What was changed less long ago is taken later, or not at all. @default any age */
  readonly minAgeMs?: number;
  /** @default false */
  readonly strict?: boolean;
  readonly object: ObjectSettings;
  /** Of entries that are transfers of their own, on one machine. @default those of every transfer */
  readonly large?: LargeOptions;
  /** Requests to one host at a time. @default what the host bears */
  readonly perHost?: number;
  /** Requests to one host begun in a minute. @default any number */
  readonly perHostPerMinute?: number;
  /** Connections in all, on one machine. */
  readonly parallelism?: number;
  /** Waits for a host that asks for patience and gives no byte. */
  readonly maxWaitMs?: number;
}

/** From 1. */
export function runOf({ run = 1 }: Pick<BatchRecord, 'run'>): number {
  return run;
}

export function isBatchOver({ status }: Pick<BatchRecord, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Stands in for a record that a submit never wrote. */
export function isBatchTombstone({ status, reason }: BatchRecord): boolean {
  return status === 'failed' && reason?.code === 'SubmitAbandoned';
}
