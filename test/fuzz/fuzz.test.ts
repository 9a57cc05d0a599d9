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

test.each([
  ['planted-crash', 'TypeError: planted'],
  ['planted-pollution', 'prototype pollution'],
  ['planted-hang', 'it hangs'],
])('%s is found, with the command that runs it again', async (only, because) => {
  expect(await fuzz({ inputs: 100, seed: 1, only, stuckMs: 20_000 })).toEqual([
    {
      subject: only,
      because: expect.stringContaining(because),
      input: expect.any(String),
      replay: expect.stringMatching(new RegExp(`^npm run fuzz -- --subject ${only} --seed 1 --path \\d`)),
    },
  ]);
});
