import type { BatchRecord } from '../transfer/batch/batch-record.ts';
import type { Board } from '../transfer/batch/fleet/board.ts';
import type { ShardOutcomes } from '../transfer/batch/outcome.ts';
import type { Sharers } from '../transfer/decide/sharing/sharer.ts';
import type { TransferRecord } from '../transfer/record/record.ts';
import { ownerName } from '../values/text/owner-name.ts';

/** Names one stored thing and its type; `path` is made of `[A-Za-z0-9._=-]` and `/`. */
export interface RecordKey<T> {
  readonly path: string;
  /** Only its type is used. */
  readonly type?: T;
  /** It is created and deleted, never changed, and to create it twice does no harm: a store needs no lock for it. */
  readonly once?: true;
}

/** Opaque; equal only if nothing was written in between. */
export type Version = string;

/** Small JSON documents with compare-and-swap: S3 with conditional writes, a folder with exclusive links, or memory. */
export interface Records {
  /**
   * `undefined` = nothing there.
   * @throws PieceworkError `RecordCorrupt` when what is there can't be read; it was set aside.
   */
  get<T>(key: RecordKey<T>): Promise<{ readonly value: T; readonly version: Version } | undefined>;
  /**
   * @throws PieceworkError `Conflict` when the key is not as `on` says. Other errors leave
   * it open whether it was written.
   */
  put<T>(key: RecordKey<T>, value: T, on: 'absent' | Version): Promise<Version>;
  /** Paths under the prefix, ascending, a page at a time. */
  list(prefix: string, cursor?: string): Promise<{ readonly paths: readonly string[]; readonly cursor?: string }>;
  /** No error when it is already gone. */
  delete(key: RecordKey<unknown>): Promise<void>;
}

export const KEYS = {
  transfer: (id: string): RecordKey<TransferRecord> => ({ path: `transfers/${id}.json` }),
  /** Work remains: created before the record, deleted last. */
  active: (id: string, run: number): RecordKey<ActiveMarker> => ({ path: `active/${id}/${run}`, once: true }),
  /** It failed or was cancelled, once at least: so few are found among many that completed. Says nothing of it now. */
  notCompleted: (id: string): RecordKey<ActiveMarker> => ({ path: `not-completed/${id}.json`, once: true }),
  idempotency: (hash: string): RecordKey<IdempotencyEntry> => ({ path: `keys/${hash}` }),
  /** `host` in the form that `hostOf` gives. */
  host: (host: string): RecordKey<HostEntry> => ({ path: `hosts/${host}.json` }),
  batch: (id: string): RecordKey<BatchRecord> => ({ path: `batches/${id}.json` }),
  /** What became of a shard's entries, as far as it has come. */
  outcomes: (batchId: string, shard: number): RecordKey<ShardOutcomes> => ({
    path: `outcomes/${batchId}/${shard}.json`,
  }),
  /** What the outcomes of all its shards lie under. */
  outcomesOf: (batchId: string): string => `outcomes/${batchId}/`,
  /** On AWS: where its shards are. */
  board: (batchId: string): RecordKey<Board> => ({ path: `boards/${batchId}.json` }),
  /** On AWS: which shards there are. */
  shardIndex: (batchId: string, readingId: string): RecordKey<StoredShardIndex> => ({
    path: `boards/${batchId}/${readingId}.json`,
  }),
  /** Work remains: created before the batch, deleted last. */
  activeBatch: (id: string, run: number): RecordKey<ActiveMarker> => ({
    path: `active-batches/${id}/${run}`,
    once: true,
  }),
  /** On AWS, while an operator has the deployment paused. */
  pause: { path: 'ops/pause.json' } as RecordKey<PauseNote>,
  /** One of the places for requests that wait for a change. */
  wait: (place: number): RecordKey<WaitEntry> => ({ path: `waits/${place}.json` }),
  /** One of the owner's is open: written before anything else of it. Only where there are quotas. */
  open: (owner: string, id: string, run: number): RecordKey<ActiveMarker> => ({
    path: `open/${ownerName(owner)}/${id}.${run}`,
    once: true,
  }),
  openOf: (owner: string): string => `open/${ownerName(owner)}/`,
  /** A part of what an owner has brought on a day (`2026-11-30`, UTC). */
  spent: (owner: string, day: string, part: number): RecordKey<SpentEntry> => ({
    path: `spent/${ownerName(owner)}/${day}/${part}.json`,
  }),
  batchIdempotency: (hash: string): RecordKey<IdempotencyEntry> => ({ path: `keys/batches-${hash}` }),
} as const;

/** A request waits there until then. */
export interface WaitEntry {
  readonly v: 1;
  /** ISO 8601. */
  readonly until: string;
}

export interface SpentEntry {
  readonly v: 1;
  readonly bytes: number;
  /** Names of what was counted last. */
  readonly lately: readonly string[];
  readonly writeId?: string;
}

export interface ActiveMarker {
  readonly v: 1;
  /** ISO 8601. */
  readonly at: string;
}

/** Shard by shard from 1: the lowest entry of each, and which of `hosts` it is of; -1: of several. */
export interface StoredShardIndex {
  readonly v: 1;
  readonly firsts: readonly number[];
  readonly hosts: readonly string[];
  readonly hostOf: readonly number[];
}

/** For those who look at a deployment: what is switched off, AWS itself says. */
export interface PauseNote {
  readonly v: 1;
  /** ISO 8601. */
  readonly since: string;
  /** In the operator's words. */
  readonly because?: string;
}

export interface IdempotencyEntry {
  readonly v: 1;
  /** Or of the batch. */
  readonly transferId: string;
  readonly requestHash: string;
}

/** What was learned of a source's host, for all its transfers. */
export interface HostEntry {
  readonly v: 1;
  /** ISO 8601: it asked all callers to wait until then. */
  readonly closedUntil?: string;
  /** Connections that it bears, once that was learned. */
  readonly ceiling?: number;
  /** How it came to that (see lib/transfer/decide/ceiling.ts); `since` is ISO 8601. */
  readonly learned?: { readonly since: string; readonly patience: number; readonly crept: boolean };
  /** What one connection gave its pieces lately; `at` is ISO 8601. */
  readonly pace?: { readonly bytesPerSecond: number; readonly at: string };
  /** Who shares its connections (see lib/transfer/decide/sharing). */
  readonly sharers?: Sharers;
  /** In older entries: who shared them, each up to its deadline. Not read any more, and gone at the next write. */
  readonly transfers?: Readonly<Record<string, string>>;
}

/** The host of a URL as a path: `example.com`, `example.com=8443`, `=5B::1=5D`; `none` where there is no host. */
export function hostOf(url: string): string {
  const host = URL.parse(url)?.host ?? '';
  return host === ''
    ? 'none'
    : host.replace(/[^A-Za-z0-9.-]/g, (char) =>
        char === ':' ? '=' : `=${char.charCodeAt(0).toString(16).toUpperCase()}`,
      );
}
