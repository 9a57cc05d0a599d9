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
    find: "        if ((await mergeWithTheirs()) === 'ours') return;",
    replace: '        return;',
  },
  {
    name: 'a batch that goes on repeats what is done',
    file: 'lib/pipeline/batch/shard-outcomes.ts',
    find: 'new Map(earlier.map((outcome) => [outcome.entry, outcome]))',
    replace: 'new Map(earlier.slice(earlier.length).map((outcome) => [outcome.entry, outcome]))',
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
    find: 'Math.max(1, Math.min(limits.places, ceiling?.connections ?? limits.places, share ?? limits.places))',
    replace: 'Math.max(100, ceiling?.connections ?? limits.places)',
  },
  {
    name: 'what may pass is final in a batch',
    file: 'lib/transfer/batch/again.ts',
    find: 'if (failures >= limits.maxAttempts)',
    replace: 'if (failures >= 1)',
  },
  {
    name: 'a worker of a fleet forgets which entries are large',
    file: 'lib/pipeline/batch/shard-outcomes.ts',
    find: '...(open.length === 0 ? {} : { large: open })',
    replace: '...(open.length === 0 ? {} : { large: open.slice(1) })',
  },
  {
    name: 'a fleet counts the outcomes of a shard each time that it is seen',
    file: 'lib/transfer/batch/fleet/decide-batch.ts',
    find: 'if (seen.run !== board.run || hasPiece(board.complete, shard)) continue;',
    replace: 'if (seen.run !== board.run) continue;',
  },
  {
    name: 'a fleet ends a batch before its last large entry',
    file: 'lib/transfer/batch/fleet/decide-batch.ts',
    find: 'Object.keys(board.large).length === 0 &&',
    replace: 'Object.keys(board.large).length >= 0 &&',
  },
  {
    name: 'a fleet ignores the places of a host',
    file: 'lib/transfer/batch/fleet/decide-batch.ts',
    find: 'return Math.min(PLACES_OF_SHARD, places - placesInUse(board, host));',
    replace: 'return Math.max(PLACES_OF_SHARD, places - placesInUse(board, host));',
  },
];
