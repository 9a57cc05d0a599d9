import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BatchBench } from '../support/batch-bench.ts';
import { batchBench, reported, sha256 } from '../support/batch-bench.ts';
import { patternBytes } from '../support/pattern.ts';
import { startS3Double } from '../support/s3-double.ts';

// --checksums: digests of each entry, a list that sha256sum takes, and what need not be asked for again.

const MIB = 1024 ** 2;

let bench: BatchBench;

beforeEach(async () => {
  bench = await batchBench();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await bench[Symbol.asyncDispose]();
});

const CHECKSUMS = { options: { checksums: ['sha256'] } } as const;

function serve(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    bench.origin.serve(`/f${index}.bin`, { size: 100 + index, seed: index }),
  );
}

test('SHA256SUMS names all that is there, small and large, in list order, and sha256sum -c takes it', async () => {
  const large = bench.origin.serve('/large.bin', { size: 9 * MIB, seed: 9 });
  const [first = '', ...others] = serve(5);
  const rows = [`${first},deep/a b.bin`, `${large},large.bin`, `${bench.origin.base}/none,none.bin`];
  const list = await bench.listFile(['url,name', ...rows, ...others.map((url) => `${url},`)], 'list.csv');
  const report = await bench.bring(list, CHECKSUMS);
  expect(report).toMatchObject({ counters: { done: 6, failed: 1 }, checksums: [bench.out('SHA256SUMS')] });
  const sums = await readFile(bench.out('SHA256SUMS'), 'utf8');
  const names = ['deep/a b.bin', 'large.bin', 'f1.bin', 'f2.bin', 'f3.bin', 'f4.bin'];
  expect(sums.split('\n').map((line) => line.slice(66))).toEqual([...names, '']);
  check('sha256sum', 'SHA256SUMS');
  const outcomes = await reported(report);
  expect(outcomes[1]?.digests?.sha256).toBe(sha256(patternBytes(0, 9 * MIB, 9)));
});

test('a second run names what is unchanged too, by the bytes that are there', async () => {
  const list = await bench.listFile(serve(4));
  await bench.bring(list);
  await writeFile(bench.out('SHA256SUMS'), 'lies');
  const again = await bench.bring(list, { options: { checksums: ['sha256', 'md5'] } });
  expect(again.checksums).toEqual([bench.out('SHA256SUMS'), bench.out('MD5SUMS')]);
  for (const [command, name] of [
    ['sha256sum', 'SHA256SUMS'],
    ['md5sum', 'MD5SUMS'],
  ] as const)
    check(command, name);
  expect((await readFile(bench.out('SHA256SUMS'), 'utf8')).trimEnd().split('\n').length).toBe(4);
});

test('the list that it was made from, and an entry of that name, are not written over', async () => {
  const [url = ''] = serve(1);
  const digest = sha256(patternBytes(0, 100, 0));
  const list = await bench.listFile([`${digest}  f0.bin`], 'SHA256SUMS');
  const reading = { list: { from: list, base: `${bench.origin.base}/` }, destination: bench.folder };
  const report = await bench.bring(list, { ...reading, ...CHECKSUMS });
  expect(report.checksums).toEqual([`${list}-${report.batchId}`]);
  expect(await readFile(list, 'utf8')).toBe(`${digest}  f0.bin\n`);
  const entry = await bench.listFile(['url,name', `${url},SHA256SUMS`], 'list.csv');
  const other = await bench.bring(entry, CHECKSUMS);
  expect(other.checksums).toEqual([`${bench.out('SHA256SUMS')}-${other.batchId}`]);
  expect((await readFile(bench.out('SHA256SUMS'))).equals(patternBytes(0, 100, 0))).toBe(true);
});

test('in a folder, what is there and has the digest of the list is known by its bytes, and its source not asked', async () => {
  const rows = serve(6).map((url, index) => `${url},f${index}.bin,${100 + index},${digestOf(index)}`);
  const list = await bench.listFile(['url,name,size,sha256', ...rows], 'list.csv');
  await bench.bring(list);
  await writeFile(bench.out('f3.bin'), patternBytes(0, 103, 77));
  await rm(bench.out('f5.bin'));
  bench.asked();
  const again = await bench.bring(list, CHECKSUMS);
  expect(again.counters).toMatchObject({ unchanged: 4, done: 2, failed: 0 });
  expect(bench.asked()).toBe(2);
  expect((await readFile(bench.out('f3.bin'))).equals(patternBytes(0, 103, 3))).toBe(true);
});

test('in a bucket, digests are kept with the objects, and the next run asks the source for nothing', async () => {
  await using store = await startS3Double();
  store.makeBucket('target');
  const { endpoint, region, credentials } = store;
  await using target = await batchBench({ s3: { endpointUrl: endpoint, region } });
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  const large = bench.origin.serve('/large.bin', { size: 9 * MIB, seed: 9 });
  const rows = serve(6).map((url, index) => `${url},f${index}.bin,${100 + index},${digestOf(index)}`);
  const last = `${large},large.bin,${9 * MIB},${sha256(patternBytes(0, 9 * MIB, 9))}`;
  const list = await target.listFile(['url,name,size,sha256', ...rows, last], 'list.csv');
  const to = { destination: 's3://target/in/', report: false } as const;
  expect((await target.bring(list, to)).counters).toMatchObject({ done: 7 });
  bench.asked();
  expect((await target.bring(list, to)).counters).toMatchObject({ unchanged: 7 });
  expect(bench.asked()).toBe(0);
  const gets = () => store.log.filter(({ operation }) => operation === 'GetObject').length;
  const before = gets();
  const withSums = await target.bring(list, { ...to, ...CHECKSUMS });
  expect([withSums.checksums, gets() - before, bench.asked()]).toEqual([['s3://target/in/SHA256SUMS'], 0, 0]);
  // Another digest in the list is another file: it is fetched, and found not to be that.
  const other = await target.listFile(['url,name,size,sha256', `${rows[0]?.slice(0, -4)}0000`]);
  const changed = await target.bring(other, to);
  expect(changed.failures.map(({ code }) => code)).toEqual(['DigestMismatch']);
});

test('by the command line', async () => {
  const list = await bench.listFile(serve(3));
  const { exitCode, stdout } = await bench.run('batch', list, 'out', '--checksums', 'sha256,sha1', '--json');
  expect(exitCode).toBe(0);
  const { batch } = JSON.parse(String(stdout).trimEnd().split('\n').at(-1) ?? '');
  expect(batch.checksums).toEqual([bench.out('SHA256SUMS'), bench.out('SHA1SUMS')]);
  expect((await readdir(bench.out())).length).toBe(6);
  const wrong = await bench.run('batch', list, 'out', '--checksums', 'sha3');
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('"sha3" is none of sha256')]);
});

/** The command of coreutils itself. */
function check(command: string, name: string): void {
  execFileSync(command, ['--check', '--strict', '--quiet', name], { cwd: bench.out() });
}

function digestOf(index: number): string {
  return sha256(patternBytes(0, 100 + index, index));
}
