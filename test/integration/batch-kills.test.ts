import { expect, test } from 'vitest';
import { playBatch } from '../reliability/batch/play.ts';
import { seeded } from '../reliability/seeded.ts';

/** `npm run rounds:batch` plays the same with 70,000 entries and ten kills. */
test('a batch of the real command line that is killed three times has one right outcome for each entry', async () => {
  const plan = { small: 2000, large: 20, failsEvery: 100, growsEvery: 20 };
  const { entries, requests, faults } = await playBatch(plan, 3, seeded(20_261_129));
  expect(faults).toEqual([]);
  expect(entries).toBe(2020);
  // At most what was on its way at each kill, and what came since the last checkpoint, is asked for again.
  expect(requests[0]).toBeLessThan(3 * entries);
}, 300_000);
