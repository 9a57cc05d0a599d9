import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';

// Some thousands of what `npm run fuzz` does with a million. The seeds stand here, so that a change is judged by what
// it changes; each run of `npm run fuzz` takes another.

const SOME = 6_000;

test.each([1, 2])('nothing that comes from outside crashes, hangs or pollutes (seed %i)', async (seed) => {
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
