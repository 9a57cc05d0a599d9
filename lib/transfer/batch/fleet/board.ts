import type { Instant } from '../../../values/time.ts';
import { fromIso } from '../../../values/time.ts';
import type { PieceSet } from '../../plan/piece-set.ts';
import { pieceSet, withoutPiece } from '../../plan/piece-set.ts';
import type { Counters, FailureGroup } from '../outcome.ts';

/**
 * Where the shards of a running batch are, on AWS: each waits, is in flight, is through but for its large entries, or
 * is complete. Shards stand in it as ranges, so that it stays small. It is written by compare-and-swap only.
 */
export interface Board {
  readonly v: 1;
  readonly batchId: string;
  readonly run: number;
  /** New at each write: an unsure write is settled by looking for it. */
  readonly writeId: string;
  readonly shards: number;
  /** By host, in the form that `hostOf` gives; `''`: shards with entries of several rare hosts. */
  readonly hosts: Readonly<Record<string, HostShards>>;
  /** By number. */
  readonly inFlight: Readonly<Record<string, ShardInFlight>>;
  /** Of waiting shards that were in flight before, by number. */
  readonly again?: Readonly<Record<string, ShardAgain>>;
  /** Shards that wait for large entries only, by number. */
  readonly large: Readonly<Record<string, LargeOfShard>>;
  readonly complete: PieceSet;
  /** Their workers died again and again: what is open of them fails at the end. */
  readonly lost: PieceSet;
  /** Sums over the outcomes of complete shards, added by the swap that makes them complete. */
  readonly counters: Counters;
  /** Of complete shards. */
  readonly failures: readonly FailureGroup[];
  /** ISO 8601: a shard came nearer to its end. */
  readonly movedAt: string;
  /** ISO 8601: all outcomes are there, and the report was asked for. */
  readonly reportAt?: string;
}

export interface HostShards {
  readonly waiting: PieceSet;
  /** Places that the batch holds of the host. */
  readonly places: number;
  /** ISO 8601: it asked for patience. */
  readonly closedUntil?: string;
}

export interface ShardInFlight {
  readonly host: string;
  /** Connections that its worker may have. */
  readonly places: number;
  /** One more each time it is sent. */
  readonly turn: number;
  /** ISO 8601: sent, or seen alive. */
  readonly at: string;
  /** Turns in a row whose worker was not heard of again. */
  readonly deaths?: number;
}

export interface ShardAgain {
  readonly turn: number;
  readonly deaths: number;
  /** ISO 8601: its entries wait until then, and so does it. */
  readonly restsUntil?: string;
}

export interface LargeOfShard {
  /** Without an outcome yet. */
  readonly left: number;
  /** Of these, so many are transfers, or about to be. */
  readonly open: number;
  /** ISO 8601: when they were asked for. */
  readonly at: string;
}

/** A host as a board names it where a shard is of several. */
export const MIXED = '';

/** Of a host that has none. */
export const NO_SHARDS: HostShards = { waiting: [], places: 0 };

export function flightsTo({ inFlight }: Pick<Board, 'inFlight'>, host: string): readonly ShardInFlight[] {
  return Object.values(inFlight).filter((flight) => flight.host === host);
}

export function hostsInFlight({ inFlight }: Pick<Board, 'inFlight'>): ReadonlySet<string> {
  return new Set(Object.values(inFlight).map(({ host }) => host));
}

/** Of those that the batch holds of the host. */
export function placesInUse(board: Pick<Board, 'inFlight'>, host: string): number {
  return flightsTo(board, host).reduce((sum, { places }) => sum + places, 0);
}

/** Shards of the host that wait and could be sent now. */
export function readyShards(
  { hosts, again = {} }: Pick<Board, 'hosts' | 'again'>,
  host: string,
  now: Instant,
): PieceSet {
  const { waiting } = hosts[host] ?? NO_SHARDS;
  const resting = Object.entries(again).filter(
    ([, { restsUntil }]) => restsUntil !== undefined && fromIso(restsUntil) > now,
  );
  return resting.reduce<PieceSet>((ready, [shard]) => withoutPiece(ready, Number(shard)), waiting);
}

export function newBoard(
  batch: { readonly id: string; readonly run: number },
  hosts: readonly (readonly [host: string, shards: readonly number[]])[],
  shards: number,
  { complete, counters, failures }: Pick<Board, 'complete' | 'counters' | 'failures'>,
  at: string,
): Omit<Board, 'writeId'> {
  const waiting = hosts.filter(([, numbers]) => numbers.length > 0);
  return {
    v: 1,
    batchId: batch.id,
    run: batch.run,
    shards,
    hosts: Object.fromEntries(waiting.map(([host, numbers]) => [host, { waiting: pieceSet(0, numbers), places: 0 }])),
    inFlight: {},
    large: {},
    lost: [],
    complete,
    counters,
    failures,
    movedAt: at,
  };
}
