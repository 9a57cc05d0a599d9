import { describe, expect, it } from 'vitest';
import { runHistory } from './history.ts';
import { REGRESSION_SEEDS } from './regression-seeds.ts';

/** A failing seed replays exactly: `npm run simulate -- --seed S --trace`. */
async function failureOf(seed: number): Promise<string | undefined> {
  return (await runHistory(seed)).failure;
}

describe('300 adverse histories', () => {
  const batches = Array.from({ length: 15 }, (_, index) => index * 20 + 1);

  it.each(batches)('seeds %d and the 19 after it break no invariant', async (from) => {
    const broken: string[] = [];
    for (let seed = from; seed < from + 20; seed += 1) {
      const failure = await failureOf(seed);
      if (failure !== undefined) broken.push(`seed ${seed}: ${failure}`);
    }
    expect(broken).toEqual([]);
  });

  it('come to the places that they are made for', async () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= 300; seed += 1)
      for (const situation of (await runHistory(seed)).situations.keys()) reached.add(situation);
    expect([...reached]).toEqual(expect.arrayContaining(PLACES));
  });

  it('replay exactly: the same seed is the same history, to the last line', async () => {
    const replay = async () => {
      const lines: string[] = [];
      await runHistory(7, (line) => void lines.push(line));
      return lines;
    };
    const lines = await replay();
    expect(lines.length).toBeGreaterThan(100);
    expect(await replay()).toEqual(lines);
  });
});

describe('histories that once broke an invariant', () => {
  it.each(REGRESSION_SEEDS)('$seed: $found', async ({ seed }) => {
    expect(await failureOf(seed)).toBeUndefined();
  });
});

const PLACES = [
  'plan single',
  'plan pieces',
  'plan pieces, staged',
  'staged object written over',
  'plan pieces, copied by the store',
  'copy refused, fetched instead',
  'plan stream',
  'stream taken over',
  'sent again, as nothing moved',
  'restart',
  'retry',
  'held upload taken over',
  'tombstone',
  'stray marker taken',
  'orphan or unrecorded upload aborted',
  'part after the abort cleaned up',
  'ending failed',
  'ending cancelled',
  'ending restart',
  'straggler rescued',
  'rescue came first',
  'straggler came first',
  'rescue replaced',
  'piece continued',
  'fewer connections',
  'turned into one stream',
  'completed in one answer',
  'load sent',
  'pieces wait in their worker',
  'pieces handed back',
  'workers with more connections',
];
