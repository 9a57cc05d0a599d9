import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

// npm run fuzz -- --inputs 1000000 --seed 1 [--subject NAME] [--path PATH]

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    subject: { type: 'string' },
    path: { type: 'string' },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed))
  throw new Error('--inputs and --seed are whole numbers');

console.log(`${inputs} inputs, seed ${seed}`);
const since = performance.now();
let done = 0;
const faults = await fuzz({
  inputs,
  seed,
  ...(values.subject === undefined ? {} : { only: values.subject }),
  ...(values.path === undefined ? {} : { path: values.path }),
  onSubject(name, count, elapsedMs) {
    done += count;
    console.log(
      `${name.padEnd(22)} ${String(count).padStart(9)} inputs ${(elapsedMs / 1000).toFixed(1).padStart(8)} s`,
    );
  },
});
for (const { subject, because, input, replay } of faults) {
  console.error(`\n${subject}: ${because}\ninput: ${input.slice(0, 4000)}\nagain: ${replay}`);
}
console.log(`${done} inputs in ${((performance.now() - since) / 1000).toFixed(0)} s, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
