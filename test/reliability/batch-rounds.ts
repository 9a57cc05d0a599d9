import { parseArgs } from 'node:util';
import { playBatch } from './batch/play.ts';
import { seeded } from './seeded.ts';

// By hand: npm run rounds:batch -- [--small 70000] [--large 20] [--kills 10] [--seed 1]. The real command line brings a
// list from a local server, of which one file in a hundred fails for one of five reasons and one in twenty grows, is
// killed at random moments, and run again. Ends with 1 if an outcome is missing or wrong, or bytes are.

const { values } = parseArgs({
  options: {
    small: { type: 'string', default: '70000' },
    large: { type: 'string', default: '0' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});

const plan = { small: Number(values.small), large: Number(values.large), failsEvery: 100, growsEvery: 20 };
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const { entries, kills, requests, seconds, faults } = await playBatch(
  plan,
  Number(values.kills),
  seeded(Number(values.seed)),
  say,
);
say(`${entries} entries, ${kills} kills: ${requests[0]} requests in ${seconds[0].toFixed(0)} s`);
say(`the second run: ${requests[1]} requests in ${seconds[1].toFixed(0)} s`);
for (const fault of faults) say(fault);
say(faults.length === 0 ? 'all is well' : 'it went wrong');
process.exitCode = faults.length === 0 ? 0 : 1;
