import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BatchPlan } from '../../lib/index.ts';
import { openLocal } from '../../lib/index.ts';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, sha256 } from '../support/batch-bench.ts';
import { filesAtRest } from '../support/files-under.ts';
import { untilClosed } from '../support/hostile-lies.ts';
import { patternBytes } from '../support/pattern.ts';
import { startS3Double } from '../support/s3-double.ts';

// --dry-run: one question for each entry, and nothing is written anywhere.

const MIB = 1024 ** 2;
const DATE = { lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' };

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await bench[Symbol.asyncDispose]();
});

async function planned(
  ...args: readonly string[]
): Promise<{ readonly plan: BatchPlan; readonly exitCode: number | null }> {
  const { exitCode, stdout } = await bench.run('batch', '--dry-run', '--json', ...args);
  const last = String(stdout)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .findLast(({ type }) => type === 'result');
  return { plan: last.plan, exitCode };
}

test('says what is to be brought, what is there, what is dead, by host, and asks each once for a byte', async () => {
  const urls = Array.from({ length: 20 }, (_, index) =>
    bench.origin.serve(`/f${index}.bin`, { size: 5000 + index, seed: index, ...DATE }),
  );
  const large = bench.origin.serve('/large.bin', { size: 20 * MIB, ...DATE });
  const first = await bench.listFile(urls.slice(0, 4), 'first.txt');
  await bench.bring(first, { report: false });
  const before = await filesAtRest(bench.folder);
  bench.asked();
  const list = await bench.listFile([...urls, large, `${bench.origin.base}/dead.bin`, `${bench.origin.base}/`]);
  const { plan, exitCode } = await planned(list, 'out', '--per-host-rate', '6000/m');
  expect(exitCode).toBe(9);
  expect(plan).toMatchObject({
    entries: 23,
    format: 'urls',
    toBring: { entries: 17, unknownSizes: 0 },
    unchanged: { entries: 4 },
    failed: 2,
    collisions: 0,
    hosts: [{ host: new URL(bench.origin.base).host, failed: 1, toBring: { entries: 17 } }],
  });
  expect(plan.toBring.bytes).toBe(20 * MIB + urls.slice(4).reduce((sum, _, index) => sum + 5004 + index, 0));
  expect(plan.failures.map(({ code }) => code).sort()).toEqual(['InvalidEntry', 'SourceNotFound']);
  expect(plan.expectedMs).toBeGreaterThanOrEqual(170);
  expect(plan.store).toBeUndefined();
  expect(bench.asked()).toBe(22);
  const sent = bench.origin.requests.slice(-22).reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  expect(sent).toBeLessThan(3 * MIB);
  // The list itself is the test's.
  expect([...(await filesAtRest(bench.folder))].sort()).toEqual([...before, list].sort());
});

test('makes no folder and no state, and a person reads it on stdout', async () => {
  const url = bench.origin.serve('/a.bin', { size: 100 });
  const list = await bench.listFile([url]);
  const { exitCode, stdout, stderr } = await bench.run('batch', '-n', list, 'new/folder');
  expect(exitCode).toBe(0);
  expect(String(stdout)).toMatch(/^list: +1 entry \(urls\)\ndestination: .*new\/folder\nto bring: +1, 100 B\n/);
  expect(String(stdout)).toMatch(/\ntime: +about 1s/);
  expect(stderr).toBe('');
  expect(await filesAtRest(bench.folder)).toEqual([list]);
  expect(await readdir(bench.folder)).not.toContain('new');
});

test('names that two entries have are counted, and nothing would begin', async () => {
  const url = bench.origin.serve('/a.bin', { size: 100 });
  const list = await bench.listFile(['url,name', `${url},x`, `${url}?2,x`], 'list.csv');
  const { exitCode, stdout, stderr } = await bench.run('batch', '-n', list, 'out');
  expect([exitCode, stderr]).toEqual([9, expect.stringContaining('1 of 2 entries have a name that another one has')]);
  expect(String(stdout)).toMatch(/\none name twice: +1 entry\n/);
  const numbered = await planned(list, 'out', '--on-collision', 'number');
  expect([numbered.exitCode, numbered.plan.toBring.entries]).toEqual([0, 2]);
});

