import { expect, test } from 'vitest';
import type { KillPoint } from '../reliability/kill-points/play.ts';
import { playPoints, serveFiles } from '../reliability/kill-points/play.ts';
import { startOrigin } from '../support/origin.ts';

// The command line itself, killed just before a change to the disk. `npm run rounds:points` plays all of them.

const POINTS: readonly (KillPoint & { readonly what: string })[] = [
  { what: 'while it takes the lock of a shard', before: /(?:rm|unlink) .*shards\/.*~lock\.\w+$/, nth: 1 },
  { what: 'in the middle of the first file that it writes', before: /handle\.writeFile /, nth: 1 },
  { what: 'before the list is sealed', before: /rename .*shards\/.*~new$/, nth: 1 },
  { what: 'while it takes the lock of a destination', before: /^link .*locks\/.*\.lock\.\w+$/, nth: 2 },
  { what: 'before the marker of a transfer', before: /rename .*active\/.*~new$/, nth: 1 },
  { what: 'before the first line of a journal', before: /handle\.write .*large\.bin.*\.journal$/, nth: 1 },
  { what: 'before the bytes that a journal is for', before: /open .*large\.bin.*\.part$/, nth: 1 },
  { what: 'in the middle of a piece', before: /handle\.writev? .*large\.bin.*\.part$/, nth: 4 },
  { what: 'before it gets its name', before: /rename .*large\.bin.*\.part$/, nth: 1 },
  { what: 'before its journal goes', before: /(?:rm|unlink) .*large\.bin.*\.journal$/, nth: 1 },
  { what: 'when its marker has gone', before: /(?:rm|unlink) .*locks\/.*\.lock$/, nth: 1 },
];

/** What the second run is killed before, after the first was killed before something else. */
const PAIRS: readonly { readonly what: string; readonly points: readonly KillPoint[] }[] = [
  {
    what: 'with an upload that its record does not name, and when that one was removed, but for its lock',
    points: [
      { before: /rename .*transfers\/.*~new$/, nth: 3 },
      { before: /(?:rm|unlink) .*large\.bin\.piecework\.lock$/, nth: 2 },
    ],
  },
  {
    what: 'with an upload that its record does not name, and when the bytes of that one were removed',
    points: [
      { before: /rename .*transfers\/.*~new$/, nth: 3 },
      { before: /(?:rm|unlink) .*large\.bin.*\.journal$/, nth: 2 },
    ],
  },
  {
    what: 'with a journal that has no bytes yet, and before the journal of the file that is there',
    points: [
      { before: /open .*large\.bin.*\.part$/, nth: 1 },
      { before: /(?:rm|unlink) .*large\.bin.*\.journal$/, nth: 2 },
    ],
  },
];

test.each(POINTS)('a batch that is killed $what is brought by the same command, and nothing is left', async (point) => {
  await using origin = await startOrigin();
  serveFiles(origin);
  expect(await playPoints(origin, [point])).toEqual({ kills: 1, faults: [] });
});

test.each(PAIRS)('a batch that is killed twice, $what, leaves nothing', async ({ points }) => {
  await using origin = await startOrigin();
  serveFiles(origin);
  expect(await playPoints(origin, points)).toEqual({ kills: 2, faults: [] });
});
