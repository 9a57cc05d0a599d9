import { expect, test } from 'vitest';
import { playFleet } from './play-fleet.ts';

// Batches on the code of the functions: messages lost, doubled, late and out of order, workers that die at any call and
// work two at a time, cancel and retry at any moment. What holds is looked at after every step (fleet-invariants.ts).

const SEEDS = 1000;
const OF_ONE_TEST = 100;

test.each(Array.from({ length: SEEDS / OF_ONE_TEST }, (_, index) => index * OF_ONE_TEST + 1))(
  `${OF_ONE_TEST} batches of a fleet from seed %i on have one right outcome for each entry`,
  async (from) => {
    const broken: string[] = [];
    for (let seed = from; seed < from + OF_ONE_TEST; seed += 1) {
      const faults = await playFleet(seed);
      if (faults.length > 0) broken.push(`seed ${seed}: ${faults.join('; ')}`);
    }
    expect(broken).toEqual([]);
  },
);
