import type { Mutation } from './mutation.ts';

/** What would break an invariant of batches (docs/batches.md). */
export const BATCH_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a checkpoint of a batch forgets an outcome',
    file: 'lib/pipeline/batch/shard-outcomes.ts',
    find: '{ v: 1, shard, outcomes: [...byEntry.values()] }',
    replace: '{ v: 1, shard, outcomes: [...byEntry.values()].slice(1) }',
  },
  {
    name: 'a worker of a batch trusts a swap that it lost',
    file: 'lib/pipeline/batch/shard-outcomes.ts',
    find: '          await mergeWithTheirs();',
    replace: '          return;',
  },
  {
    name: 'a batch that goes on repeats what is done',
    file: 'lib/pipeline/batch/run-shard.ts',
    find: 'listed.filter(({ number }) => !has.has(number))',
    replace: 'listed.filter(({ number }) => number > 0)',
  },
  {
    name: 'a batch ends before its last shard',
    file: 'lib/pipeline/batch/run-shards.ts',
    find: 'const waiting = byHost(shards);',
    replace: 'const waiting = byHost(shards.slice(0, Math.max(1, shards.length - 1)));',
  },
  {
    name: 'a batch ignores the places of a host',
    file: 'lib/pipeline/batch/host-pace.ts',
    find: 'Math.max(1, Math.min(limits.places, ceiling?.connections ?? limits.places))',
    replace: 'Math.max(100, ceiling?.connections ?? limits.places)',
  },
  {
    name: 'what may pass is final in a batch',
    file: 'lib/transfer/batch/again.ts',
    find: 'if (failures >= limits.maxAttempts)',
    replace: 'if (failures >= 1)',
  },
];
