import { expect, test } from 'vitest';
import { playBatch } from './play-batch.ts';

// Batches whose processes are killed at any call, and worked on by two at a time: by invariants 1, 2 and 5 of a batch
// every entry has exactly one outcome, its bytes are right, and what has an outcome is not asked for again.

const SEEDS = 1000;

test(`${SEEDS} batches, killed again and again, have one right outcome for each entry`, async () => {
  const broken: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const faults = await playBatch(seed);
    if (faults.length > 0) broken.push(`seed ${seed}: ${faults.join('; ')}`);
  }
  expect(broken).toEqual([]);
});
