import type { ShardIndex } from './run-shards.ts';
import { runShards } from './run-shards.ts';
import type { BatchWork } from './work.ts';

/**
 * Works on all shards, and then, round after round, on what was put off until it is old enough. A file that still is
 * too young in the last round, or would be waited for too long, has failed.
 * Rejects as `runShards` does.
 */
export async function runRounds(work: BatchWork, shards: readonly ShardIndex[], signal: AbortSignal): Promise<void> {
  const { maxAttempts, maxWaitMs } = work.limits;
  let round = 1;
  let dueAt = 0;
  let putOff = new Set<number>();

  const working: BatchWork = {
    ...work,
    get isFurther() {
      return round > 1;
    },
    putOff(shard, afterMs) {
      if (round >= maxAttempts || afterMs > maxWaitMs) return false;
      putOff.add(shard);
      dueAt = Math.max(dueAt, work.ports.clock.now() + afterMs);
      return true;
    },
  };
  await runShards(working, shards, signal);
  while (putOff.size > 0) {
    const again = shards.filter(({ number }) => putOff.has(number));
    round += 1;
    putOff = new Set();
    await work.ports.clock.sleep(Math.max(0, dueAt - work.ports.clock.now()), signal);
    await runShards(working, again, signal);
  }
}
