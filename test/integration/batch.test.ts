import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BatchEvent, BatchRequest } from '../../lib/index.ts';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, reported, sha256, stopAfter } from '../support/batch-bench.ts';
import { filesAtRest } from '../support/files-under.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';

const MIB = 1024 ** 2;
const DATE = 'Tue, 03 Nov 2026 10:00:00 GMT';

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(() => bench[Symbol.asyncDispose]());

const sizeOf = (index: number) => 37 * (index + 1);

/** So many files of different sizes and bytes. */
function serveFiles(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    bench.origin.serve(`/files/f${index}.bin`, { size: sizeOf(index), seed: index, lastModified: DATE }),
  );
}

const requestsFor = (path: string) => bench.origin.requests.filter(({ url }) => url === path).length;

describe('a list of URLs into a folder', () => {
  test('brings small and large files, and says of each line what became of it, in order', async () => {
    const urls = [...serveFiles(300), bench.origin.serve('/large.bin', { size: 9 * MIB, seed: 9 })];
    const list = await bench.listFile([
      ...urls.slice(0, 7),
      `${bench.origin.base}/none.bin`,
      'no url at all',
      ...urls.slice(7),
    ]);
    const report = await bench.bring(list, { list: { from: list, format: 'urls' } });
    expect(report).toMatchObject({ status: 'completed', entries: 303, counters: { done: 301, failed: 2 } });
    for (let index = 0; index < 300; index += 1)
      expect((await readFile(bench.out(`f${index}.bin`))).equals(patternBytes(0, sizeOf(index), index))).toBe(true);
    expect(sha256(await readFile(bench.out('large.bin')))).toBe(sha256(patternBytes(0, 9 * MIB, 9)));
    const outcomes = await reported(report);
    expect(outcomes.map(({ entry }) => entry)).toEqual(Array.from({ length: 303 }, (_, index) => index + 1));
    expect(outcomes[7]).toMatchObject({ kind: 'failed', error: { code: 'SourceNotFound' } });
    expect(outcomes[8]).toMatchObject({ kind: 'failed', error: { code: 'InvalidEntry' } });
    // Beside the files the report, and nothing else: no hidden file, no lock.
    expect((await readdir(bench.out())).length).toBe(302);
    expect(report.failures.map(({ code, count }) => [code, count]).sort()).toEqual([
      ['InvalidEntry', 1],
      ['SourceNotFound', 1],
    ]);
  });

  test('again it leaves alone what has not changed, asks for each once, and brings what has', async () => {
    const list = await bench.listFile(serveFiles(40));
    await bench.bring(list);
    bench.origin.serve('/files/f3.bin', { size: 1000, seed: 77, lastModified: 'Wed, 04 Nov 2026 10:00:00 GMT' });
    const before = bench.origin.requests.length;
    const report = await bench.bring(list);
    expect(report.counters).toMatchObject({ done: 1, unchanged: 39, failed: 0 });
    expect(bench.origin.requests.length - before).toBe(40);
    expect((await readFile(bench.out('f3.bin'))).equals(patternBytes(0, 1000, 77))).toBe(true);
  });

  test('a file is asked for once, and what may pass is tried again when the others are through', async () => {
    const urls = serveFiles(20);
    bench.origin.serve('/files/f4.bin', { size: sizeOf(4), seed: 4, refuse: { times: 2, status: 500 } });
    const report = await bench.bring(await bench.listFile(urls));
    expect(report.counters).toMatchObject({ done: 20, failed: 0 });
    expect(requestsFor('/files/f4.bin')).toBe(3);
    expect(bench.origin.requests.length).toBe(22);
  });

  test('what fails for good is failed after as many tries as are allowed, and the rest is there', async () => {
    const urls = serveFiles(5);
    bench.origin.serve('/files/f2.bin', (_request, response) => void response.writeHead(502).end());
    const report = await bench.bring(await bench.listFile(urls), { options: { maxAttempts: 3 } });
    expect(report.counters).toMatchObject({ done: 4, failed: 1 });
    expect(requestsFor('/files/f2.bin')).toBe(3);
    const again = await bench.bring(await bench.listFile(urls), { options: { maxAttempts: 1 } });
    expect(again.counters).toMatchObject({ unchanged: 4, failed: 1 });
  });

  test('a page in place of a file, a wrong digest and a wrong size are failures, and nothing of them is there', async () => {
    const page = bench.origin.serve('/a.zip', { size: 90, headers: { 'content-type': 'text/html' } });
    const good = patternBytes(0, 500, 1);
    bench.origin.serve('/good.bin', { bytes: good });
    bench.origin.serve('/bad.bin', { size: 500, seed: 2 });
    bench.origin.serve('/short.bin', { size: 499, seed: 1 });
    const digest = sha256(good);
    const rows = ['good', 'bad', 'short'].map((name) => `${bench.origin.base}/${name}.bin,${name}.bin,500,${digest}`);
    const list = await bench.listFile(['url,name,size,sha256', `${page},a.zip,,`, ...rows], 'list.csv');
    const report = await bench.bring(list);
    const outcomes = await reported(report);
    expect(outcomes.map(({ kind, error }) => [kind, error?.code])).toEqual([
      ['failed', 'UnexpectedType'],
      ['done', undefined],
      ['failed', 'DigestMismatch'],
      ['failed', 'UnexpectedSize'],
    ]);
    expect(outcomes[1]?.digests).toMatchObject({ sha256: digest });
    expect((await readdir(bench.out())).filter((name) => !name.startsWith('piecework-report'))).toEqual(['good.bin']);
  });

  test('names with folders make them', async () => {
    const url = bench.origin.serve('/x', { size: 10 });
    const list = await bench.listFile(['url,name', `${url},a/b/x.bin`, `${url}?,a/y.bin`], 'list.csv');
    expect((await bench.bring(list)).counters).toMatchObject({ done: 2 });
    expect((await readFile(bench.out('a', 'b', 'x.bin'))).length).toBe(10);
  });

  test('entries are selected by name, numbered by the selection, and another selection is another batch', async () => {
    const from = await bench.listFile(serveFiles(12));
    const stop = new AbortController();
    bench.origin.serve('/files/f1.bin', () => undefined);
    const onEvent = (event: BatchEvent): void => {
      if (event.type === 'batch.outcome' && event.outcome.name === 'f0.bin') stop.abort();
    };
    const first = { from, include: ['f0.bin', 'f1.bin'] };
    await failureOf(bench.bring(from, { list: first, onEvent }, stop.signal), 'Interrupted');
    const report = await bench.bring(from, { list: { from, include: ['f1*.bin'], exclude: ['f1.bin'], limit: 1 } });
    expect(report).toMatchObject({ entries: 1, counters: { done: 1 } });
    expect((await readdir(bench.out())).sort()).toEqual([
      'f0.bin',
      'f10.bin',
      expect.stringMatching(/^piecework-report/),
    ]);
  });

  test('two entries with one name are refused before anything is asked, unless it is said what becomes of them', async () => {
    const [one = '', two = ''] = serveFiles(2);
    const list = await bench.listFile(['url,name', `${one},same.bin`, `${two},same.bin`], 'list.csv');
    await failureOf(bench.bring(list), 'InvalidList');
    expect(bench.origin.requests).toEqual([]);
    expect((await filesAtRest(bench.folder)).filter((path) => path.includes('state'))).toEqual([]);
    const report = await bench.bring(list, { list: { from: list, onCollision: 'number' } });
    expect(report.counters).toMatchObject({ done: 2 });
    expect((await readdir(bench.out())).filter((name) => name.startsWith('same')).sort()).toEqual([
      'same-2.bin',
      'same.bin',
    ]);
  });

  test('URLs and names are made by templates', async () => {
    bench.origin.serve('/files/a.bin', { size: 10 });
    const list = await bench.listFile(['id,folder', 'a,deep'], 'list.csv');
    const reading = { url: `${bench.origin.base}/files/{id}.bin`, name: '{folder}/{id}.out' };
    expect((await bench.bring(list, { list: { from: list, ...reading } })).counters).toMatchObject({ done: 1 });
    expect((await readFile(bench.out('deep', 'a.out'))).length).toBe(10);
  });

  test('under fail nothing is replaced', async () => {
    await mkdir(bench.out(), { recursive: true });
    await writeFile(bench.out('f1.bin'), 'mine');
    const report = await bench.bring(await bench.listFile(serveFiles(3)), { options: { ifExists: 'fail' } });
    expect(report.counters).toMatchObject({ done: 2, failed: 1 });
    expect(await readFile(bench.out('f1.bin'), 'utf8')).toBe('mine');
  });
});

