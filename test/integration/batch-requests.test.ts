import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BatchEvent, BatchReport, BatchRequest } from '../../lib/index.ts';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, reported, stopAfter } from '../support/batch-bench.ts';
import { filesAtRest } from '../support/files-under.ts';
import { failureOf } from '../support/reading.ts';

const MIB = 1024 ** 2;
const DATE = 'Tue, 03 Nov 2026 10:00:00 GMT';
const NO_ID = '01JZ8ZZZZZZZZZZZZZZZZZZZZZ';

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(async () => {
  await bench[Symbol.asyncDispose]();
});

const serve = (name: string, size = 100) =>
  bench.origin.serve(`/files/${name}`, { size, seed: name.length, lastModified: DATE });
const requestsFor = (name: string) =>
  bench.origin.requests.filter(({ url }) => url.startsWith(`/files/${name}`)).length;

async function bring(lines: readonly string[], more: Partial<BatchRequest> = {}): Promise<BatchReport> {
  return await bench.bring(await bench.listFile(lines), more);
}

/** A batch whose process was stopped when so many entries had their outcome; the held ones never came. */
async function interrupted(lines: readonly string[], after: number): Promise<string> {
  const stop = stopAfter(after);
  let id = '';
  const onEvent = (event: BatchEvent): void => {
    if (event.type === 'batch.listed') id = event.batchId;
    stop.onEvent(event);
  };
  await failureOf(bench.bring(await bench.listFile(lines), { onEvent }, stop.signal), 'Interrupted');
  return id;
}

