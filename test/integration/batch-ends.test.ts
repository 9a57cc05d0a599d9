import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BatchEvent, Local } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import { openHome } from '../../lib/local/home/home.ts';
import { localOf } from '../../lib/local/open.ts';
import { folderRecords } from '../../lib/records/folder/records.ts';
import type { RecordKey, Records } from '../../lib/records/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import type { BatchRecord } from '../../lib/transfer/batch/batch-record.ts';
import { drafted } from '../../lib/transfer/batch/batch-transitions.ts';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, sha256 } from '../support/batch-bench.ts';
import { patternBytes } from '../support/pattern.ts';
import { failureOf } from '../support/reading.ts';

// What every end of a batch writes, and what one that is gone on with takes over from the run before.

const ID = '01JZ8ZZZZZZZZZZZZZZZZZZZZZ';
const CHECKSUMS = { options: { checksums: ['sha256'] } } as const;

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(async () => {
  await bench[Symbol.asyncDispose]();
});

const records = () => folderRecords({ folder: join(bench.folder, 'state') });
const sums = async () => await readFile(bench.out('SHA256SUMS'), 'utf8');

/** Of this machine too, with something that happens between its reads and writes of a batch's record. */
function another(between: {
  readonly beforeGet?: (key: RecordKey<unknown>) => Promise<void>;
  readonly beforePut?: (value: Partial<BatchRecord>) => Promise<void>;
}): Local {
  const home = openHome({ stateDir: join(bench.folder, 'state'), backoff: { baseMs: 1, capMs: 2 } });
  const { records: own } = home;
  const records: Records = {
    ...own,
    async get(key) {
      await between.beforeGet?.(key);
      return await own.get(key);
    },
    async put(key, value, on) {
      if (key.path.startsWith('batches/')) await between.beforePut?.(value as Partial<BatchRecord>);
      return await own.put(key, value, on);
    },
  };
  return localOf({ ...home, records });
}

/** A batch of three, whose process was stopped when two of them were there. */
async function interrupted(): Promise<{ readonly id: string; readonly list: string }> {
  const urls = ['a.bin', 'b.bin', 'held.bin'].map((name, seed) => bench.origin.serve(`/${name}`, { size: 100, seed }));
  bench.origin.serve('/held.bin', () => undefined);
  const stop = new AbortController();
  let id = '';
  let came = 0;
  const onEvent = (event: BatchEvent): void => {
    if (event.type === 'batch.listed') id = event.batchId;
    else if (event.type === 'batch.outcome' && ++came === 2) stop.abort();
  };
  const list = await bench.listFile(urls);
  await failureOf(bench.bring(list, { onEvent }, stop.signal), 'Interrupted');
  return { id, list };
}

test('what is asked for now holds for all of an interrupted batch, also for what is there already', async () => {
  const { list } = await interrupted();
  bench.origin.serve('/held.bin', { size: 100, seed: 2 });
  const report = await bench.bring(list, CHECKSUMS);
  expect(report.counters).toMatchObject({ failed: 0, cancelled: 0 });
  expect((await sums()).match(/\S+$/gm)).toEqual(['a.bin', 'b.bin', 'held.bin']);
  expect((await records().get(KEYS.batch(report.batchId)))?.value.options.checksums).toEqual(['sha256']);
});

test('a batch whose list was not read to its end is cancelled without a change to what an earlier one wrote', async () => {
  const list = await bench.listFile([bench.origin.serve('/a.bin', { size: 100 })]);
  await bench.bring(list, CHECKSUMS);
  const before = await sums();
  // As a process leaves it that is killed while it reads the list.
  const place = { kind: 'file', path: bench.out('.piecework-batch') };
  const options = { ifExists: 'if-changed', maxAttempts: 5, object: {}, checksums: ['sha256'] } as const;
  const draft = drafted({ id: ID, destination: `${bench.out()}/`, place, options }, Date.now());
  await records().put(KEYS.batch(ID), draft, 'absent');
  await using other = openLocal({ stateDir: join(bench.folder, 'state') });
  expect(await other.cancelBatch(ID)).toMatchObject({ status: 'cancelled' });
  expect(before).toMatch(/ {2}a\.bin\n$/);
  expect(await sums()).toBe(before);
});

test('a batch that is cancelled while its end is written has ended', async () => {
  const { id } = await interrupted();
  bench.origin.serve('/held.bin', { size: 100, seed: 2 });
  await using canceller = openLocal({ stateDir: join(bench.folder, 'state') });
  let times = 0;
  await using local = another({
    async beforePut({ status }) {
      if (status === 'completed' && times++ === 0)
        expect(await canceller.cancelBatch(id)).toMatchObject({ status: 'running', ending: {} });
    },
  });
  expect(await local.retryBatch(id)).toMatchObject({ status: 'completed', counters: { done: 3 } });
  expect((await canceller.batchStatus(id)).record).toMatchObject({ status: 'completed' });
  expect(times).toBe(2);
});

