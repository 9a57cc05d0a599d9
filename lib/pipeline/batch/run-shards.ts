import { runShard } from './run-shard.ts';
import type { BatchWork } from './work.ts';

/** Which shards there are, where each begins, and of which host it is. */
export interface ShardIndex {
  readonly number: number;
  /** Of its entries, the lowest number. */
  readonly first: number;
  readonly host?: string;
}

export interface ShardPlaces {
  /** Worked on at a time. */
  readonly most: number;
  /** Of one host: with two of them, one is at work while the other ends. */
  readonly perHost: number;
}

const SHARD_PLACES: ShardPlaces = { most: 8, perHost: 2 };

/**
 * Works on all shards, some at a time: a host that asks for patience holds up its own shards only.
 * Rejects with the first reason once all have stopped.
 */
export async function runShards(
  work: BatchWork,
  shards: readonly ShardIndex[],
  signal: AbortSignal,
  { most, perHost }: ShardPlaces = SHARD_PLACES,
): Promise<void> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const waiting = byHost(shards);
  const atWork = new Map<string, number>();
  const running = new Set<Promise<void>>();

  function next(): { readonly host: string; readonly shard: ShardIndex } | undefined {
    for (const [host, queue] of waiting) {
      const shard = queue[0];
      if (shard === undefined || (atWork.get(host) ?? 0) >= perHost) continue;
      queue.shift();
      // Its turn comes again when all others have had theirs.
      waiting.delete(host);
      if (queue.length > 0) waiting.set(host, queue);
      return { host, shard };
    }
    return undefined;
  }

  async function run(host: string, { number }: ShardIndex): Promise<void> {
    atWork.set(host, (atWork.get(host) ?? 0) + 1);
    try {
      await runShard(work, number, either);
    } catch (error) {
      failing.abort(error);
      throw error;
    } finally {
      atWork.set(host, (atWork.get(host) ?? 1) - 1);
    }
  }

  for (;;) {
    while (running.size < most && !either.aborted) {
      const found = next();
      if (found === undefined) break;
      const one = run(found.host, found.shard).finally(() => running.delete(one));
      running.add(one);
      one.catch(() => {});
    }
    if (running.size === 0) break;
    await Promise.race([...running].map((one) => one.catch(() => {})));
  }
  either.throwIfAborted();
}

/** The queue of those that can be begun, in their order. */
function byHost(shards: readonly ShardIndex[]): Map<string, ShardIndex[]> {
  const queues = new Map<string, ShardIndex[]>();
  for (const shard of shards) {
    const host = shard.host ?? '';
    const queue = queues.get(host);
    if (queue === undefined) queues.set(host, [shard]);
    else queue.push(shard);
  }
  return queues;
}
