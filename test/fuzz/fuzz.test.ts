import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';

// Some thousands of what `npm run fuzz` does with a million: always the same, and each time others.

const SOME = 6_000;

test.each([
  ['the same as always', 1],
  ['others', Date.now() % 1_000_000_000],
])('nothing that comes from outside crashes, hangs or pollutes: %s (seed %i)', async (_, seed) => {
  expect(await fuzz({ inputs: SOME, seed })).toEqual([]);
});
