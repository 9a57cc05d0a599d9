import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchEvent } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import { folderRecords } from '../../lib/records/folder/records.ts';
import { KEYS } from '../../lib/records/records.ts';
import { drafted } from '../../lib/transfer/batch/batch-transitions.ts';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench } from '../support/batch-bench.ts';
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

test('what is asked for now holds for all of an interrupted batch, also for what is there already', async () => {
  const urls = ['a.bin', 'b.bin', 'held.bin'].map((name, seed) => bench.origin.serve(`/${name}`, { size: 100, seed }));
  bench.origin.serve('/held.bin', () => undefined);
  const stop = new AbortController();
  let came = 0;
  const onEvent = (event: BatchEvent): void => {
    if (event.type === 'batch.outcome' && ++came === 2) stop.abort();
  };
  const list = await bench.listFile(urls);
  await failureOf(bench.bring(list, { onEvent }, stop.signal), 'Interrupted');
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
