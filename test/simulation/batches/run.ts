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
  const faults = [...(await playBatch(seed)), ...(await playFleet(seed))];
  if (faults.length === 0) continue;
  console.log(`seed ${seed}: ${faults.join('; ')}`);
  process.exitCode = 1;
  break;
}
