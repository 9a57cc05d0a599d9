import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sendResource } from '../support/origin-resource.ts';
import { patternBytes } from '../support/pattern.ts';
import { s3Bench } from '../support/s3-bench.ts';

const MIB = 1024 ** 2;
const SIZE = 20 * MIB + 321;
const PIECES = { pieceSizeBytes: MIB, parallelism: 4 };
const SLOW = 3;

const bench = s3Bench({ buckets: ['bucket'], store: { minPartBytes: 1024 } });

/** One of its connections gives 4 KiB/s, with which a piece would take four minutes. */
function serveWithOneSlow(path: string, size: number): string {
  return bench.origin.serve(path, async (request, response, logged) => {
    const speed = logged.connection === SLOW ? { bytesPerSecond: 4096 } : {};
    await sendResource({ size, ...speed }, request, response, logged);
  });
}

test.each([
  ['file', MIB],
  ['s3', 5 * MIB],
] as const)(
  'a piece on a slow connection ends on another one, and the slow one is closed: to %s',
  async (kind, pieceSizeBytes) => {
    const size = 12 * pieceSizeBytes + 321;
    const url = serveWithOneSlow('/big.bin', size);
    const path = join(bench.folder, 'big.bin');
    const destination = kind === 'file' ? path : 's3://bucket/big.bin';
    await bench.piecework.copy({ source: { url }, destination, options: { ...PIECES, pieceSizeBytes } });

    const stored = kind === 'file' ? await readFile(path) : await bench.store.object('bucket', 'big.bin');
    expect(stored?.equals(patternBytes(0, size))).toBe(true);
    const rescued = bench.events.filter((event) => event.type === 'piece.rescued');
    expect(rescued).toHaveLength(1);
    // It was given one piece, and no other after it.
    const { requests } = bench.origin;
    const at = requests.findIndex(({ connection }) => connection === SLOW);
    expect(requests.filter(({ connection }) => connection === SLOW)).toHaveLength(1);
    // The rescue asked for what was lacking, under the same condition. (The first look at the file came before,
    // and may have had the same end.)
    const end = requests[at]?.headers['range']?.split('-')[1];
    const [rescue] = requests.slice(at + 1).filter(({ headers }) => headers['range']?.split('-')[1] === end);
    expect(rescue?.headers['if-range']).toBe('"v1"');
    expect(rescue?.connection).not.toBe(SLOW);
    const restBytes = Number(end) + 1 - Number(/\d+/.exec(rescue?.headers['range'] ?? '')?.[0]);
    expect(rescued).toMatchObject([{ restBytes }]);
    expect(bench.events.filter(({ type }) => type === 'piece.failed' || type === 'piece.requeued')).toEqual([]);
    expect(bench.events.filter(({ type }) => type === 'piece.done')).toHaveLength(13);
  },
);

test('a rescue that meets another version changes nothing; the next piece that is asked for tells', async () => {
  let rescues = 0;
  const url = bench.origin.serve('/big.bin', async (request, response, logged) => {
    const start = Number(/^bytes=(\d+)/.exec(request.headers.range ?? '')?.[1]);
    const isRescue = start % MIB !== 0;
    rescues += isRescue ? 1 : 0;
    const speed = logged.connection === SLOW ? { bytesPerSecond: 256 * 1024 } : {};
    await sendResource({ size: SIZE, etag: isRescue ? '"v2"' : '"v1"', ...speed }, request, response, logged);
  });
  const path = join(bench.folder, 'big.bin');
  await bench.piecework.copy({ source: { url }, destination: path, options: PIECES });
  expect(rescues).toBeGreaterThan(0);
  expect((await readFile(path)).equals(patternBytes(0, SIZE))).toBe(true);
});

test('nothing is rescued where that is not wanted', async () => {
  await using plain = bench.open({ rescue: false });
  const url = bench.origin.serve('/big.bin', async (request, response, logged) => {
    const speed = logged.connection === SLOW ? { bytesPerSecond: 256 * 1024 } : {};
    await sendResource({ size: SIZE, ...speed }, request, response, logged);
  });
  await plain.copy({ source: { url }, destination: join(bench.folder, 'big.bin'), options: PIECES });
  expect(bench.events.filter(({ type }) => type === 'piece.rescued')).toEqual([]);
  expect(bench.origin.requests).toHaveLength(22);
});
