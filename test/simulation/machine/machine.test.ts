import { describe, expect, it } from 'vitest';
import type { Outcome } from '../history.ts';
import { runHistory } from '../history.ts';

// Commands of one machine on its real engine and queues: no tick comes by to repair what waits for nothing. A failing
// seed replays exactly: `npm run simulate -- --machine --seed S --trace`.

const SEEDS = 400;
const OF_ONE_TEST = 20;

const played = new Map<number, Promise<Outcome>>();

/** Each seed once, whichever test asks first. */
function historyOf(seed: number): Promise<Outcome> {
  const history = played.get(seed) ?? runHistory(seed, undefined, 'machine');
  played.set(seed, history);
  return history;
}

describe(`${SEEDS} adverse histories of one machine`, () => {
  const batches = Array.from({ length: SEEDS / OF_ONE_TEST }, (_, index) => index * OF_ONE_TEST + 1);

  it.each(batches)(`seeds %d and the ${OF_ONE_TEST - 1} after it break no invariant`, async (from) => {
    const broken: string[] = [];
    for (let seed = from; seed < from + OF_ONE_TEST; seed += 1) {
      const { failure } = await historyOf(seed);
      if (failure !== undefined) broken.push(`seed ${seed}: ${failure}`);
    }
    expect(broken).toEqual([]);
  });

  it('come to the places that they are made for, and none that a machine does not know', async () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { situations, faults } = await historyOf(seed);
      for (const name of [...situations.keys(), ...faults.keys()]) reached.add(name);
    }
    expect([...reached]).toEqual(expect.arrayContaining(PLACES));
    expect([...reached].filter((name) => /^(message|delete|send|record|secret|orphaned)/.test(name))).toEqual([]);
  });

  it('replay exactly: the same seed is the same history, to the last line', async () => {
    const replay = async () => {
      const lines: string[] = [];
      await runHistory(7, (line) => void lines.push(line), 'machine');
      return lines;
    };
    const lines = await replay();
    expect(lines.length).toBeGreaterThan(100);
    expect(await replay()).toEqual(lines);
  });
});

const PLACES = [
  'kill',
  'stop',
  'plan single',
  'plan pieces',
  'plan pieces, staged',
  'plan pieces, copied by the store',
  'copy refused, fetched instead',
  'piece copied by the store',
  'plan stream',
  'stream taken over',
  'turned into one stream',
  'fewer connections',
  'piece rescued',
  'restart',
  'retry',
  'held upload taken over',
  'ending failed',
  'ending cancelled',
  'ending restart',
  'orphan or unrecorded upload aborted',
  'patience used up',
  'sourceChanged',
  'sourceIgnoresRange',
  'sourceSlow',
  'uploadVanishes',
];