test('what the list says of sizes is held against the source, and against the room that there is', async () => {
  const url = bench.origin.serve('/a.bin', { size: 100 });
  await mkdir(bench.out());
  const list = await bench.listFile(['url,name,size', `${url},a,99`], 'list.csv');
  expect((await planned(list, 'out')).plan.failures.map(({ code }) => code)).toEqual(['UnexpectedSize']);
  const huge = bench.origin.serve('/huge.bin', (_request, response) => {
    response.writeHead(200, { 'content-length': 900_000 * 1024 ** 3 }).write('x');
  });
  const { exitCode, stderr } = await bench.run('batch', '-n', await bench.listFile([huge]), 'out');
  expect([exitCode, stderr]).toEqual([6, expect.stringContaining('not enough space in')]);
});

test('of a store it says the requests and what they cost, and puts nothing', async () => {
  await using store = await startS3Double();
  store.makeBucket('target');
  vi.stubEnv('AWS_ACCESS_KEY_ID', store.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', store.credentials.secretAccessKey);
  await using local = openLocal({
    stateDir: join(bench.folder, 's3-state'),
    s3: { endpointUrl: store.endpoint, region: store.region },
  });
  const digest = sha256(patternBytes(0, 100, 1));
  const small = bench.origin.serve('/small.bin', { size: 100, seed: 1 });
  const large = bench.origin.serve('/large.bin', { size: 80 * MIB });
  const list = await bench.listFile(['url,name,size,sha256', `${small},s,100,${digest}`, `${large},l,,`], 'list.csv');
  const request = { list: { from: list }, destination: 's3://target/in/' };
  const plan = await local.planBatch(request);
  // One put; an upload that is created, has ten parts, and is completed; and the question whether anything is there.
  expect(plan.store).toEqual({ writes: 14, reads: 0, dollars: expect.closeTo(14 * 0.000005, 9) });
  expect(store.log.filter(({ operation }) => /Put|Create|Upload|HeadObject/.test(operation))).toEqual([]);
  await local.batch({
    list: { from: await bench.listFile([`${small}?1`], 'other.txt') },
    destination: 's3://target/in/',
  });
  const again = await local.planBatch(request);
  // Something is there: each is looked for.
  expect(again.store).toMatchObject({ writes: 14, reads: 2 });
  const missing = await local.planBatch({ ...request, destination: 's3://none/in/' });
  expect(missing.problem?.code ?? missing.failures[0]?.code).toMatch(/^Destination/);
});

test('a list that is cut off in the middle ends it', async () => {
  const url = bench.origin.serve('/a.bin', { size: 10 });
  await writeFile(join(bench.folder, 'list.json'), `[{"url":"${url}"},{"url":`);
  const { exitCode, stderr } = await bench.run('batch', '-n', 'list.json', 'out');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('the list')]);
  expect(await readFile(join(bench.folder, 'list.json'), 'utf8')).toContain(url);
});

test('copy of several has it too', async () => {
  const urls = [1, 2].map((seed) => bench.origin.serve(`/f${seed}.bin`, { size: 100, seed }));
  const { exitCode, stdout } = await bench.run('copy', '--dry-run', ...urls, 'out/');
  expect([exitCode, String(stdout)]).toEqual([0, expect.stringMatching(/to bring: +2, 200 B/)]);
  expect(await filesAtRest(bench.folder)).toEqual([]);
});

test('what the batch would refuse of an entry or of the destination, it refuses too', async () => {
  await mkdir(bench.out());
  await writeFile(bench.out('a.bin'), 'there');
  await using local = openLocal({ stateDir: join(bench.folder, 'planned-state') });
  const to = { destination: bench.out() } as const;
  const there = await bench.listFile([bench.origin.serve('/a.bin', { size: 100 })]);
  const exists = await local.planBatch({ list: { from: there }, ...to, options: { ifExists: 'fail' } });
  expect(exists.failures[0]?.examples[0]?.error).toMatchObject({
    code: 'DestinationExists',
    message: expect.stringContaining('choose another name, or --if-exists replace'),
    details: { target: bench.out('a.bin') },
  });
  const cut = await bench.listFile([bench.origin.serve('/cut.bin', untilClosed(patternBytes(0, 100)))], 'cut.txt');
  const strict = await local.planBatch({ list: { from: cut }, ...to, options: { strict: true } });
  expect(strict.failures.map(({ code }) => code)).toEqual(['EndUnproved']);
  const settings = await local.planBatch({ list: { from: there }, ...to, object: { storageClass: 'GLACIER' } });
  expect(settings.problem?.code).toBe('DestinationUnsupported');
});
