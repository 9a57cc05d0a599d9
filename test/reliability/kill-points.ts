import { parseArgs } from 'node:util';
import { startOrigin } from '../support/origin.ts';
import type { Played } from './kill-points/play.ts';
import { changesOf, playPoints, serveFiles } from './kill-points/play.ts';
import { seeded } from './seeded.ts';

// By hand: npm run rounds:points -- [--from 1] [--to …] [--pairs 0] [--seed 1]. A small batch of the real command line
// is killed before its first change to the disk, before its second, and so on to the last; after each, the same command
// and `clean` have to leave the right files and nothing else. With --pairs, so many times before two changes: one of
// the first run, and one of the run after it. Ends with 1 if something is left, or wrong.

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    to: { type: 'string' },
    pairs: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});

await using origin = await startOrigin();
serveFiles(origin);
const changes = await changesOf(origin);
const random = seeded(Number(values.seed));
const [from, to] = [Number(values.from), Math.min(changes.length, Number(values.to ?? changes.length))];
const pairs = Number(values.pairs);
const anyChange = (): number => from + Math.floor(random() * (to - from + 1));
const plays =
  pairs > 0
    ? Array.from({ length: pairs }, () => [anyChange(), anyChange()])
    : Array.from({ length: to - from + 1 }, (_, index) => [from + index]);
let bad = 0;
let kills = 0;
for (const nths of plays) {
  const played: Played = await playPoints(
    origin,
    nths.map((nth) => ({ before: /./, nth })),
  );
  kills += played.kills;
  if (played.faults.length === 0) continue;
  bad += 1;
  const where = nths.map((nth) => `${nth}, near ${changes[nth - 1]}`).join('; ');
  process.stdout.write(`${where}:\n${played.faults.map((fault) => `  ${fault}\n`).join('')}`);
}
process.stdout.write(
  `${plays.length} times, ${kills} kills, a whole run has ${changes.length} changes: ${bad} went wrong\n`,
);
process.exitCode = bad === 0 ? 0 : 1;