describe('retry of a batch', () => {
  test('runs again what failed, and asks for nothing else; its report has each entry once', async () => {
    const urls = ['a.bin', 'b.bin', 'c.bin', 'd.bin'].map((name) => serve(name));
    bench.origin.serve('/files/b.bin', (_request, response) => void response.writeHead(404).end());
    const list = { from: await bench.listFile([...urls, 'no url at all']), format: 'urls' };
    const report = await bench.bring(list.from, { list });
    expect(report.counters).toMatchObject({ done: 3, failed: 2 });
    const status = await bench.piecework.batchStatus(report.batchId);
    expect(status).toMatchObject({
      isRunning: false,
      counters: { done: 3, failed: 2 },
      record: { status: 'completed' },
    });
    expect(status.failures.map(({ code }) => code).sort()).toEqual(['InvalidEntry', 'SourceNotFound']);
    serve('b.bin');
    const before = bench.origin.requests.length;
    await rm(list.from);
    const events: BatchEvent[] = [];
    const again = await bench.piecework.retryBatch(report.batchId, { onEvent: (event) => void events.push(event) });
    expect(again).toMatchObject({ batchId: report.batchId, status: 'completed', counters: { done: 4, failed: 1 } });
    expect(bench.origin.requests.slice(before).map(({ url }) => url)).toEqual(['/files/b.bin']);
    const outcomes = await reported(again);
    expect(outcomes.map(({ entry, kind }) => [entry, kind])).toEqual([
      [1, 'done'],
      [2, 'done'],
      [3, 'done'],
      [4, 'done'],
      [5, 'failed'],
    ]);
    expect((await bench.piecework.batchStatus(report.batchId)).record.run).toBe(2);
  });

  test('keeps what was asked of the large ones', async () => {
    const url = serve('large.bin', 10 * MIB);
    bench.origin.serve('/files/large.bin', (_request, response) => void response.writeHead(404).end());
    const report = await bring([url], { options: { large: { pieceSizeBytes: 3 * MIB } } });
    serve('large.bin', 10 * MIB);
    expect(await bench.piecework.retryBatch(report.batchId)).toMatchObject({ counters: { done: 1 } });
    const plans = (await bench.piecework.list()).map(({ record }) => record.plan);
    expect(plans.find((plan) => plan?.mode === 'pieces')).toMatchObject({ pieceSizeBytes: 3 * MIB });
  });

  test('where all is there there is nothing to retry, and nothing is kept for it', async () => {
    const { batchId } = await bring([serve('a.bin')]);
    await failureOf(bench.piecework.retryBatch(batchId), 'BatchEnded');
    await failureOf(bench.piecework.retryBatch(NO_ID), 'BatchNotFound');
    await failureOf(bench.piecework.batchStatus(NO_ID), 'BatchNotFound');
  });

  test('an interrupted one goes on, and what is there is not asked for again', async () => {
    const urls = ['a.bin', 'bb.bin', 'held.bin'].map((name) => serve(name));
    bench.origin.serve('/files/held.bin', () => undefined);
    const id = await interrupted(urls, 2);
    expect((await bench.piecework.listBatches()).map(({ record, isRunning }) => [record.id, isRunning])).toEqual([
      [id, false],
    ]);
    const status = await bench.piecework.batchStatus(id);
    expect([status.counters, status.needsList]).toEqual([expect.objectContaining({ done: 2 }), undefined]);
    serve('held.bin');
    const report = await bench.piecework.retryBatch(id);
    expect(report).toMatchObject({ status: 'completed', counters: { done: 3, failed: 0 } });
    expect(requestsFor('a.bin')).toBe(1);
  });

  test('secrets are not stored, so the list is asked for once more, in a sentence that holds none', async () => {
    const urls = [serve('a.bin?sig=canary-in-query'), serve('held.bin?sig=canary-in-query')];
    bench.origin.serve('/files/held.bin?sig=canary-in-query', () => undefined);
    const id = await interrupted(urls, 1);
    expect((await bench.piecework.batchStatus(id)).needsList).toBe(true);
    const error = await failureOf(bench.piecework.retryBatch(id), 'SourceNeeded');
    expect(error.message).toMatch(/run the same piecework batch command again/);
    serve('held.bin?sig=canary-in-query');
    expect((await bring(urls)).counters).toMatchObject({ done: 2 });
    await rm(join(bench.folder, 'list.txt'));
    for (const path of await filesAtRest(bench.folder)) expect(await readFile(path, 'latin1')).not.toContain('canary');
  });

  test('what ended early goes on with the same command, whose shards are stored once more', async () => {
    const urls = Array.from({ length: 300 }, (_, index) => `${bench.origin.base}/files/f${index}.bin`);
    const early = await bring(urls, { options: { maxFailures: { entries: 3 }, parallelism: 1 } });
    expect(early.status).toBe('failed');
    for (let index = 0; index < 300; index += 1) serve(`f${index}.bin`);
    const report = await bring(urls);
    expect(report).toMatchObject({ batchId: early.batchId, status: 'completed', counters: { done: 300, failed: 0 } });
  });

  test('another batch to the same place lets go of what was kept of one that had ended', async () => {
    const missing = `${bench.origin.base}/files/none.bin`;
    await bring([missing]);
    const rooms = async () =>
      (await filesAtRest(join(bench.folder, 'state'))).filter((path) => /\/(shards|outcomes)\//.test(path)).length;
    expect(await rooms()).toBe(2);
    await bring([serve('a.bin')]);
    expect(await rooms()).toBe(0);
  });
});

describe('cancel of a batch', () => {
  test('that another process works on ends it there, with a report of all entries, and its large entry too', async () => {
    const urls = ['a.bin', 'held.bin'].map((name) => serve(name));
    const large = serve('large.bin', 20 * MIB);
    bench.origin.serve('/files/held.bin', () => undefined);
    bench.origin.serve('/files/large.bin', { size: 20 * MIB, seed: 1, lastModified: DATE, bytesPerSecond: 64 * 1024 });
    let id = '';
    const begun = Promise.withResolvers<void>();
    const onEvent = (event: BatchEvent): void => {
      if (event.type === 'batch.listed') id = event.batchId;
      else if (event.type === 'batch.outcome') begun.resolve();
    };
    const running = bring([...urls, large], { onEvent });
    await begun.promise;
    await using other = bench.open();
    expect((await other.listBatches())[0]).toMatchObject({ isRunning: true });
    await expect.poll(async () => (await other.batchStatus(id)).openTransfers.length, { timeout: 20_000 }).toBe(1);
    await failureOf(other.retryBatch(id), 'BatchRunning');
    expect(await other.cancelBatch(id)).toMatchObject({ ending: { reason: { code: 'Cancelled' } } });
    const report = await running;
    expect(report).toMatchObject({
      status: 'cancelled',
      counters: { done: 1, cancelled: 2 },
      reason: { code: 'Cancelled' },
    });
    expect((await reported(report)).map(({ entry, kind }) => [entry, kind])).toEqual([
      [1, 'done'],
      [2, 'cancelled'],
      [3, 'cancelled'],
    ]);
    expect((await other.list()).map(({ record }) => [record.batch, record.status])).toEqual([
      [{ id, entry: 0 }, 'completed'],
      [{ id, entry: 3 }, 'cancelled'],
    ]);
    await failureOf(other.cancelBatch(id), 'BatchEnded');
  });

  test('of an interrupted one writes the report, also of entries whose URLs are secrets', async () => {
    const urls = [serve('a.bin'), serve('held.bin?sig=canary')];
    bench.origin.serve('/files/held.bin?sig=canary', () => undefined);
    const id = await interrupted(urls, 1);
    const record = await bench.piecework.cancelBatch(id);
    expect(record).toMatchObject({ status: 'cancelled', counters: { done: 1, cancelled: 1 } });
    const outcomes = await reported(record);
    expect(outcomes.map(({ entry, kind, name }) => [entry, kind, name])).toEqual([
      [1, 'done', 'a.bin'],
      [2, 'cancelled', 'held.bin'],
    ]);
    expect(JSON.stringify([record, outcomes])).not.toContain('canary');
  });
});
