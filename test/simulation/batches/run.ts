import { parseArgs } from 'node:util';
import { playBatch } from './play-batch.ts';
import { playFleet } from './play-fleet.ts';

/**
 * Batches from a seed on, on one machine and as a fleet, until one is wrong:
 * `node test/simulation/batches/run.ts --seeds N --from S`.
 */

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' } },
});
const from = Number(values.from);
for (let seed = from; seed < from + Number(values.seeds); seed += 1) {
  const faults = [...(await faultsOf(playBatch, seed)), ...(await faultsOf(playFleet, seed))];
  if (faults.length === 0) continue;
  console.log(`seed ${seed}: ${faults.join('; ')}`);
  process.exitCode = 1;
  break;
}

/** What a worker throws, besides the faults that are played, is one: the code has found by itself that it is wrong. */
async function faultsOf(play: (seed: number) => Promise<readonly string[]>, seed: number): Promise<readonly string[]> {
  try {
    return await play(seed);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
