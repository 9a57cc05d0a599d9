import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, reported } from '../support/batch-bench.ts';
import { patternBytes } from '../support/pattern.ts';

// The same source on several rows, and sources that may still be written.

const MIB = 1024 ** 2;

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(() => bench[Symbol.asyncDispose]());

test('the same source on several rows is asked for once, and each row has its file and its outcome', async () => {
  const modified = { lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' };
  bench.origin.serve('/small.bin', { size: 500, seed: 5, ...modified });
  bench.origin.serve('/large.bin', { size: 9 * MIB, seed: 9, ...modified });
  const folders = ['a', 'b', 'c'];
  const rows = ['small', 'large', 'none'].flatMap((name) =>
    folders.map((folder) => `${bench.origin.base}/${name}.bin,${folder}/${name}.bin`),
  );
  const list = await bench.listFile(['url,name', ...rows], 'list.csv');
  const report = await bench.bring(list);
  expect(report.counters).toMatchObject({ done: 6, failed: 3, bytes: 3 * 500 + 27 * MIB });
  const outcomes = await reported(report);
  expect(outcomes.map(({ kind }) => kind)).toEqual([...Array(6).fill('done'), ...Array(3).fill('failed')]);
  expect(new Set(outcomes.slice(3, 6).map(({ source }) => source))).toEqual(
    new Set([`${bench.origin.base}/large.bin`]),
  );
  for (const folder of folders) {
    expect((await readFile(bench.out(folder, 'small.bin'))).equals(patternBytes(0, 500, 5))).toBe(true);
    expect((await readFile(bench.out(folder, 'large.bin'))).equals(patternBytes(0, 9 * MIB, 9))).toBe(true);
  }
  const asked = (path: string) => bench.origin.requests.filter(({ url }) => url === path).length;
  expect([asked('/small.bin'), asked('/none.bin')]).toEqual([1, 1]);
  expect(
    bench.origin.requests.filter(({ url }) => url === '/large.bin').every(({ bytesSent }) => bytesSent <= 9 * MIB),
  ).toBe(true);
  // A probe that turns out large reads its first buffer at most, once, and the transfer reads it once more.
  const sent = bench.origin.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  expect(sent).toBeLessThan(19 * MIB);
  const again = await bench.bring(list);
  expect(again.counters).toMatchObject({ unchanged: 6, failed: 3 });
});

test('where one of them is there already, the other is brought', async () => {
  const url = bench.origin.serve('/x.bin', { size: 500, seed: 5, lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' });
  await bench.bring(await bench.listFile(['url,name', `${url},a.bin`], 'list.csv'));
  const both = await bench.bring(await bench.listFile(['url,name', `${url},a.bin`, `${url},b.bin`], 'list.csv'));
  expect(both.counters).toMatchObject({ unchanged: 1, done: 1 });
  expect((await readFile(bench.out('b.bin'))).equals(patternBytes(0, 500, 5))).toBe(true);
});

test('the same file under the same name is brought once, also where nothing may be replaced', async () => {
  const url = bench.origin.serve('/x.bin', { size: 500, seed: 5 });
  const list = await bench.listFile([url, url]);
  const report = await bench.bring(list, { options: { ifExists: 'fail' } });
  expect(report.counters).toMatchObject({ done: 1, unchanged: 1, failed: 0 });
  expect(bench.asked()).toBe(1);
});

test('what may still be written is taken when it is old enough, and none is stored short', async () => {
  const COUNT = 100;
  const grown = new Map<number, { bytes: Buffer; at: number }>();
  // Each twentieth file is appended to when it is first asked for, and once more.
  const urls = Array.from({ length: COUNT }, (_, index) =>
    bench.origin.serve(`/g${index}.bin`, (request, response) => {
      const before = grown.get(index) ?? { bytes: Buffer.from(`file ${index}`), at: Date.parse('2026-11-01') };
      const isWritten = index % 20 === 0 && before.bytes.length < 30;
      if (isWritten) grown.set(index, { bytes: Buffer.concat([before.bytes, Buffer.alloc(20, 'x')]), at: Date.now() });
      const { bytes, at } = isWritten ? { ...before, at: Date.now() } : before;
      const [start, end] = rangeOf(request.headers.range, bytes.length);
      response.writeHead(206, {
        'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
        'content-length': end - start,
        'last-modified': new Date(at).toUTCString(),
      });
      response.end(bytes.subarray(start, end));
    }),
  );
  const report = await bench.bring(await bench.listFile(urls), { options: { minAgeMs: 1500, perHost: 4 } });
  expect(report.counters).toMatchObject({ done: COUNT, failed: 0 });
  expect(grown.size).toBe(5);
  for (const [index, { bytes }] of grown) expect((await readFile(bench.out(`g${index}.bin`))).equals(bytes)).toBe(true);
});

test('without a date, a file that is larger at its end than at its beginning is not taken', async () => {
  let size = 100;
  const url = bench.origin.serve('/g.bin', (_request, response) => {
    const bytes = Buffer.alloc(size, 'y');
    size += 10;
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
  const list = await bench.listFile([url]);
  const report = await bench.bring(list, { options: { minAgeMs: 1000, maxAttempts: 1 } });
  const [outcome] = await reported(report);
  expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'SourceTooYoung' } });
  expect(outcome?.error?.message).toMatch(/was changed while it was read \(100 B at first, 110 B then\)/);
});

test('what does not become old enough in time has failed, and the others are there', async () => {
  const young = bench.origin.serve('/young.bin', { size: 10, lastModified: new Date().toUTCString() });
  const old = bench.origin.serve('/old.bin', { size: 10, lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' });
  const list = await bench.listFile([young, old]);
  const { exitCode, stderr } = await bench.run('batch', list, 'out', '--min-age', '1h');
  expect(exitCode).toBe(9);
  expect(stderr).toMatch(/failed, SourceTooYoung: 1\n {2}entry 1 young\.bin: .*--min-age is 1h/);
  expect((await readFile(bench.out('old.bin'))).length).toBe(10);
});

function rangeOf(range: string | undefined, size: number): readonly [number, number] {
  const [, start = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  return [Number(start), last === '' ? size : Math.min(size, Number(last) + 1)];
}
