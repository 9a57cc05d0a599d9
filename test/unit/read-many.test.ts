import { expect, test } from 'vitest';
import { readMany } from '../../lib/records/folder/read-many.ts';

const FILES = Array.from({ length: 500 }, (_, index) => `file ${index}`);

/** A disk on which each file takes so long, by a clock that nothing else moves. */
function disk(msEach: number) {
  const here: string[] = [];
  let time = 0;
  const now = (file: string) => {
    time += msEach;
    here.push(file);
    return file;
  };
  return { here, now, clock: () => time };
}

test('what the system has at hand is read here, in its order, and others have their turn meanwhile', async () => {
  const { here, ...reading } = disk(0.1);
  const later = async () => {
    throw new Error('it is not for another thread');
  };
  let turns = 0;
  const first = readMany(FILES, { ...reading, later });
  const other = (async () => {
    while (here.length < FILES.length) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
  })();
  expect(await first).toEqual(FILES);
  await other;
  // Each time that 5 ms are over.
  expect(turns).toBeGreaterThan(3);
});

test('where the disk has to be waited for, others wait for it, and now and then it is tried here', async () => {
  const { here, ...reading } = disk(3);
  expect(await readMany(FILES, { ...reading, later: async (file) => file })).toEqual(FILES);
  // The first one, and one after each 64 that others have read.
  expect(here).toEqual(Array.from({ length: 8 }, (_, index) => `file ${index * 65}`));
});

test('none are none, and what fails fails', async () => {
  const failing = () => {
    throw new Error('no such file');
  };
  expect(await readMany([], { now: failing, later: failing })).toEqual([]);
  await expect(readMany(FILES, { now: failing, later: failing })).rejects.toThrow('no such file');
});