test.each(['retry', 'the same command'])('a cancel that comes while %s begins ends it', async (what) => {
  const { id, list } = await interrupted();
  bench.origin.serve('/held.bin', { size: 100, seed: 2 });
  await using canceller = openLocal({ stateDir: join(bench.folder, 'state') });
  let isAsked = false;
  await using local = another({
    async beforeGet({ path }) {
      // What was there before was read, and the lock is held.
      const isBegun = path.startsWith('shards/') || path.startsWith('outcomes/');
      if (isAsked || !isBegun) return;
      isAsked = true;
      expect(await canceller.cancelBatch(id)).toMatchObject({ status: 'running', ending: {} });
    },
  });
  const report =
    what === 'retry'
      ? await local.retryBatch(id)
      : await local.batch({ list: { from: list }, destination: bench.out() });
  expect(report).toMatchObject({ batchId: id, status: 'cancelled', counters: { cancelled: 1 } });
  expect(isAsked).toBe(true);
});

describe('a list of checksums that the batch is made from is not written over', () => {
  async function made(): Promise<{ readonly list: string; readonly text: string; readonly base: string }> {
    const base = new URL('.', bench.origin.serve('/a.bin', { size: 100 })).href;
    const text = `${sha256(patternBytes(0, 100))}  a.bin\n${'0'.repeat(64)}  none.bin\n`;
    await mkdir(bench.out());
    await writeFile(bench.out('SHA256SUMS'), text);
    return { list: bench.out('SHA256SUMS'), text, base };
  }

  test('where it is tried again from another folder', async () => {
    const { list, text, base } = await made();
    const { exitCode } = await bench.run('batch', 'out/SHA256SUMS', 'out', '--base', base, '--checksums', 'sha256');
    expect(exitCode).toBe(9);
    await using other = openLocal({ stateDir: join(bench.folder, '.local', 'state', 'piecework') });
    const [{ record } = { record: { id: '' } }] = await other.listBatches();
    const again = await other.retryBatch(record.id);
    expect(again.checksums).toEqual([`${list}-${record.id}`]);
    expect(await readFile(list, 'utf8')).toBe(text);
  });

  test('where it is named by a file: URL', async () => {
    const { list, text, base } = await made();
    const from = { list: { from: pathToFileURL(list).href, base } };
    const { batchId, checksums } = await bench.bring(list, { ...from, ...CHECKSUMS });
    expect(checksums).toEqual([`${list}-${batchId}`]);
    expect(await readFile(list, 'utf8')).toBe(text);
  });
});

test('a record that is damaged stops clean at no other batch, and is named', async () => {
  const state = join(bench.folder, 'state');
  const list = await bench.listFile([bench.origin.serve('/a.bin', { size: 100 })]);
  const first = await bench.bring(list);
  const others = [await bench.bring(list), await bench.bring(list)].map(({ batchId }) => batchId);
  await writeFile(join(state, 'batches', `${first.batchId}.json`), 'no record');
  await using local = openLocal({ stateDir: state });
  const { batches } = await local.clean({ history: true });
  expect(batches).toMatchObject({
    forgotten: others,
    failed: [{ batchId: first.batchId, error: { code: 'RecordCorrupt' } }],
  });
  expect((await local.clean({ history: true })).batches).toEqual({ cleaned: [], forgotten: [] });
});

test('what is beside a damaged record is cleaned up with it', async () => {
  const state = join(bench.folder, 'state');
  const gone = bench.origin.serve('/gone', (_request, response) => void response.writeHead(404).end());
  const { batchId } = await bench.bring(await bench.listFile([bench.origin.serve('/b.bin', { size: 100 }), gone]));
  const beside = async () => (await readdir(state, { recursive: true })).filter((name) => name.includes(batchId));
  expect((await beside()).some((name) => name.startsWith('outcomes'))).toBe(true);
  await writeFile(join(state, 'batches', `${batchId}.json`), 'no record');
  await using local = openLocal({ stateDir: state });
  const { batches } = await local.clean();
  expect(batches).toMatchObject({ forgotten: [batchId], failed: [{ batchId, error: { code: 'RecordCorrupt' } }] });
  expect((await beside()).filter((name) => !name.startsWith(join('batches', `${batchId}.json~corrupt`)))).toEqual([]);
  expect((await local.clean()).batches).toEqual({ cleaned: [], forgotten: [] });
});
