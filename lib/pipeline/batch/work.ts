import { hostOf } from '../../records/records.ts';
import type { TryLimits } from '../../transfer/batch/again.ts';
import type { BatchRecord } from '../../transfer/batch/batch-record.ts';
import type { BatchEntry } from '../../transfer/batch/entry.ts';
import type { LargeEntry, Outcome } from '../../transfer/batch/outcome.ts';
import type { BatchPorts } from './batch-ports.ts';
import type { HostPace, PaceLimits } from './host-pace.ts';
import { hostPace } from './host-pace.ts';

/** What the shards of one batch share while they are worked on. */
export interface BatchWork {
  readonly ports: BatchPorts;
  readonly batch: BatchRecord;
  readonly limits: TryLimits;
  /** Entries of one shard that are under way at a time, most of them waiting for their place or for the store. */
  readonly lanes: number;
  /** Of the URL's host; the same for all shards. */
  paceOf(url: string): HostPace;
  /** Nothing was at the destination when the batch began. @default unknown: each entry is asked for there */
  readonly isPlaceEmpty?: boolean;
  /** An earlier run of it may have been killed at puts, and left what they had written. @default false */
  readonly mayHaveParts?: boolean;
  /** A round for what was put off: what has an outcome keeps it. @default false */
  readonly isFurther?: boolean;
  /**
   * An entry of a shard is too young: it may be taken so much later, and gets no outcome now. False = it has failed.
   * @default each has
   */
  putOff?(shard: number, afterMs: number): boolean;
  /** What is too young is tried again by the worker of its shard. @default false: see `putOff` */
  readonly waitsForAge?: boolean;
  /** The entry with what is known of it elsewhere: the digest of its checksum file. @default as it is in the list */
  proved?(entry: BatchEntry, signal: AbortSignal): Promise<BatchEntry>;
  /** An entry is asked for now. */
  started?(entry: BatchEntry): void;
  /** What is too large for one buffer is left to others, as a transfer. @default it is brought by this worker */
  asTransfer?(entry: BatchEntry, mirror: number): LargeEntry;
  /** Outcomes are written at most so often. @default 3 s */
  readonly checkpointMs?: number;
  /** An outcome of an earlier run that still counts. */
  known(outcome: Outcome): void;
  /** An outcome of this run. */
  came(outcome: Outcome): void;
}

/** Each host has one pace, made when it is first asked. */
export function paces(ports: BatchPorts, limits: PaceLimits): (url: string) => HostPace {
  const byHost = new Map<string, HostPace>();
  return (url) => {
    const host = hostOf(url);
    const pace = byHost.get(host) ?? hostPace(ports, url, limits);
    byHost.set(host, pace);
    return pace;
  };
}
