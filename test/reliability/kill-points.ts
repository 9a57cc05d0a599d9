import { parseArgs } from 'node:util';
import { startOrigin } from '../support/origin.ts';
import { changesOf, playPoint, serveFiles } from './kill-points/play.ts';

// By hand: npm run rounds:points -- [--from 1] [--to …]. A small batch of the real command line is killed before its
// first change to the disk, before its second, and so on to the last; after each, the same command and `clean` have to
// leave the right files and nothing else. Ends with 1 if they do not.

const { values } = parseArgs({ options: { from: { type: 'string', default: '1' }, to: { type: 'string' } } });

await using origin = await startOrigin();
serveFiles(origin);
const changes = await changesOf(origin);
const to = Math.min(changes.length, Number(values.to ?? changes.length));
let bad = 0;
let killed = 0;
for (let nth = Number(values.from); nth <= to; nth += 1) {
  const { wasKilled, faults } = await playPoint(origin, { before: /./, nth });
  if (wasKilled) killed += 1;
  if (faults.length === 0) continue;
  bad += 1;
  process.stdout.write(`${nth}, near ${changes[nth - 1]}:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
}
process.stdout.write(`killed before ${killed} of ${changes.length} changes, ${bad} went wrong\n`);
process.exitCode = bad === 0 ? 0 : 1;