describe('when it stops', () => {
  test('too many failures end it, and each entry that was not begun is cancelled', async () => {
    const urls = Array.from({ length: 400 }, (_, index) => `${bench.origin.base}/missing/${index}`);
    const report = await bench.bring(await bench.listFile(urls), {
      options: { maxFailures: { entries: 10 }, parallelism: 2 },
    });
    expect(report.status).toBe('failed');
    const { failed, cancelled } = report.counters;
    expect(failed).toBeGreaterThan(10);
    expect(failed + cancelled).toBe(400);
    const kinds = (await reported(report)).map(({ kind }) => kind);
    expect(kinds.length).toBe(400);
    expect(kinds.filter((kind) => kind === 'cancelled').length).toBeGreaterThan(0);
  });

  test('interrupted, it goes on with what is missing, and what is there is not asked for again', async () => {
    const urls = serveFiles(60);
    const held = Promise.withResolvers<void>();
    for (const index of [50, 51])
      bench.origin.serve(`/files/f${index}.bin`, async (_request, response) => {
        await held.promise;
        response.end();
      });
    const { onEvent, signal } = stopAfter(58);
    const list = await bench.listFile(urls);
    await failureOf(bench.bring(list, { onEvent }, signal), 'Interrupted');
    held.resolve();
    const before = bench.origin.requests.length;
    serveFiles(60);
    const report = await bench.bring(list);
    expect(report).toMatchObject({ status: 'completed', counters: { done: 60, failed: 0 } });
    expect(bench.origin.requests.length - before).toBe(2);
    const known = bench.events.filter((event) => event.type === 'batch.outcome' && event.isKnown);
    expect(known.length).toBe(58);
    expect(await readdir(join(bench.folder, 'state', 'shards')).catch(() => [])).toEqual([]);
  });
});

