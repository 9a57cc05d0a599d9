import type { ShardSeen } from './seen.ts';

/** What came in, and what was read of the world for it. */
export interface BatchFacts {
  /** Shards whose outcomes were looked at, by number. */
  readonly seen: ReadonlyMap<number, ShardSeen>;
  /** Turns that a worker gave back, by shard. */
  readonly givenBack: ReadonlyMap<number, number>;
  /** Turns whose task became a dead letter, by shard. */
  readonly dead: ReadonlyMap<number, number>;
}

export interface BatchPolicy {
  /** A shard in flight that is not heard of for so long is sent again; longer each time. */
  readonly quietMs: number;
  readonly quietCapMs: number;
  /** A report that is not heard of for so long is asked for again. */
  readonly reportMs: number;
}

/** To be done once the board is stored. */
export type BatchCommand =
  | { readonly kind: 'submitLarge'; readonly shard: number; readonly most: number }
  | { readonly kind: 'report' };
