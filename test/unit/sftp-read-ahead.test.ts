import { expect, test } from 'vitest';
import { readAhead } from '../../lib/sources/sftp/read-ahead.ts';
import { patternBytes } from '../support/pattern.ts';

const SIZE = 300_000;
const BYTES = patternBytes(0, SIZE);
const never = () => false;

interface Asked {
  readonly position: number;
  readonly length: number;
}

/** A server that answers at once, up to where it fails. */
function ahead({ answerBytes = 1000, start = 0, end = SIZE, failsAt = SIZE, spare = [] as Uint8Array[] } = {}) {
  const asked: Asked[] = [];
  const reader = readAhead({
    range: { start, end },
    answerBytes,
    spare,
    async ask(into, position, came) {
      asked.push({ position, length: into.length });
      const length = Math.max(0, Math.min(into.length, failsAt - position));
      into.set(BYTES.subarray(position, position + length));
      came(length);
      if (length < into.length) throw new Error('broken off');
    },
  });
  return { reader, asked };
}

test.each([1, 999, 1000, 1001, 70_000, SIZE, SIZE + 1])(
  'a range is read in order, %i bytes at a time',
  async (step) => {
    const { reader, asked } = ahead({ answerBytes: 7000, start: 5, end: SIZE - 5 });
    const read: Uint8Array[] = [];
    for (let bytes = -1; bytes !== 0; ) {
      const into = new Uint8Array(step);
      ({ bytes } = await reader.take(into, never));
      read.push(into.subarray(0, bytes));
      if (read.length > 20_000) break;
    }
    const all = Buffer.concat(read);
    expect(all.equals(BYTES.subarray(5, 5 + all.length))).toBe(true);
    if (step > 1) expect(all.length).toBe(SIZE - 10);
    expect(asked.every(({ position, length }) => position >= 5 && position + length <= SIZE - 5)).toBe(true);
    if (step > 1) expect(reader.isEmpty).toBe(true);
  },
);

test('no more than a MiB is asked for before it is taken, and memory is used again', async () => {
  const spare: Uint8Array[] = [];
  const { reader, asked } = ahead({
    answerBytes: 255 * 1024,
    end: 100 * 1024 ** 2,
    failsAt: Number.POSITIVE_INFINITY,
    spare,
  });
  const into = new Uint8Array(256 * 1024);
  let taken = 0;
  for (let round = 0; round < 50; round += 1) {
    taken += (await reader.take(into, never)).bytes;
    const askedFor = asked.reduce((sum, { length }) => sum + length, 0);
    expect(askedFor - taken).toBeLessThanOrEqual(1024 ** 2);
    expect(askedFor).toBeGreaterThan(taken);
  }
  expect(spare.length).toBeLessThanOrEqual(4);
});

test('what came before a failure is given, and why no more does', async () => {
  const { reader } = ahead({ failsAt: 2500 });
  const into = new Uint8Array(10_000);
  const { bytes, error } = await reader.take(into, never);
  expect(bytes).toBe(2500);
  expect(error).toEqual(new Error('broken off'));
  expect(BYTES.subarray(0, 2500).equals(into.subarray(0, 2500))).toBe(true);
});

test('nothing is written into a buffer once its reader has been told to stop', async () => {
  for (const failsAt of [SIZE, 500]) {
    const { reader } = ahead({ failsAt });
    const into = new Uint8Array(1000);
    expect((await reader.take(into, () => true)).bytes).toBe(0);
    expect(into.every((byte) => byte === 0)).toBe(true);
  }
});