describe('what it keeps', () => {
  test('of a batch that is not gone on with, clean gives up all, and what was brought stays', async () => {
    const urls = serveFiles(10);
    bench.origin.serve('/files/f9.bin', () => undefined);
    const { onEvent, signal } = stopAfter(9);
    await failureOf(bench.bring(await bench.listFile(urls), { onEvent }, signal), 'Interrupted');
    const rooms = () => filesAtRest(join(bench.folder, 'state'));
    expect((await rooms()).filter((path) => /batches|shards|outcomes/.test(path)).length).toBe(3);
    const { batches } = await bench.piecework.clean();
    expect(batches).toEqual({ cleaned: [expect.stringMatching(/^[0-9A-Z]{26}$/)], forgotten: [] });
    expect((await rooms()).filter((path) => /batches|shards|outcomes/.test(path))).toEqual([]);
    expect((await readdir(bench.out())).length).toBe(9);
  });

  test('of one that has ended, its record, until the history is cleaned', async () => {
    const { batchId } = await bench.bring(await bench.listFile(serveFiles(3)));
    const left = async () =>
      (await filesAtRest(join(bench.folder, 'state'))).filter((path) => /batches|shards|outcomes/.test(path));
    expect(await left()).toEqual([join(bench.folder, 'state', 'batches', `${batchId}.json`)]);
    expect((await bench.piecework.clean({ history: true })).batches).toEqual({ cleaned: [], forgotten: [batchId] });
    expect(await left()).toEqual([]);
  });

  test('holds no secret of a URL, of a header or of a password', async () => {
    const url = bench.origin.serve('/signed.bin?sig=canary-in-query', { size: 100 });
    const list = await bench.listFile([url, `${bench.origin.base}/missing?key=canary-in-query`]);
    const source = {
      headers: { 'x-token': 'canary-in-header' },
      auth: { kind: 'bearer', token: 'canary-token' },
    } as const;
    const report = await bench.bring(list, { source });
    expect(report.counters).toMatchObject({ done: 1, failed: 1 });
    await rm(list);
    for (const path of await filesAtRest(bench.folder)) expect(await readFile(path, 'latin1')).not.toContain('canary');
    expect(JSON.stringify([report, bench.events])).not.toContain('canary');
  });
});

describe('what can not be', () => {
  test.each([
    ['a list that is not there', { list: { from: '/nonexistent/list.txt' } }, 'InvalidList'],
    ['stdout as the destination', { destination: '-' }, 'InvalidDestination'],
    ['a format that is none', { list: { from: '/dev/null', format: 'nonsense' } }, 'InvalidOption'],
    ['no connections', { options: { parallelism: 0 } }, 'InvalidOption'],
  ] as const)('%s is refused in a sentence', async (_what, more, code) => {
    const list = await bench.listFile(serveFiles(1));
    await failureOf(bench.bring(list, more as Partial<BatchRequest>), code);
    expect(bench.origin.requests).toEqual([]);
  });

  test('a file as the destination is refused before anything is asked', async () => {
    await writeFile(bench.out(), 'a file');
    await failureOf(bench.bring(await bench.listFile(serveFiles(1))), 'DestinationNotWritable');
    expect(bench.origin.requests).toEqual([]);
  });
});
